#include "reading/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace torgo::reading {

namespace {
constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t day_seconds = 86'400;

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t size) {
    const auto part = text.substr(at, size);
    if (part.size() != size || !std::ranges::all_of(part, is_digit)) return std::nullopt;
    int out = 0;
    std::from_chars(part.data(), part.data() + part.size(), out);
    return out;
}

std::string padded(std::int64_t value, std::size_t size) {
    auto text = std::to_string(value);
    return text.size() < size ? std::string(size - text.size(), '0') + text : text;
}

std::unexpected<Error> no_moment() {
    return fail(Errc::invalid_argument, "not a time like 2026-11-22T19:06:45Z");
}

/// Seconds since 1970 of "2026-11-22T19:06:45".
std::optional<std::int64_t> seconds_of(std::string_view text) {
    const auto year = number_at(text, 0, 4);
    const auto month = number_at(text, 5, 2);
    const auto day = number_at(text, 8, 2);
    const auto hour = number_at(text, 11, 2);
    const auto minute = number_at(text, 14, 2);
    const auto second = number_at(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
        return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok() || *year < 1970 || *year > 2199 || *hour > 23 || *minute > 59 || *second > 59)
        return std::nullopt;
    const auto days = std::chrono::sys_days(date).time_since_epoch().count();
    return std::int64_t{days} * day_seconds + *hour * 3600 + *minute * 60 + *second;
}

/// Seconds east of "+01:00" or "Z".
std::optional<std::int64_t> offset_of(std::string_view text, bool offsets) {
    if (text == "Z") return 0;
    if (!offsets || text.size() != 6 || text[3] != ':' || (text[0] != '+' && text[0] != '-'))
        return std::nullopt;
    const auto hours = number_at(text, 1, 2);
    const auto minutes = number_at(text, 4, 2);
    if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
    const std::int64_t seconds = *hours * 3600 + *minutes * 60;
    return text[0] == '-' ? -seconds : seconds;
}
} // namespace

Result<Decimal> parse_decimal(std::string_view text) {
    const auto refuse = [] {
        return fail(Errc::invalid_argument, "not a plain decimal number like 36.6");
    };
    const bool negative = text.starts_with('-');
    const auto body = negative ? text.substr(1) : text;
    const auto point = body.find('.');
    const auto whole = body.substr(0, point);
    const auto rest = point == std::string_view::npos ? std::string_view() : body.substr(point + 1);
    if (whole.empty() || (whole.size() > 1 && whole[0] == '0')) return refuse();
    if (point != std::string_view::npos && rest.empty()) return refuse();
    if (whole.size() + rest.size() > decimal_digits_max) return refuse();
    Decimal out{.mantissa = 0, .digits = static_cast<std::uint8_t>(rest.size())};
    for (const auto part : {whole, rest}) {
        if (!std::ranges::all_of(part, is_digit)) return refuse();
        for (const char c : part)
            out.mantissa = out.mantissa * 10 + (c - '0');
    }
    if (negative && out.mantissa == 0) return refuse();
    if (negative) out.mantissa = -out.mantissa;
    return out;
}

bool is_valid(const Decimal& value) noexcept {
    constexpr std::int64_t limit = 1'000'000'000'000'000'000; // 18 digits
    return value.mantissa > -limit && value.mantissa < limit && value.digits < decimal_digits_max;
}

std::string print(const Decimal& value) {
    const bool negative = value.mantissa < 0;
    auto text = padded(negative ? -value.mantissa : value.mantissa, std::size_t{value.digits} + 1);
    if (value.digits > 0) text.insert(text.size() - value.digits, ".");
    return negative ? "-" + text : text;
}

std::int64_t unit_of(std::uint8_t digits) noexcept {
    auto unit = second_ns;
    for (std::uint8_t i = 0; i < digits; ++i)
        unit /= 10;
    return unit;
}

bool is_valid(const Moment& moment) noexcept {
    return moment.digits <= moment_digits_max && moment.ns >= 0 && moment.ns < moment_max &&
           moment.ns % unit_of(moment.digits) == 0;
}

Result<Moment> parse_moment(std::string_view text, bool offsets) {
    constexpr std::size_t fixed = 19;
    if (text.size() <= fixed) return no_moment();
    const auto seconds = seconds_of(text.substr(0, fixed));
    if (!seconds) return no_moment();
    Moment out{.ns = *seconds * second_ns, .digits = 0};
    auto rest = text.substr(fixed);
    if (rest[0] == '.') {
        rest.remove_prefix(1);
        const auto* const end = std::ranges::find_if_not(rest, is_digit);
        const auto size = static_cast<std::size_t>(end - rest.begin());
        if (size == 0 || size > moment_digits_max) return no_moment();
        out.digits = static_cast<std::uint8_t>(size);
        out.ns += *number_at(rest, 0, size) * unit_of(out.digits);
        rest.remove_prefix(size);
    }
    const auto offset = offset_of(rest, offsets);
    if (!offset) return no_moment();
    out.ns -= *offset * second_ns;
    if (!is_valid(out)) return no_moment();
    return out;
}

std::string print(const Moment& moment) {
    const auto seconds = moment.ns / second_ns;
    const std::chrono::sys_days days{std::chrono::days(seconds / day_seconds)};
    const std::chrono::year_month_day date(days);
    const auto in_day = seconds % day_seconds;
    auto text = padded(int{date.year()}, 4) + "-" + padded(unsigned{date.month()}, 2) + "-" +
                padded(unsigned{date.day()}, 2) + "T" + padded(in_day / 3600, 2) + ":" +
                padded(in_day / 60 % 60, 2) + ":" + padded(in_day % 60, 2);
    if (moment.digits > 0)
        text += "." + padded(moment.ns % second_ns / unit_of(moment.digits), moment.digits);
    return text + "Z";
}

} // namespace torgo::reading
