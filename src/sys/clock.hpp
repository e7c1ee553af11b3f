#pragma once

#include "env/clock.hpp"

namespace torgo::sys {

/// CLOCK_REALTIME and CLOCK_MONOTONIC.
class Clock final : public env::Clock {
public:
    std::int64_t wall_ns() const override;
    std::int64_t monotonic_ns() const override;
    void sleep_ns(std::int64_t duration) override;
};

} // namespace torgo::sys
