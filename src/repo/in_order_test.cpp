#include "repo/in_order.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <set>

namespace torgo::repo {
namespace {

TEST(InOrder, takes_every_result_once_and_in_order_whatever_the_threads_do) {
    for (const std::size_t count : {0U, 1U, 2U, 7U, 1000U}) {
        for (const unsigned threads : {1U, 2U, 9U}) {
            std::vector<std::size_t> taken;
            in_order(
                count, threads, [](std::size_t i) { return i * i; },
                [&](std::size_t i, std::size_t square) {
                    EXPECT_EQ(square, i * i);
                    taken.push_back(i);
                });
            std::vector<std::size_t> all(count);
            std::iota(all.begin(), all.end(), 0U);
            EXPECT_EQ(taken, all);
        }
    }
}

TEST(InOrder, makes_in_other_threads_and_takes_in_this_one) {
    const auto here = pthread_self();
    std::atomic<int> made_here = 0;
    in_order(
        100, 3, [&](std::size_t) { return pthread_equal(pthread_self(), here) != 0; },
        [&](std::size_t, bool was_here) {
            made_here += was_here ? 1 : 0;
            EXPECT_NE(pthread_equal(pthread_self(), here), 0);
        });
    EXPECT_EQ(made_here, 0);
}

TEST(InOrder, runs_no_further_ahead_than_its_bound) {
    constexpr unsigned threads = 3;
    std::atomic<std::size_t> begun = 0;
    std::size_t most = 0;
    in_order(
        500, threads,
        [&](std::size_t i) {
            ++begun;
            return i;
        },
        [&](std::size_t i, std::size_t) { most = std::max(most, begun.load() - i); });
    EXPECT_LE(most, threads * ahead_max + threads);
}

} // namespace
} // namespace torgo::repo
