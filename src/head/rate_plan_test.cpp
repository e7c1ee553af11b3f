#include "base/bytes.hpp"
#include "head/rate_plan.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace torgo::head {
namespace {

std::int64_t local_time_ns(int hour, int minute) {
    std::tm local{};
    local.tm_year = 126;
    local.tm_mday = 15;
    local.tm_hour = hour;
    local.tm_min = minute;
    local.tm_isdst = -1;
    return static_cast<std::int64_t>(std::mktime(&local)) * 1'000'000'000;
}

TEST(DayWindow, over_midnight_holds_on_both_sides_of_it) {
    const auto night = parse_day_window("22:00-06:00");
    ASSERT_TRUE(night);
    EXPECT_TRUE(night->contains(22 * 60));
    EXPECT_TRUE(night->contains(0));
    EXPECT_TRUE(night->contains(5 * 60 + 59));
    EXPECT_FALSE(night->contains(6 * 60));
    EXPECT_FALSE(night->contains(21 * 60 + 59));
    const auto noon = parse_day_window("12:00-13:30");
    ASSERT_TRUE(noon);
    EXPECT_TRUE(noon->contains(12 * 60));
    EXPECT_FALSE(noon->contains(13 * 60 + 30));
    EXPECT_FALSE(noon->contains(0));
}

TEST(DayWindow, what_is_no_window_is_refused) {
    for (const auto* const text :
         {"", "22:00", "22:00-22:00", "24:00-06:00", "22:60-06:00", "22.00-06:00", "2:00-06:00",
          "22:00 06:00", "22:00-06:00 ", "-2:00-06:00", "22:00-06:0x"})
        EXPECT_EQ(parse_day_window(text).error().code(), Errc::invalid_argument) << text;
}

TEST(RatePlan, another_rate_holds_off_peak) {
    const RatePlan plan{
        .rate = 1_MiB, .off_peak = DayWindow{.from = 22 * 60, .to = 6 * 60}, .off_peak_rate = 0};
    EXPECT_EQ(plan.at(local_time_ns(21, 59)), 1_MiB);
    EXPECT_EQ(plan.at(local_time_ns(22, 0)), 0U);
    EXPECT_EQ(plan.at(local_time_ns(5, 59)), 0U);
    EXPECT_EQ(plan.at(local_time_ns(6, 0)), 1_MiB);
    EXPECT_TRUE(plan.limits());
    EXPECT_FALSE(RatePlan{}.limits());
}

} // namespace
} // namespace torgo::head
