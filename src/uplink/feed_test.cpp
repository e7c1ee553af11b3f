#include "reading/fhir.hpp"
#include "reading/test_readings.hpp"
#include "sim/file_system.hpp"
#include "uplink/feed.hpp"
#include "uplink/proof.hpp"
#include "uplink/test_rows.hpp"

#include <gtest/gtest.h>

namespace torgo::uplink {
namespace {

TEST(Feed, of_csv_knows_sources_periods_and_the_hash_of_each_line) {
    const auto feed = Feed::parse(monitor_csv(50), 9).value();
    ASSERT_EQ(feed.rows().size(), 50U);
    EXPECT_EQ(feed.sources(), std::vector<std::uint64_t>{9});
    EXPECT_EQ(feed.rows()[7].period_ns, 1'000'000'000);
    EXPECT_EQ(feed.rows()[7].hash, feed.hash_of(feed.rows()[7].reading));
    auto other = feed.rows()[7].reading;
    other.values[0]->mantissa += 1;
    EXPECT_NE(feed.rows()[7].hash, feed.hash_of(other));
    const auto named = Feed::parse("time,source,heart_rate,spo2,temperature\n"
                                   "2026-01-01T00:00:00Z,3,60,97,36.5\n"
                                   "2026-01-01T00:00:01Z,4,60,97,36.5\n",
                                   9);
    EXPECT_EQ(named->sources(), (std::vector<std::uint64_t>{3, 4}));
}

TEST(Feed, of_fhir_counts_what_it_leaves_out) {
    auto text = reading::print_fhir_lines(reading::pulse(1, 1));
    text += "{\"resourceType\":\"Patient\"}\n";
    const auto feed = Feed::parse(text, 1).value();
    EXPECT_GE(feed.rows().size(), 1U);
    EXPECT_EQ(feed.left_out().size(), 1U);
    EXPECT_EQ(Feed::parse(text + "{\n", 1).error().code(), Errc::invalid_argument);
}

TEST(Proof, sees_what_is_lost_doubled_and_changed) {
    const auto feed = Feed::parse(monitor_csv(5), 1).value();
    sim::FileSystem files;
    {
        const auto collector = reading::Collector::open(files, "/store").value();
        const auto put = [&](std::size_t row, std::uint64_t number, bool is_changed) {
            reading::Sent sent{.slot = 1, .reading = feed.rows()[row].reading, .period_ns = {}};
            sent.reading.number = number;
            if (is_changed) sent.reading.values[0]->mantissa += 1;
            ASSERT_EQ(collector->take(sent), reading::Taken::fresh);
        };
        put(0, 11, false);
        put(1, 12, true);
        put(2, 13, false);
        put(2, 20, false);
        put(0, 3, false); // of an earlier run
        ASSERT_TRUE(collector->sync());
    }
    const std::map<RowName, std::size_t> sent{
        {{1, 11}, 0}, {{1, 12}, 1}, {{1, 13}, 2}, {{1, 14}, 3}, {{1, 15}, 4}};
    const auto proof = prove(files, "/store", feed, sent, {{1, 11}}).value();
    EXPECT_EQ(proof.sent, 5U);
    EXPECT_EQ(proof.received, 3U);
    EXPECT_EQ(proof.lost, 2U);
    EXPECT_EQ(proof.doubled, 1U);
    EXPECT_EQ(proof.changed, 1U);
    EXPECT_FALSE(proof.holds());
}

TEST(Latencies, have_quantiles) {
    Latencies latencies;
    EXPECT_EQ(latencies.quantile(500), 0);
    for (const std::int64_t ns : {5, 1, 4, 2, 3})
        latencies.add(ns);
    EXPECT_EQ(latencies.quantile(0), 1);
    EXPECT_EQ(latencies.quantile(500), 3);
    EXPECT_EQ(latencies.quantile(1000), 5);
}

} // namespace
} // namespace torgo::uplink
