#pragma once

#include "reading/decimal.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace torgo::reading {

inline constexpr std::size_t values_max = 6;

/// What the sensor thinks of a reading, and where its time comes from. Numbers are stable.
enum class Quality : std::uint8_t { good = 0, doubtful = 1, bad = 2 };

/// What one sensor measured at one time: the values of its profile, some of which may be missing.
struct Reading {
    std::uint64_t source = 0;
    std::uint64_t number = 0; ///< counts the readings of the source, from 1
    std::uint8_t profile = 0;
    Quality quality = Quality::good;
    bool time_of_arrival = false; ///< the gateway's clock, as the sensor told none
    Moment time;
    std::array<std::optional<Decimal>, values_max> values{};

    bool operator==(const Reading&) const = default;
};

/// A rule by which the time of later readings follows from their numbers. [READING-10]
struct Line {
    std::uint64_t number = 0; ///< of the reading that began it
    Moment time;
    std::int64_t period_ns = 0; ///< from one number to the next; a multiple of time's unit

    /// Nothing where the time would leave what a Moment holds.
    std::optional<Moment> at(std::uint64_t other) const noexcept;

    bool operator==(const Line&) const = default;
};

} // namespace torgo::reading
