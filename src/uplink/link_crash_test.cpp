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
        EXPECT_FALSE(link.gateway->missing());
        expect_acknowledged(link, feed);
        ASSERT_TRUE(link.run(feed, rows)) << "it goes on";
        EXPECT_EQ(link.acknowledged.size(), rows);
        EXPECT_TRUE(prove_all(link, feed).holds());
        if (testing::Test::HasFailure()) return;
        cuts += 1;
    }
    EXPECT_GT(cuts, 100U);
}

/// One operation of the disk fails; the gateway ends, and another process begins on what the kernel
/// still knows. The power goes some time after that.
// [READING-16] [READING-24]
TEST(LinkFaults, a_gateway_that_ends_over_its_disk_goes_on_when_it_is_opened_again) {
    const auto feed = Feed::parse(monitor_csv(rows), test_sensor).value();
    TestLink whole(1);
    ASSERT_TRUE(whole.open());
    const auto before = whole.files->operation_count();
    ASSERT_TRUE(whole.run(feed, rows));
    const auto operations = whole.files->operation_count() - before;
    ASSERT_GT(operations, 100U);
    std::uint64_t ended_early = 0;
    for (std::uint64_t operation = 1; operation <= operations; ++operation) {
        TestLink link(operation);
        ASSERT_TRUE(link.open());
        link.files->fail_nth_change(operation, Errc::io);
        // Some are not needed, as the removal of a log that counts no more.
        if (!link.run(feed, rows)) ended_early += 1;
        SCOPED_TRACE("operation " + std::to_string(operation));
        link.gateway.reset();
        ASSERT_TRUE(link.open());
        expect_acknowledged(link, feed);
        link.files->set_crash_after(operation % 40 + 1);
        (void)link.run(feed, rows);
        link.gateway.reset();
        link.files = link.files->crash(operation);
        ASSERT_TRUE(link.open());
        EXPECT_FALSE(link.gateway->missing());
        expect_acknowledged(link, feed);
        ASSERT_TRUE(link.run(feed, rows)) << "it goes on";
        EXPECT_TRUE(prove_all(link, feed).holds());
        if (testing::Test::HasFailure()) return;
    }
    EXPECT_GT(ended_early, operations / 2);
}

} // namespace
} // namespace torgo::uplink
