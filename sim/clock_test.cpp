#include "sim/clock.hpp"

#include <gtest/gtest.h>

namespace torgo::sim {

TEST(Clock, passes_only_by_sleeping_and_advancing) {
    Clock clock(1000);
    EXPECT_EQ(clock.monotonic_ns(), 0);
    clock.sleep_ns(30);
    clock.advance_ns(12);
    clock.sleep_ns(-5);
    clock.advance_ns(-5);
    EXPECT_EQ(clock.monotonic_ns(), 42);
    EXPECT_EQ(clock.wall_ns(), 1042);
    EXPECT_EQ(clock.slept_ns(), 30);
}

TEST(Clock, a_step_of_the_wall_leaves_the_monotonic_time_alone) {
    Clock clock(1000);
    clock.step_wall_ns(-900);
    EXPECT_EQ(clock.wall_ns(), 100);
    EXPECT_EQ(clock.monotonic_ns(), 0);
}

} // namespace torgo::sim
