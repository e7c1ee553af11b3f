#include "head/rate_plan.hpp"

#include <ctime>
#include <string>

namespace torgo::head {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::size_t window_size = 11; // "22:00-06:00"
constexpr std::size_t time_size = 5;

/// "22:00"
std::optional<unsigned> parse_time(std::string_view text) {
    const auto digit = [&](std::size_t i) {
        return static_cast<unsigned>(text[i] - '0');
    };
    for (const std::size_t i : {0U, 1U, 3U, 4U})
        if (digit(i) > 9) return std::nullopt;
    const auto hour = 10 * digit(0) + digit(1);
    const auto minute = 10 * digit(3) + digit(4);
    if (text[2] != ':' || hour > 23 || minute > 59) return std::nullopt;
    return 60 * hour + minute;
}

std::optional<unsigned> local_minute(std::int64_t wall_ns) {
    const auto seconds = static_cast<std::time_t>(wall_ns / second_ns);
    std::tm local{};
    if (::localtime_r(&seconds, &local) == nullptr) return std::nullopt;
    return static_cast<unsigned>(60 * local.tm_hour + local.tm_min);
}

} // namespace

bool DayWindow::contains(unsigned minute) const noexcept {
    if (from < to) return from <= minute && minute < to;
    return from <= minute || minute < to;
}

Result<DayWindow> parse_day_window(std::string_view text) {
    const auto wrong = fail(Errc::invalid_argument,
                            "\"" + std::string(text) + "\" are no hours as in 22:00-06:00");
    if (text.size() != window_size || text[time_size] != '-') return wrong;
    const auto from = parse_time(text.substr(0, time_size));
    const auto to = parse_time(text.substr(time_size + 1));
    if (!from || !to || *from == *to) return wrong;
    return DayWindow{.from = *from, .to = *to};
}

std::uint64_t RatePlan::at(std::int64_t wall_ns) const {
    if (!off_peak) return rate;
    const auto minute = local_minute(wall_ns);
    return minute && off_peak->contains(*minute) ? off_peak_rate : rate;
}

} // namespace torgo::head
