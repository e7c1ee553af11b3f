#include "mesh/message_cache.hpp"
#include "mesh/replay.hpp"

#include <gtest/gtest.h>

namespace torgo::mesh {
namespace {

TEST(MeshReplayList, takes_only_what_comes_after) {
    ReplayList list(4);
    EXPECT_TRUE(list.is_new(1, 5, 0));
    list.take(1, 5, 10);
    EXPECT_FALSE(list.is_new(1, 5, 10));
    EXPECT_FALSE(list.is_new(1, 4, 11));
    EXPECT_TRUE(list.is_new(1, 5, 11));
    EXPECT_TRUE(list.is_new(1, 6, 0));
    list.take(1, 6, 0);
    EXPECT_FALSE(list.is_new(1, 5, 11));
}

TEST(MeshReplayList, knows_the_last_segmented_message_apart) {
    ReplayList list(4);
    list.take(1, 5, 20, 12);
    EXPECT_FALSE(list.is_new_message(1, 5, 12));
    EXPECT_TRUE(list.is_new_message(1, 5, 13));
    list.take(1, 5, 30);
    EXPECT_EQ(list.find(1), (ReplayMark{.src = 1, .iv_index = 5, .seq = 30, .segmented = 12}));
}

TEST(MeshReplayList, hears_no_source_it_has_no_room_for) {
    ReplayList list(2);
    list.take(9, 0, 1);
    list.take(3, 0, 1);
    list.take(5, 0, 1);
    EXPECT_EQ(list.size(), 2);
    EXPECT_FALSE(list.is_new(5, 0, 2));
    EXPECT_TRUE(list.is_new(3, 0, 2));
}

TEST(MeshReplayList, forgets_indexes_that_are_accepted_no_more) {
    ReplayList list(2);
    list.take(1, 0x1FF, 5);
    list.take(2, 0x201, 5);
    EXPECT_EQ(list.find(1)->iv_index, 0x1FF);
    list.forget_before(0x200);
    EXPECT_EQ(list.size(), 1);
    EXPECT_EQ(list.find(2)->iv_index, 0x201);
}

TEST(MeshMessageCache, remembers_at_least_the_last_four_and_never_more_than_it_may) {
    MessageCache cache(8);
    for (std::uint32_t seq = 0; seq < 1000; ++seq) {
        cache.insert(false, 1, seq);
        for (std::uint32_t back = 0; back < std::min(seq + 1, 4U); ++back)
            ASSERT_TRUE(cache.contains(false, 1, seq - back));
        ASSERT_FALSE(cache.contains(true, 1, seq));
        ASSERT_FALSE(cache.contains(false, 2, seq));
    }
    unsigned kept = 0;
    for (std::uint32_t seq = 0; seq < 1000; ++seq)
        kept += cache.contains(false, 1, seq) ? 1U : 0U;
    EXPECT_LE(kept, 8);
}

} // namespace
} // namespace torgo::mesh
