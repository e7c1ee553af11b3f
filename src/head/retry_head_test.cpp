#include "head/open.hpp"
#include "head/retry_head.hpp"
#include "head/testing/conformance_case.hpp"
#include "head/testing/fault_head.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"
#include "sim/random.hpp"

#include <gtest/gtest.h>

namespace torgo::head {

namespace {

constexpr std::int64_t ms = 1'000'000;

class RetryHeadTest : public ::testing::Test {
protected:
    RetryHeadTest() {
        auto inner = std::make_unique<FaultHead>(
            *create("/head", files, conformance_repository, conformance_index));
        faults = inner.get();
        head = std::make_unique<RetryHead>(std::move(inner), clock, random,
                                           RetryPolicy{4, 100 * ms, 300 * ms});
    }

    sim::FileSystem files;
    sim::Clock clock;
    sim::Random random{1};
    FaultHead* faults = nullptr;
    std::unique_ptr<RetryHead> head;
};

} // namespace

// HEAD-18
TEST_F(RetryHeadTest, succeeds_after_failures_that_pass) {
    faults->on(Call::put_root).times(3).fail(Errc::unavailable);
    EXPECT_EQ(outcome(head->put_root("a", {})), "success");
    EXPECT_EQ(faults->calls(Call::put_root), 4U);
    faults->on(Call::get_root).times(2).fail(Errc::timeout);
    EXPECT_EQ(outcome(head->get_root("a")), "success");
    faults->on(Call::begin_segment).fail(Errc::unavailable);
    EXPECT_EQ(outcome(put_segment(*head, make_name(1), {})), "success");
}

TEST_F(RetryHeadTest, gives_up_after_its_attempts_with_the_last_error) {
    faults->on(Call::status).always().fail(Errc::unavailable);
    EXPECT_EQ(outcome(head->status()), "unavailable");
    EXPECT_EQ(faults->calls(Call::status), 4U);
}

TEST_F(RetryHeadTest, waits_longer_each_time_up_to_the_longest) {
    faults->on(Call::probe).always().fail(Errc::timeout);
    for (unsigned i = 0; i < 20; ++i) {
        const auto before = clock.slept_ns();
        EXPECT_EQ(outcome(head->probe()), "timeout");
        const auto slept = clock.slept_ns() - before; // after 100, 200 and 300 ms at most
        EXPECT_GE(slept, (50 + 100 + 150) * ms);
        EXPECT_LE(slept, (100 + 200 + 300) * ms);
    }
    EXPECT_NE(clock.slept_ns() % ms, 0) << "the delays vary";
}

TEST_F(RetryHeadTest, reads_again_after_io_but_does_not_write_again) {
    ASSERT_EQ(outcome(head->put_root("a", {})), "success");
    faults->on(Call::get_root).fail(Errc::io);
    EXPECT_EQ(outcome(head->get_root("a")), "success");
    faults->on(Call::put_root).fail(Errc::io);
    EXPECT_EQ(outcome(head->put_root("b", {})), "io");
    faults->on(Call::remove_root).fail(Errc::io);
    EXPECT_EQ(outcome(head->remove_root("a")), "io");
    EXPECT_EQ(outcome(head->get_root("b")), "not_found");
}

TEST_F(RetryHeadTest, does_not_repeat_what_would_only_fail_again) {
    for (const auto code : {Errc::exists, Errc::corrupt, Errc::no_space, Errc::not_found,
                            Errc::read_only, Errc::permission, Errc::cancelled}) {
        const auto before = faults->calls(Call::get_root);
        faults->on(Call::get_root).fail(code);
        EXPECT_EQ(outcome(head->get_root("a")), name(code));
        EXPECT_EQ(faults->calls(Call::get_root), before + 1);
    }
    EXPECT_EQ(clock.slept_ns(), 0);
}

TEST_F(RetryHeadTest, leaves_appends_and_commits_to_the_caller) {
    const auto writer = head->begin_segment(1);
    faults->on(Call::append).fail(Errc::unavailable);
    EXPECT_EQ(outcome((*writer)->append(make_content(1))), "unavailable");
    faults->on(Call::commit).fail(Errc::unavailable);
    EXPECT_EQ(outcome((*writer)->commit(make_name(1))), "unavailable");
    EXPECT_EQ(faults->calls(Call::commit), 1U);
}

} // namespace torgo::head
