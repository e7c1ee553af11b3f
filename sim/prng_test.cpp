#include "sim/prng.hpp"
#include "sim/random.hpp"

#include <gtest/gtest.h>

#include <array>

namespace torgo::sim {

TEST(Prng, gives_the_published_numbers) {
    // xoshiro256** seeded by splitmix64 from 0, as other implementations print it.
    Prng prng(0);
    EXPECT_EQ(prng.next(), 0x99EC5F36CB75F2B4U);
    EXPECT_EQ(prng.next(), 0xBF6E1F784956452AU);
    EXPECT_EQ(prng.next(), 0x1A5F849D4933E6E0U);
}

TEST(Prng, below_is_in_range_and_even) {
    Prng prng(7);
    std::array<unsigned, 10> seen{};
    for (unsigned i = 0; i < 10'000; ++i)
        ++seen.at(prng.below(10));
    for (const auto count : seen) {
        EXPECT_GT(count, 850U);
        EXPECT_LT(count, 1150U);
    }
    EXPECT_EQ(prng.below(1), 0U);
}

TEST(Prng, chance_keeps_its_odds) {
    Prng prng(8);
    unsigned hits = 0;
    for (unsigned i = 0; i < 10'000; ++i)
        hits += prng.chance(1, 4) ? 1U : 0U;
    EXPECT_GT(hits, 2300U);
    EXPECT_LT(hits, 2700U);
    EXPECT_FALSE(prng.chance(0, 5));
    EXPECT_TRUE(prng.chance(5, 5));
}

TEST(Random, same_seed_same_bytes_and_other_seed_other_bytes) {
    Random first(1);
    Random again(1);
    Random other(2);
    Bytes a(37);
    Bytes b(37);
    Bytes c(37);
    first.fill(a);
    again.fill(b);
    other.fill(c);
    EXPECT_EQ(a, b);
    EXPECT_NE(a, c);
}

} // namespace torgo::sim
