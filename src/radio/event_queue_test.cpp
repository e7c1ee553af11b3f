#include "radio/event_queue.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <queue>

namespace torgo::radio {

namespace {

struct Later {
    bool operator()(const Event& a, const Event& b) const { return b < a; }
};

using Heap = std::priority_queue<Event, std::vector<Event>, Later>;

/// How far ahead events lie: in the bucket at hand, near, far, and beyond both rings.
constexpr std::uint64_t spans[] = {1, 100, 5000, 600'000, 90'000'000, 3'000'000'000};

} // namespace

RC_GTEST_PROP(EventQueue, gives_the_order_of_a_heap, ()) {
    EventQueue queue;
    Heap heap;
    Time now = 0;
    const auto steps = *rc::gen::inRange(0, 400);
    for (int i = 0; i < steps; ++i) {
        if (heap.empty() || *rc::gen::inRange(0, 100) < 55) {
            const auto span = spans[*rc::gen::inRange(0, 6)];
            const Event event{now + *rc::gen::inRange(std::uint64_t{0}, span),
                              static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i)};
            queue.push(event);
            heap.push(event);
            continue;
        }
        // Asking for the next time must not hinder an earlier event that comes afterwards.
        RC_ASSERT(queue.next_time() == heap.top().time);
        if (*rc::gen::inRange(0, 2) == 0) continue;
        now = heap.top().time;
        RC_ASSERT(queue.pop().what == heap.top().what);
        heap.pop();
    }
    for (; !heap.empty(); heap.pop())
        RC_ASSERT(queue.pop().what == heap.top().what);
    RC_ASSERT(queue.next_time() == never);
}

TEST(EventQueue, orders_equal_times_by_who) {
    EventQueue queue;
    for (const std::uint32_t who : {3U, 1U, 2U})
        queue.push({1000, who, who});
    EXPECT_EQ(queue.pop().who, 1U);
    queue.push({1000, 0, 0});
    EXPECT_EQ(queue.pop().who, 0U);
    EXPECT_EQ(queue.pop().who, 2U);
    EXPECT_EQ(queue.pop().who, 3U);
    EXPECT_EQ(queue.size(), 0U);
}

/// A shard looks ahead to its next event and is then sent thousands that come before it.
TEST(EventQueue, keeps_no_memory_of_events_that_are_gone) {
    constexpr std::uint32_t many = 100'000;
    EventQueue queue;
    queue.push({Time{2} * many, 0, 0});
    EXPECT_EQ(queue.next_time(), Time{2} * many);
    const auto before = queue.memory();
    for (std::uint32_t i = 1; i < many; ++i) {
        queue.push({i, i, i});
        ASSERT_EQ(queue.pop().what, i);
    }
    EXPECT_LE(queue.memory() - before, 1024 * sizeof(Event));
}

TEST(EventQueue, gives_back_what_a_full_bucket_took) {
    constexpr std::uint32_t many = 100'000;
    EventQueue queue;
    queue.reserve(many + 1);
    const auto before = queue.memory();
    for (std::uint32_t i = 0; i < many; ++i)
        queue.push({0, i, i});
    queue.push({1000, 0, 0});
    for (std::uint32_t i = 0; i < many; ++i)
        ASSERT_EQ(queue.pop().who, i);
    EXPECT_EQ(queue.pop().time, 1000U);
    EXPECT_LE(queue.memory() - before, many);
}

} // namespace torgo::radio
