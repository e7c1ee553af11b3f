#include "head/testing/conformance_case.hpp"

#include <atomic>
#include <thread>

namespace torgo::head {

namespace {

constexpr unsigned thread_count = 4;

/// Runs `act(number)` in several threads at once and waits for all.
template <class Act>
void together(Act act) {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < thread_count; ++i)
        threads.emplace_back([&act, i] { act(i); });
}

// HEAD-15
void several_threads_write_and_read_at_once(Fixture& t) {
    constexpr std::uint8_t each = 6;
    together([&](unsigned thread) {
        auto& head = thread % 2 == 0 ? *t.head : *t.other;
        for (std::uint8_t i = 0; i < each; ++i) {
            const auto seed = static_cast<std::uint8_t>(thread * each + i);
            const auto name = make_name(static_cast<std::uint8_t>(i % 3), seed);
            EXPECT_EQ(outcome(put_segment(head, name, make_content(10'000, seed))), "success");
            const auto root = "batch-" + std::to_string(seed);
            EXPECT_EQ(outcome(head.put_root(root, make_content(100, seed))), "success");
            EXPECT_EQ(read_whole(head, name), make_content(10'000, seed));
            EXPECT_EQ(outcome(head.list_segments(SegmentId{}, 100)), "success");
        }
    });
    EXPECT_EQ(t.head->list_segments(SegmentId{}, 100)->size(), thread_count * each);
    EXPECT_EQ(t.head->list_roots("batch-")->size(), thread_count * each);
    for (std::uint8_t seed = 0; seed < thread_count * each; ++seed) {
        const auto name = make_name(static_cast<std::uint8_t>(seed % each % 3), seed);
        EXPECT_EQ(read_whole(*t.head, name), make_content(10'000, seed));
        EXPECT_EQ(t.head->get_root("batch-" + std::to_string(seed)), make_content(100, seed));
    }
}

// HEAD-3
void several_threads_commit_the_same_segment(Fixture& t) {
    const auto content = make_content(50'000);
    together([&](unsigned thread) {
        auto& head = thread % 2 == 0 ? *t.head : *t.other;
        EXPECT_EQ(outcome(put_segment(head, make_name(1), content)), "success");
    });
    EXPECT_EQ(read_whole(*t.head, make_name(1)), content);
    EXPECT_EQ(t.head->list_segments(SegmentId{}, 9)->size(), 1U);
}

// HEAD-11
void of_different_roots_of_one_name_exactly_one_is_stored(Fixture& t) {
    for (unsigned round = 0; round < 10; ++round) {
        const auto root = "snapshot-" + std::to_string(round);
        std::atomic<unsigned> winners = 0;
        std::atomic<unsigned> winner = 0;
        together([&](unsigned thread) {
            auto& head = thread % 2 == 0 ? *t.head : *t.other;
            const auto put =
                head.put_root(root, make_content(3000, static_cast<std::uint8_t>(thread)));
            EXPECT_TRUE(put || put.error().code() == Errc::exists);
            if (!put) return;
            ++winners;
            winner = thread;
        });
        EXPECT_EQ(winners, 1U);
        EXPECT_EQ(t.head->get_root(root),
                  make_content(3000, static_cast<std::uint8_t>(winner.load())));
    }
}

// HEAD-12
void a_reader_sees_the_descriptor_before_or_after_never_between(Fixture& t) {
    const auto old_one = make_content(40'000, 1);
    const auto new_one = make_content(50'000, 2);
    ASSERT_EQ(outcome(t.head->put_root("descriptor", old_one)), "success");
    together([&](unsigned thread) {
        for (unsigned i = 0; i < 10; ++i) {
            if (thread == 0) {
                EXPECT_EQ(outcome(t.head->put_root("descriptor", i % 2 == 0 ? new_one : old_one)),
                          "success");
                continue;
            }
            const auto seen = t.other->get_root("descriptor");
            ASSERT_EQ(outcome(seen), "success");
            EXPECT_TRUE(*seen == old_one || *seen == new_one);
        }
    });
}

constexpr Case cases[] = {
    {"several_threads_write_and_read_at_once", several_threads_write_and_read_at_once},
    {"several_threads_commit_the_same_segment", several_threads_commit_the_same_segment},
    {"of_different_roots_of_one_name_exactly_one_is_stored",
     of_different_roots_of_one_name_exactly_one_is_stored},
    {"a_reader_sees_the_descriptor_before_or_after_never_between",
     a_reader_sees_the_descriptor_before_or_after_never_between},
};

} // namespace

std::span<const Case> thread_cases() {
    return cases;
}

} // namespace torgo::head
