#pragma once

#include "reading/collector.hpp"
#include "reading/outbox.hpp"

#include <rapidcheck.h>

#include <utility>

// Readings for tests.
namespace torgo::reading {

inline constexpr std::int64_t second = 1'000'000'000;
inline constexpr std::int64_t start_ns = 1'767'225'600 * second; ///< 2026-01-01T00:00:00Z

inline std::optional<Decimal> decimal(std::int64_t mantissa, std::uint8_t digits = 0) {
    return Decimal{.mantissa = mantissa, .digits = digits};
}

/// Pulse, oxygen, temperature; one a second.
inline Reading pulse(std::uint64_t source, std::uint64_t number) {
    Reading out;
    out.source = source;
    out.number = number;
    out.profile = 2;
    out.time = {.ns = start_ns + static_cast<std::int64_t>(number % 1'000'000) * second,
                .digits = 0};
    out.values[0] = decimal(60 + static_cast<std::int64_t>(number * 7 % 40));
    out.values[1] = decimal(94 + static_cast<std::int64_t>(number % 6));
    out.values[2] = decimal(365 + static_cast<std::int64_t>(number * 3 % 9), 1);
    return out;
}

inline Sent sent(const Reading& reading, std::optional<std::int64_t> period = std::nullopt) {
    return {.slot = 0, .reading = reading, .period_ns = period};
}

inline Plan test_plan() {
    return {.profiles = {2, 1, 4}};
}

inline std::optional<Decimal> any_decimal() {
    constexpr std::int64_t limit = 1'000'000'000'000;
    if (*rc::gen::inRange(0, 4) == 0) return std::nullopt;
    return Decimal{.mantissa = *rc::gen::inRange<std::int64_t>(-limit, limit),
                   .digits = *rc::gen::inRange<std::uint8_t>(0, 5)};
}

/// Anything that a sensor may send in a slot of test_plan().
inline Sent any_sent(std::uint64_t source, std::uint64_t number) {
    Sent out;
    out.slot = *rc::gen::inRange<std::uint8_t>(0, 3);
    auto& reading = out.reading;
    reading.source = source;
    reading.number = number;
    reading.profile = test_plan().profiles[out.slot];
    reading.quality = static_cast<Quality>(*rc::gen::inRange(0, 3));
    reading.time.digits = *rc::gen::inRange<std::uint8_t>(0, 10);
    const auto unit = unit_of(reading.time.digits);
    reading.time.ns = *rc::gen::inRange<std::int64_t>(0, moment_max / unit) * unit;
    if (*rc::gen::inRange(0, 3) == 0)
        out.period_ns = *rc::gen::inRange<std::int64_t>(0, 100) * unit;
    const auto* const profile = find_profile(reading.profile);
    const bool plain = *rc::gen::inRange(0, 2) == 0;
    for (std::size_t i = 0; i < profile->fields.size(); ++i) {
        const auto& field = profile->fields[i];
        const auto q = *rc::gen::inRange<std::uint32_t>(0, field.missing() + 1);
        reading.values[i] = plain ? field.expand(q) : any_decimal();
    }
    return out;
}

} // namespace torgo::reading
