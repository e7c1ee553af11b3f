#pragma once

#include <cstdint>

namespace torgo::env {

/// Time, from outside. Wall time is only ever a label for people; no decision about safety reads
/// it.
class Clock {
public:
    virtual ~Clock() = default;

    /// Nanoseconds since 1970-01-01T00:00:00Z, as the machine believes.
    virtual std::int64_t wall_ns() const = 0;

    /// Nanoseconds from an arbitrary start; never goes backwards.
    virtual std::int64_t monotonic_ns() const = 0;

    /// Waits; returns early only when the process is being stopped.
    virtual void sleep_ns(std::int64_t duration) = 0;
};

} // namespace torgo::env
