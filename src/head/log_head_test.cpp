#include "head/log_head.hpp"
#include "head/open.hpp"
#include "head/testing/conformance_case.hpp"
#include "head/testing/fault_head.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

namespace torgo::head {

namespace {

class LogHeadTest : public ::testing::Test {
protected:
    LogHeadTest() {
        auto inner = std::make_unique<FaultHead>(
            *create("/head", files, conformance_repository, conformance_index));
        faults = inner.get();
        head = std::make_unique<LogHead>(
            std::move(inner), clock, [this](const HeadEvent& event) { events.push_back(event); });
    }

    sim::FileSystem files;
    sim::Clock clock;
    std::vector<HeadEvent> events;
    FaultHead* faults = nullptr;
    std::unique_ptr<LogHead> head;
};

} // namespace

TEST_F(LogHeadTest, tells_of_every_call_with_bytes_and_time) {
    faults->on(Call::get_root).hang(clock, 500);
    ASSERT_EQ(outcome(head->put_root("a", Bytes(30))), "success");
    ASSERT_EQ(outcome(head->get_root("a")), "success");
    ASSERT_EQ(outcome(head->list_roots("snap")), "success");
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].call, Call::put_root);
    EXPECT_EQ(events[0].uri, "dir:///head");
    EXPECT_EQ(events[0].subject, "a");
    EXPECT_EQ(events[0].bytes, 30U);
    EXPECT_EQ(events[0].duration_ns, 0);
    EXPECT_FALSE(events[0].error);
    EXPECT_EQ(events[1].call, Call::get_root);
    EXPECT_EQ(events[1].bytes, 30U);
    EXPECT_EQ(events[1].duration_ns, 500);
    EXPECT_EQ(events[2].subject, "snap");
}

TEST_F(LogHeadTest, tells_of_a_segment_once_with_all_its_bytes_and_time) {
    faults->on(Call::append).always().hang(clock, 10);
    faults->on(Call::commit).hang(clock, 1000);
    const auto writer = *head->begin_segment(7);
    ASSERT_EQ(outcome(writer->append(Bytes(3))), "success");
    clock.advance_ns(1'000'000); // the caller's own time
    ASSERT_EQ(outcome(writer->append(Bytes(4))), "success");
    ASSERT_EQ(outcome(writer->commit(make_name(1))), "success");
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].call, Call::begin_segment);
    EXPECT_EQ(events[1].call, Call::commit);
    EXPECT_EQ(events[1].subject, make_name(1).hex());
    EXPECT_EQ(events[1].bytes, 7U);
    EXPECT_EQ(events[1].duration_ns, 1020);
    Bytes out(5);
    ASSERT_EQ(outcome(head->read_segment(make_name(1), 2, out)), "success");
    EXPECT_EQ(events.back().call, Call::read_segment);
    EXPECT_EQ(events.back().bytes, 5U);
}

TEST_F(LogHeadTest, tells_of_failures_with_their_reason) {
    EXPECT_EQ(outcome(head->get_root("a")), "not_found");
    faults->on(Call::append).fail(Errc::no_space);
    EXPECT_EQ(outcome(put_segment(*head, make_name(1), Bytes(3))), "no_space");
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].error, Errc::not_found);
    EXPECT_NE(events[0].detail.find("roots/a"), std::string::npos);
    EXPECT_EQ(events[2].call, Call::append);
    EXPECT_EQ(events[2].error, Errc::no_space);
    EXPECT_EQ(events[2].bytes, 0U);
}

} // namespace torgo::head
