// What heal does first: the packs that are expected to be lost first.
#include "head/dir_head.hpp"
#include "repo/danger.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

namespace torgo::repo {
namespace {

segment::PackInfo pack(std::uint8_t number) {
    segment::PackInfo info{
        .cls = PackClass::data, .code = {2, 4}, .size = segment::cell_size, .segments = {}};
    for (std::uint8_t i = 0; i < 4; ++i) {
        SegmentId id;
        id.bytes.fill(static_cast<std::uint8_t>(0x40 - number));
        id.bytes[1] = i;
        info.segments.push_back(id);
    }
    return info;
}

class DangerTest : public testing::Test {
protected:
    DangerTest() {
        for (unsigned i = 0; i < 4; ++i) {
            const auto path = "/" + std::to_string(i);
            EXPECT_TRUE(head::create_dir_head(files, path, {RepoId{{1}}, i}));
            uris.push_back("dir://" + path);
        }
    }

    void store(const segment::PackInfo& info, std::initializer_list<unsigned> segments) {
        for (const auto i : segments) {
            const auto head = opener.open(uris[i]).value();
            const auto writer = head->begin_segment(1).value();
            EXPECT_TRUE(writer->append(Bytes{1}) && writer->commit(info.segments[i]));
        }
    }

    sim::FileSystem files;
    head::DirOpener opener{files};
    std::vector<std::string> uris;
};

} // namespace

TEST(ExpectedLife, ends_below_k_and_grows_with_what_is_left) {
    EXPECT_EQ(expected_life(1, 2), 0);
    EXPECT_EQ(expected_life(0, 1), 0);
    EXPECT_DOUBLE_EQ(expected_life(2, 2), 1.0 / 2);
    EXPECT_DOUBLE_EQ(expected_life(4, 2), 1.0 / 4 + 1.0 / 3 + 1.0 / 2);
    EXPECT_LT(expected_life(4, 3), expected_life(3, 1)) << "two more than needed are not the same";
}

TEST_F(DangerTest, packs_come_in_the_order_of_their_expected_loss) {
    const std::vector packs{pack(1), pack(2), pack(3), pack(4), pack(5)};
    store(packs[0], {0, 1, 2, 3});
    store(packs[1], {0, 1, 3});
    store(packs[2], {3});
    store(packs[3], {1, 2});
    store(packs[4], {0, 2});
    const auto heads = HeadSet::open(opener, uris).value();
    const auto sorted = most_endangered_first(*heads, packs);
    const std::vector expected{packs[3], packs[4], packs[1], packs[0], packs[2]};
    const std::vector<unsigned> listed{2, 2, 3, 4, 1};
    const std::vector<segment::SegmentMask> absent{0b1001, 0b1010, 0b0100, 0, 0b0111};
    ASSERT_EQ(sorted.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(sorted[i].info, expected[i]) << i << ": the one that is lost comes last";
        EXPECT_EQ(sorted[i].listed, listed[i]) << i;
        EXPECT_EQ(sorted[i].absent, absent[i]) << i;
    }
}

TEST_F(DangerTest, a_head_that_is_away_has_nothing) {
    const std::vector packs{pack(1), pack(2)};
    store(packs[0], {0, 1, 2});
    store(packs[1], {0, 1, 3});
    EXPECT_TRUE(files.remove("/3/torgo-head"));
    const auto heads = HeadSet::open(opener, uris).value();
    const auto sorted = most_endangered_first(*heads, packs);
    EXPECT_EQ(sorted.front().info, packs[1]);
    EXPECT_EQ(sorted.front().listed, 2U);
    EXPECT_EQ(sorted.front().absent, 0b0100U) << "of what it does not list nothing is known";
}

} // namespace torgo::repo
