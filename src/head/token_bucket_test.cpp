#include "base/bytes.hpp"
#include "head/token_bucket.hpp"
#include "sim/clock.hpp"

#include <gtest/gtest.h>

namespace torgo::head {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

TEST(TokenBucket, lets_its_rate_pass_and_no_more) {
    sim::Clock clock;
    TokenBucket bucket(clock, 1_MiB);
    const auto start = clock.monotonic_ns();
    for (int i = 0; i < 160; ++i)
        clock.sleep_ns(bucket.take(64_KiB));
    const auto took = clock.monotonic_ns() - start;
    EXPECT_EQ(took, 10 * second_ns - TokenBucket::burst_ns);
}

TEST(TokenBucket, saves_up_no_more_than_its_burst) {
    sim::Clock clock;
    TokenBucket bucket(clock, 1_MiB);
    clock.advance_ns(3600 * second_ns);
    EXPECT_EQ(bucket.take(256_KiB), 0);
    EXPECT_EQ(bucket.take(256_KiB), second_ns / 4);
    EXPECT_EQ(bucket.take(256_KiB), second_ns / 2);
}

TEST(TokenBucket, without_a_rate_nothing_waits) {
    sim::Clock clock;
    TokenBucket bucket(clock, 0);
    EXPECT_EQ(bucket.take(1_GiB), 0);
    EXPECT_EQ(bucket.take(1_GiB), 0);
    EXPECT_EQ(bucket.piece(100), 100U);
}

TEST(TokenBucket, lets_everything_pass_off_peak) {
    sim::Clock clock;
    const DayWindow always{.from = 0, .to = DayWindow::minutes_a_day};
    TokenBucket free(clock, {.rate = 16_KiB, .off_peak = always, .off_peak_rate = 0});
    EXPECT_EQ(free.take(1_GiB), 0);
    TokenBucket slow(clock, {.rate = 0, .off_peak = always, .off_peak_rate = 1_MiB});
    EXPECT_EQ(slow.take(1_MiB), second_ns - TokenBucket::burst_ns);
}

TEST(TokenBucket, very_low_rates_are_raised) {
    sim::Clock clock;
    TokenBucket bucket(clock, 1);
    EXPECT_EQ(bucket.piece(1_MiB), TokenBucket::least_rate / 8);
    clock.sleep_ns(bucket.take(TokenBucket::least_rate));
    EXPECT_EQ(clock.slept_ns(), second_ns - TokenBucket::burst_ns);
}

} // namespace
} // namespace torgo::head
