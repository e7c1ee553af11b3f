#pragma once

#include "env/clock.hpp"

#include <mutex>

namespace torgo::sim {

/// Time that passes only when somebody sleeps or advances it. Thread-safe; nobody really waits, and
/// the sleeps of several threads follow one another.
class Clock final : public env::Clock {
public:
    /// 2026-01-01T00:00:00Z.
    static constexpr std::int64_t default_start_ns = 1'767'225'600'000'000'000;

    explicit Clock(std::int64_t wall_start_ns = default_start_ns) : m_wall_offset(wall_start_ns) {}

    std::int64_t wall_ns() const override;
    std::int64_t monotonic_ns() const override;
    void sleep_ns(std::int64_t duration) override;

    /// Lets time pass for everyone; negative durations do nothing.
    void advance_ns(std::int64_t duration);

    /// Moves the wall clock alone, as an operator or a wrong time server does.
    void step_wall_ns(std::int64_t change);

    /// The sum of all sleeps.
    std::int64_t slept_ns() const;

private:
    mutable std::mutex m_mutex;
    std::int64_t m_now = 0;
    std::int64_t m_wall_offset;
    std::int64_t m_slept = 0;
};

} // namespace torgo::sim
