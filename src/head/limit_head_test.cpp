#include "head/limit_head.hpp"
#include "head/open.hpp"
#include "head/testing/conformance_case.hpp"
#include "head/testing/fault_head.hpp"
#include "head/testing/forward_head.hpp"
#include "sim/clock.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace torgo::head {

namespace {

constexpr std::int64_t second = 1'000'000'000;

/// A head on a disk that lets nobody go before two are there, or before it is told to.
class LimitHeadTest : public ::testing::Test {
protected:
    std::unique_ptr<LimitHead> make(const HeadLimits& limits, const std::string& place = "/head") {
        return std::make_unique<LimitHead>(
            *create(place, files, conformance_repository, conformance_index), clock, limits);
    }

    std::shared_ptr<TokenBucket> bucket(std::uint64_t rate) {
        return std::make_shared<TokenBucket>(clock, rate);
    }

    /// What `act` takes, in virtual time.
    template <class Act>
    double seconds(Act act) {
        const auto before = clock.monotonic_ns();
        act();
        return static_cast<double>(clock.monotonic_ns() - before) / second;
    }

    sim::FileSystem files;
    sim::Clock clock;
};

} // namespace

TEST_F(LimitHeadTest, uploads_at_its_rate_over_time) {
    const auto head = make({.upload = bucket(100'000), .download = {}});
    const auto spent = seconds([&] {
        const auto writer = *head->begin_segment(1'000'000);
        for (unsigned i = 0; i < 100; ++i)
            ASSERT_EQ(outcome(writer->append(Bytes(10'000))), "success");
        ASSERT_EQ(outcome(writer->commit(make_name(1))), "success");
        ASSERT_EQ(outcome(head->put_root("a", Bytes(500'000))), "success");
        ASSERT_EQ(outcome(head->put_root("b", {})), "success");
    });
    EXPECT_NEAR(spent, 15.0, 0.3);
    EXPECT_EQ(seconds([&] { (void)head->get_root("a"); }), 0.0) << "downloads are not limited";
}

TEST_F(LimitHeadTest, downloads_at_its_rate_over_time) {
    const auto head = make({.upload = {}, .download = bucket(100'000)});
    ASSERT_EQ(seconds([&] { (void)put_segment(*head, make_name(1), Bytes(200'000)); }), 0.0);
    ASSERT_EQ(outcome(head->put_root("a", Bytes(100'000))), "success");
    const auto spent = seconds([&] {
        for (unsigned i = 0; i < 5; ++i)
            ASSERT_EQ(outcome(read_whole(*head, make_name(1))), "success");
        for (unsigned i = 0; i < 5; ++i)
            ASSERT_EQ(outcome(head->get_root("a")), "success");
        ASSERT_EQ(outcome(read_whole(*head, make_name(1))), "success");
    });
    EXPECT_NEAR(spent, 17.0, 0.3);
}

TEST_F(LimitHeadTest, does_not_save_up_idle_time) {
    const auto head = make({.upload = bucket(100'000), .download = {}});
    clock.advance_ns(3600 * second);
    const auto spent = seconds([&] {
        for (unsigned i = 0; i < 11; ++i)
            ASSERT_EQ(outcome(head->put_root("descriptor", Bytes(100'000, std::uint8_t(i)))),
                      "success");
    });
    EXPECT_NEAR(spent, 11.0, 0.3);
}

TEST_F(LimitHeadTest, heads_share_a_limit) {
    const HeadLimits limits{.upload = bucket(100'000), .download = {}};
    const auto one = make(limits, "/head");
    const auto two = make(limits, "/other");
    EXPECT_NEAR(seconds([&] {
                    EXPECT_EQ(outcome(one->put_root("a", Bytes(500'000))), "success");
                    EXPECT_EQ(outcome(two->put_root("a", Bytes(500'000))), "success");
                }),
                10.0, 0.3);
}

TEST_F(LimitHeadTest, passes_all_at_once_without_a_limit) {
    const auto head = make({});
    EXPECT_EQ(seconds([&] { (void)put_segment(*head, make_name(1), Bytes(5'000'000)); }), 0.0);
}

TEST(Gate, lets_no_more_in_than_it_has_places) {
    Gate gate(2);
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < 6; ++i)
            threads.emplace_back([&] {
                for (unsigned round = 0; round < 10; ++round) {
                    gate.enter();
                    const int now = ++inside;
                    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
                    }
                    volatile unsigned work = 0; // so that others come meanwhile
                    while (work < 20'000)
                        work = work + 1;
                    --inside;
                    gate.leave();
                }
            });
    }
    EXPECT_EQ(inside, 0);
    EXPECT_LE(most, 2);
    EXPECT_GE(most, 1);
}

TEST_F(LimitHeadTest, a_wait_ends_when_it_is_cancelled) {
    const auto head = make({.upload = bucket(1000), .download = bucket(1000)});
    ASSERT_EQ(outcome(head->put_root("a", Bytes(10))), "success");
    const auto writer = *head->begin_segment(1'000'000);
    head->cancel();
    const auto spent = seconds([&] {
        EXPECT_EQ(outcome(writer->append(Bytes(1'000'000))), "cancelled");
        EXPECT_EQ(outcome(head->put_root("b", Bytes(1'000'000))), "cancelled");
        Bytes out(1'000'000);
        EXPECT_EQ(outcome(head->read_segment(make_name(1), 0, out)), "cancelled");
    });
    EXPECT_LT(spent, 1.0);
}

TEST_F(LimitHeadTest, tells_what_its_own_limit_costs_a_writer) {
    const auto free = make({.upload = bucket(1000)});
    EXPECT_EQ(free->own_write_wait_ns(10'000), 0) << "waited for before the head is asked";
    const auto on_the_wire = make({.slowed = {.up = bucket(100'000)}}, "/other");
    EXPECT_NEAR(static_cast<double>(on_the_wire->own_write_wait_ns(1'000'000)), 10.0 * second,
                0.2 * second);
    EXPECT_EQ(on_the_wire->own_wait_ns(), 0);
}

/// Says by what name a segment was announced.
class Announced final : public ForwardHead {
public:
    Announced(std::unique_ptr<Head> inner, std::vector<SegmentId>& names)
        : ForwardHead(std::move(inner)), m_names(names) {}

    Result<std::unique_ptr<SegmentWriter>> begin_named(const SegmentId& name,
                                                       std::uint64_t size) override {
        m_names.push_back(name);
        return ForwardHead::begin_named(name, size);
    }

private:
    std::vector<SegmentId>& m_names;
};

TEST_F(LimitHeadTest, announces_a_segment_by_its_name) {
    std::vector<SegmentId> names;
    LimitHead head(std::make_unique<Announced>(
                       *create("/head", files, conformance_repository, conformance_index), names),
                   clock, {.upload = bucket(100'000)});
    const auto spent = seconds([&] {
        const auto writer = head.begin_named(make_name(1), make_content(1).size());
        ASSERT_EQ(outcome(writer), "success");
        ASSERT_EQ(outcome((*writer)->append(Bytes(200'000))), "success");
    });
    EXPECT_EQ(names, std::vector<SegmentId>{make_name(1)});
    EXPECT_NEAR(spent, 2.0, 0.3) << "and writes it at the rate";
}

TEST_F(LimitHeadTest, an_idle_writer_takes_no_place) {
    const auto head = make({.upload = {}, .download = {}, .calls_at_once = 1});
    const auto first = *head->begin_segment(1);
    const auto second_writer = *head->begin_segment(1);
    EXPECT_EQ(outcome(first->append(make_content(1))), "success");
    EXPECT_EQ(outcome(second_writer->append(make_content(1))), "success");
    EXPECT_EQ(outcome(first->commit(make_name(1))), "success");
    EXPECT_EQ(outcome(second_writer->commit(make_name(2))), "success");
}

} // namespace torgo::head
