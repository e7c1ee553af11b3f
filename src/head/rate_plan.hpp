#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace torgo::head {

/// Hours of the local day. One that ends before it begins goes over midnight.
struct DayWindow {
    static constexpr unsigned minutes_a_day = 24 * 60;

    unsigned from = 0; ///< minutes since midnight, the first that belongs to it
    unsigned to = 0;   ///< the first that does not

    bool contains(unsigned minute) const noexcept;

    bool operator==(const DayWindow&) const = default;
};

/// "22:00-06:00". errors  `invalid_argument`, also for a window without a minute in it
Result<DayWindow> parse_day_window(std::string_view text);

/// How fast bytes may pass at which hours. Rates are bytes a second, 0: no limit.
struct RatePlan {
    std::uint64_t rate = 0;
    std::optional<DayWindow> off_peak = std::nullopt;
    std::uint64_t off_peak_rate = 0;

    bool limits() const noexcept { return rate != 0 || (off_peak && off_peak_rate != 0); }

    /// in  a wall clock's nanoseconds since 1970: this is courtesy and no safety
    std::uint64_t at(std::int64_t wall_ns) const;
};

} // namespace torgo::head
