#include "cli/format.hpp"
#include "cli/moment.hpp"

#include <gtest/gtest.h>

namespace torgo::cli {
namespace {

constexpr std::int64_t hour_ns = 3'600'000'000'000;

TEST(Moment, dates_and_times_are_utc) {
    EXPECT_EQ(utc_time(*parse_moment("2027-01-31")), "2027-01-31T00:00:00.000000000Z");
    EXPECT_EQ(utc_time(*parse_moment("2028-02-29T23:59:58Z")), "2028-02-29T23:59:58.000000000Z");
}

TEST(Moment, what_is_no_time_is_refused) {
    for (const auto* const text :
         {"", "2027", "2027-02-29", "2027-13-01", "2027-00-10", "2027-01-32", "27-01-31",
          "2027/01/31", "1969-01-01", "2262-01-01", "2027-01-31T24:00:00Z", "2027-01-31 12:00:00Z",
          "2027-01-31T12:00:00z", "2027-01-31T12:60:00Z", "2027-01-3x"})
        EXPECT_EQ(parse_moment(text).error().code(), Errc::invalid_argument) << text;
}

TEST(Moment, spans_have_a_unit) {
    EXPECT_EQ(*parse_span("12h"), 12 * hour_ns);
    EXPECT_EQ(*parse_span("30d"), 30 * 24 * hour_ns);
    EXPECT_EQ(*parse_span("2w"), 14 * 24 * hour_ns);
    EXPECT_EQ(*parse_span("100y"), 36'500 * 24 * hour_ns);
    for (const auto* const text : {"", "d", "30", "0d", "101y", "-1d", "1.5d", "30 d", "5m"})
        EXPECT_EQ(parse_span(text).error().code(), Errc::invalid_argument) << text;
}

TEST(Moment, until_and_for_are_one_thing_said_in_two_ways) {
    EXPECT_EQ(*moment_of("", "1d", hour_ns, 0), 25 * hour_ns);
    EXPECT_EQ(*moment_of("", "", hour_ns, 7), 7);
    EXPECT_EQ(*moment_of("2027-01-31", "", hour_ns, 0), *parse_moment("2027-01-31"));
    EXPECT_EQ(moment_of("2027-01-31", "1d", hour_ns, 0).error().code(), Errc::invalid_argument);
    EXPECT_EQ(moment_of("1971-01-01", "", 9000 * 24 * hour_ns, 0).error().code(),
              Errc::invalid_argument);
}

} // namespace
} // namespace torgo::cli
