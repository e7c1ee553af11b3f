#include "cli/rates.hpp"

#include <gtest/gtest.h>

namespace torgo::cli {
namespace {

TEST(Rates, a_number_is_in_kib_and_units_are_named) {
    EXPECT_EQ(*parse_rate("500"), 500_KiB);
    EXPECT_EQ(*parse_rate("500K"), 500_KiB);
    EXPECT_EQ(*parse_rate("500KiB"), 500_KiB);
    EXPECT_EQ(*parse_rate("2M"), 2_MiB);
    EXPECT_EQ(*parse_rate("8GiB"), 8_GiB);
    EXPECT_EQ(*parse_rate("none"), 0U);
    EXPECT_EQ(*parse_rate("0"), 0U);
}

TEST(Rates, what_is_no_rate_is_refused) {
    for (const auto* const text :
         {"", "K", "-1", "1.5M", "15", "15K", "9G", "2MB", "2 M", "Nonexx", "99999999999999999999"})
        EXPECT_EQ(parse_rate(text).error().code(), Errc::invalid_argument) << text;
}

TEST(Rates, off_peak_hours_belong_to_a_limit) {
    Rates rates;
    rates.off_peak = head::DayWindow{.from = 0, .to = 60};
    rates.off_peak_limit = 1_MiB;
    EXPECT_FALSE(rates.up().limits()) << "who is not limited by day is not by night";
    rates.upload = 64_KiB;
    EXPECT_EQ(rates.up().rate, 64_KiB);
    EXPECT_EQ(rates.up().off_peak_rate, 1_MiB);
    EXPECT_EQ(rates.up().off_peak, rates.off_peak);
}

} // namespace
} // namespace torgo::cli
