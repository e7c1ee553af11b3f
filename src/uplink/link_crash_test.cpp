// The power of the gateway goes at every operation of its disk, and comes back: what the sensor was
// told to be safe is there, once and unchanged, and the rest arrives.
#include "uplink/proof.hpp"
#include "uplink/test_link.hpp"

#include <gtest/gtest.h>

namespace torgo::uplink {
namespace {

constexpr std::size_t rows = 40;

Proof prove_all(TestLink& link, const Feed& feed) {
    std::map<RowName, std::size_t> sent;
    for (const auto& [number, row] : link.sent)
        sent[{test_sensor, number}] = row;
    return prove(*link.files, "/store", feed, sent, {{test_sensor, 1}}).value();
}

/// What was acknowledged before the cut is there after it.
void expect_acknowledged(TestLink& link, const Feed& feed) {
    const auto proof = prove_all(link, feed);
    EXPECT_EQ(proof.doubled, 0U);
    EXPECT_EQ(proof.changed, 0U);
    EXPECT_GE(proof.received, link.acknowledged.size());
    const auto* const state = link.gateway->collector().find(test_sensor);
    for (const auto number : link.acknowledged)
        EXPECT_EQ(state->place_of(number), reading::SourceState::Place::duplicate) << number;
}

// [READING-13] [ENVELOPE-14] [ENVELOPE-6]
TEST(LinkPowerCut, loses_nothing_acknowledged_whenever_the_gateways_power_goes) {
    const auto feed = Feed::parse(monitor_csv(rows), test_sensor).value();
    bool ended = false;
    std::uint64_t cuts = 0;
    for (std::uint64_t operation = 1; !ended; ++operation) {
        TestLink link(operation);
        ASSERT_TRUE(link.open());
        link.files->set_crash_after(operation);
        ended = link.run(feed, rows);
        SCOPED_TRACE("operation " + std::to_string(operation));
        link.gateway.reset();
        link.files = link.files->crash(operation);
        ASSERT_TRUE(link.open());
        expect_acknowledged(link, feed);
        ASSERT_TRUE(link.run(feed, rows)) << "it goes on";
        EXPECT_EQ(link.acknowledged.size(), rows);
        EXPECT_TRUE(prove_all(link, feed).holds());
        if (testing::Test::HasFailure()) return;
        cuts += 1;
    }
    EXPECT_GT(cuts, 100U);
}

} // namespace
} // namespace torgo::uplink
