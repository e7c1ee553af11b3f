#include "head/open.hpp"
#include "head/opener.hpp"
#include "head/testing/conformance_case.hpp"
#include "head/testing/forward_head.hpp"
#include "repo/limits.hpp"
#include "repo/members.hpp"
#include "sim/file_system.hpp"

#include <gtest/gtest.h>

namespace torgo::repo {
namespace {

/// Always has another page of names that ascend.
class EndlessHead final : public head::ForwardHead {
public:
    using ForwardHead::ForwardHead;

    Result<std::vector<SegmentId>> list_segments(const SegmentId& /*after*/,
                                                 std::size_t max) override {
        std::vector<SegmentId> out(max);
        for (auto& id : out) {
            auto number = ++count;
            for (std::size_t i = 8; i-- > 0; number >>= 8U)
                id.bytes[i] = static_cast<std::uint8_t>(number);
        }
        return out;
    }

    std::uint64_t count = 0;
};

TEST(Members, a_head_that_lists_without_end_is_away_and_fills_no_memory) {
    sim::FileSystem files;
    EndlessHead head(*head::open("dir:///head", files));
    SegmentNames wanted(1);
    SegmentId id;
    id.bytes[7] = 3;
    wanted.insert(id);
    const auto listings = list_members(head, wanted);
    ASSERT_EQ(listings.size(), 1U);
    ASSERT_TRUE(listings.front().look.away.has_value());
    EXPECT_EQ(listings.front().look.away->code(), Errc::limit_exceeded);
    EXPECT_TRUE(listings.front().names.empty());
    EXPECT_LE(head.count, 2 * limits::segments_listed_max);
}

TEST(Members, of_what_a_head_lists_only_the_wanted_is_kept) {
    sim::FileSystem files;
    ASSERT_TRUE(files.make_directory("/head").has_value());
    head::DirOpener opener(files);
    const auto made = opener.create("dir:///head", {.repository = RepoId{{1}}, .index = 0});
    ASSERT_EQ(head::outcome(made), "success");
    std::vector<SegmentId> names(3);
    for (std::size_t i = 0; i < names.size(); ++i) {
        names[i].bytes[0] = static_cast<std::uint8_t>(i + 1);
        const auto writer = (*made)->begin_segment(1);
        ASSERT_TRUE((*writer)->append(Bytes(1)).has_value());
        ASSERT_EQ(head::outcome((*writer)->commit(names[i])), "success");
    }
    const SegmentNames wanted{names[1], SegmentId{}};
    const auto listings = list_members(**made, wanted);
    ASSERT_FALSE(listings.front().look.away.has_value());
    EXPECT_EQ(listings.front().names, SegmentNames{names[1]});
}

} // namespace
} // namespace torgo::repo
