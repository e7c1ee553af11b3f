#include "maml/syntax.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace torgo::maml {

namespace {

constexpr std::size_t word_size_max = 64;
constexpr std::size_t uri_size_max = 1024;
constexpr std::string_view uuid_form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
constexpr std::string_view day_form = "dddd-dd-dd";
constexpr std::string_view time_form = "Tdd:dd:dd";

bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// d: a digit; x: a hexadecimal digit; else the character itself.
bool has_form(std::string_view text, std::string_view form) {
    return std::ranges::equal(text, form, [](char c, char f) {
        return f == 'd' ? is_digit(c) : f == 'x' ? is_hex(c) : c == f;
    });
}

unsigned number(std::string_view digits) {
    unsigned value = 0;
    for (const char c : digits)
        value = 10 * value + static_cast<unsigned>(c - '0');
    return value;
}

/// "Z" or "+hh:mm".
bool is_zone(std::string_view text) {
    if (text == "Z" || text == "z") return true;
    return (has_form(text, "+dd:dd") || has_form(text, "-dd:dd")) &&
           number(text.substr(1, 2)) < 24 && number(text.substr(4, 2)) < 60;
}

} // namespace

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter(char c) noexcept {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

bool is_day(std::string_view text) noexcept {
    if (!has_form(text, day_form)) return false;
    const auto year = number(text.substr(0, 4));
    const auto month = number(text.substr(5, 2));
    const auto day = number(text.substr(8, 2));
    if (month < 1 || month > 12) return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    constexpr std::array<unsigned, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return day >= 1 && day <= days[month - 1] + (month == 2 && leap ? 1U : 0U);
}

bool is_moment(std::string_view text) noexcept {
    constexpr auto day_size = day_form.size();
    constexpr auto size = day_size + time_form.size();
    if (text.size() <= size || !is_day(text.substr(0, day_size))) return false;
    const auto time = text.substr(day_size, time_form.size());
    if (!has_form(time, time_form) || number(time.substr(1, 2)) > 23 ||
        number(time.substr(4, 2)) > 59 || number(time.substr(7, 2)) > 60)
        return false;
    auto rest = text.substr(size);
    if (rest.front() == '.') {
        const auto end = std::ranges::find_if_not(rest.substr(1), is_digit) - rest.begin();
        if (end == 1) return false;
        rest = rest.substr(static_cast<std::size_t>(end));
    }
    return is_zone(rest);
}

bool is_uuid_urn(std::string_view text) noexcept {
    constexpr std::string_view prefix = "urn:uuid:";
    return lowered(text.substr(0, prefix.size())) == prefix &&
           has_form(text.substr(prefix.size()), uuid_form);
}

bool is_uri(std::string_view text) noexcept {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size() ||
        text.size() > uri_size_max || !is_letter(text.front()))
        return false;
    const auto in_scheme = [](char c) {
        return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    };
    const auto allowed = [](char c) {
        return is_letter(c) || is_digit(c) ||
               std::string_view("-._~:/?#[]@!$&'()*+,;=%").contains(c);
    };
    return std::ranges::all_of(text.substr(0, colon), in_scheme) &&
           std::ranges::all_of(text.substr(colon), allowed);
}

bool is_word(std::string_view text) noexcept {
    return !text.empty() && text.size() <= word_size_max && text.front() >= 'a' &&
           text.front() <= 'z' && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '-';
           });
}

} // namespace torgo::maml
