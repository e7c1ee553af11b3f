#include "cli/spool.hpp"

#include <gtest/gtest.h>

namespace torgo::cli {

TEST(Sizes, are_numbers_with_a_binary_unit) {
    EXPECT_EQ(parse_size("1"), 1U);
    EXPECT_EQ(parse_size("500K"), 500U << 10U);
    EXPECT_EQ(parse_size("500M"), 500U << 20U);
    EXPECT_EQ(parse_size("20G"), std::uint64_t{20} << 30U);
    EXPECT_EQ(parse_size("16777215T"), std::uint64_t{16777215} << 40U);
    for (const auto* text :
         {"", "0", "G", "1GB", "1g", "-1", " 1", "1.5G", "16777216T", "99999999999999999999"})
        EXPECT_FALSE(parse_size(text).has_value()) << text;
}

// CLI-26
TEST(WaitingSentence, says_how_much_waits_and_for_which_heads) {
    WaitingHeads none;
    EXPECT_EQ(none.sentence(), "");
    const WaitingHeads some{.total = {.segments = 3, .bytes = 812U << 20U, .roots = 9},
                            .by_head = {},
                            .heads = {2, 3, 4}};
    EXPECT_EQ(some.sentence(), "812 MiB wait for heads 2, 3, 4");
    const WaitingHeads one{
        .total = {.segments = 0, .bytes = 0, .roots = 1}, .by_head = {}, .heads = {2}};
    EXPECT_EQ(one.sentence(), "1 record waits for head 2");
}

} // namespace torgo::cli
