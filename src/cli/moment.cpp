#include "cli/moment.hpp"

#include "cli/command.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace torgo::cli {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t hour_ns = 3600 * second_ns;
constexpr std::int64_t day_ns = 24 * hour_ns;
constexpr std::int64_t span_max_ns = 100 * 365 * day_ns;
constexpr std::size_t date_size = 10; // "2027-01-31"
constexpr std::size_t full_size = 20; // "2027-01-31T12:00:00Z"

/// The number at a fixed place of a text.
std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t digits) {
    int out = 0;
    for (const char digit : text.substr(at, digits)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        out = 10 * out + (digit - '0');
    }
    return out;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
    const auto year = number_at(text, 0, 4);
    const auto month = number_at(text, 5, 2);
    const auto day = number_at(text, 8, 2);
    if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    constexpr int first_year = 1971;
    constexpr int last_year = 2261; // nanoseconds since 1970 in 64 bits
    if (!date.ok() || *year < first_year || *year > last_year) return std::nullopt;
    return std::chrono::sys_days(date).time_since_epoch().count() * day_ns;
}

/// "T12:00:00Z"
std::optional<std::int64_t> parse_time(std::string_view text) {
    const auto hour = number_at(text, 1, 2);
    const auto minute = number_at(text, 4, 2);
    const auto second = number_at(text, 7, 2);
    const bool formed = text[0] == 'T' && text[3] == ':' && text[6] == ':' && text[9] == 'Z';
    if (!formed || !hour || !minute || !second) return std::nullopt;
    if (*hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    return ((*hour * 60 + *minute) * 60 + *second) * second_ns;
}

} // namespace

Result<std::int64_t> parse_moment(std::string_view text) {
    std::optional<std::int64_t> out;
    if (text.size() == date_size || text.size() == full_size)
        out = parse_date(text.substr(0, date_size));
    if (out && text.size() == full_size) {
        const auto time = parse_time(text.substr(date_size));
        if (!time) out.reset();
        if (time) *out += *time;
    }
    if (out) return *out;
    return fail(Errc::invalid_argument, "\"" + std::string(text) +
                                            "\" is no time like 2027-01-31 or "
                                            "2027-01-31T12:00:00Z");
}

Result<std::int64_t> parse_span(std::string_view text) {
    const auto wrong = fail(Errc::invalid_argument,
                            "\"" + std::string(text) + "\" is no duration like 12h, 30d, 6w, 1y");
    if (text.empty()) return wrong;
    std::int64_t unit = 0;
    switch (text.back()) {
    case 'h':
        unit = hour_ns;
        break;
    case 'd':
        unit = day_ns;
        break;
    case 'w':
        unit = 7 * day_ns;
        break;
    case 'y':
        unit = 365 * day_ns;
        break;
    default:
        return wrong;
    }
    text.remove_suffix(1);
    const auto most = static_cast<std::uint64_t>(span_max_ns / unit);
    const auto number = parse_number(text, {1, most});
    if (!number) return wrong;
    return static_cast<std::int64_t>(*number) * unit;
}

Result<std::int64_t> moment_of(std::string_view until, std::string_view span, std::int64_t now_ns,
                               std::int64_t both_empty) {
    if (!until.empty() && !span.empty())
        return fail(Errc::invalid_argument, "--until and --for exclude each other");
    if (!span.empty()) {
        TRY(const auto duration, parse_span(span));
        return now_ns + duration;
    }
    if (until.empty()) return both_empty;
    TRY(const auto moment, parse_moment(until));
    if (moment > now_ns) return moment;
    return fail(Errc::invalid_argument, "--until: " + std::string(until) + " is past");
}

} // namespace torgo::cli
