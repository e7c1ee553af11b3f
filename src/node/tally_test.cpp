#include "node/tally.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace torgo::node {

namespace {

constexpr peer::LossRule three_in_a_minute{.audit_every_s = 10, .misses = 3, .lost_after_s = 60};

const std::vector<std::string> places{"a", "b", "", "d"};

peer::Order order(unsigned head = peer::spare_index) {
    peer::Order out;
    out.head = head;
    out.rule = three_in_a_minute;
    return out;
}

Streak lost_for(std::uint64_t seconds) {
    return {.misses = 9, .lasted_s = seconds};
}

} // namespace

TEST(Streak, is_lost_after_enough_misses_that_lasted_long_enough) {
    Streak streak;
    EXPECT_FALSE(streak.is_lost(three_in_a_minute));
    streak.miss(1'000'000);
    EXPECT_EQ(streak.lasted_s, 0U) << "what was before the first miss does not count";
    streak.miss(59);
    streak.miss(0);
    EXPECT_FALSE(streak.is_lost(three_in_a_minute)) << "three misses in 59 seconds";
    streak.miss(1);
    EXPECT_TRUE(streak.is_lost(three_in_a_minute));
    Streak slow;
    slow.miss(0);
    slow.miss(60);
    EXPECT_FALSE(slow.is_lost(three_in_a_minute)) << "two misses";
}

TEST(Streak, one_audit_that_is_passed_ends_it) {
    auto streak = lost_for(60);
    EXPECT_TRUE(streak.is_lost(three_in_a_minute));
    streak.pass();
    EXPECT_EQ(streak, Streak{});
}

TEST(Streak, does_not_run_over) {
    Streak streak{.misses = ~0U, .lasted_s = ~0ULL};
    streak.miss(7);
    EXPECT_EQ(streak, (Streak{.misses = ~0U, .lasted_s = ~0ULL}));
}

TEST(Tally, chooses_the_head_that_is_lost_for_longest_and_may_be_taken_over) {
    Tally tally{.heads = std::vector<Streak>(4)};
    EXPECT_EQ(tally.lost(order(), places), std::nullopt);
    tally.heads[0] = lost_for(70);
    tally.heads[1] = lost_for(80);
    tally.heads[2] = lost_for(90);
    tally.heads[3] = lost_for(10);
    EXPECT_EQ(tally.lost(order(), places), 1U)
        << "head 3 can not be audited, head 4 is not lost yet";
    EXPECT_EQ(tally.lost(order(0), places), 0U);
    EXPECT_EQ(tally.lost(order(3), places), std::nullopt);
    EXPECT_EQ(Tally{}.lost(order(), places), std::nullopt);
}

// NODE-3
RC_GTEST_PROP(TallyFile, comes_back_and_no_other_byte_does, ()) {
    Tally tally;
    for (auto count = *rc::gen::inRange(0, 65); count > 0; --count)
        tally.heads.push_back(
            {*rc::gen::arbitrary<std::uint32_t>(), *rc::gen::arbitrary<std::uint64_t>()});
    auto bytes = encode(tally);
    const auto back = decode_tally(bytes);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == tally);
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    RC_ASSERT(!decode_tally(ByteView(bytes).first(at)));
    bytes[at] ^= 1U;
    RC_ASSERT(!decode_tally(bytes));
}

} // namespace torgo::node
