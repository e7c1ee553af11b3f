#pragma once

// Which packs are nearest to loss. A pack of which m segments are left is lost when fewer than k
// are; where heads fail one as likely as another and independently, that is expected after
// 1/m + 1/(m-1) + … + 1/k mean lives of a head.

#include "base/error.hpp"
#include "repo/head_set.hpp"
#include "segment/code.hpp"

#include <vector>

namespace torgo::repo {

/// Mean lives of a head until fewer than `k` of `left` segments are left; 0 where that is so now.
double expected_life(unsigned left, unsigned k) noexcept;

/// A pack and what the heads list of it.
struct ListedPack {
    segment::PackInfo info;
    unsigned listed = 0; ///< how many of its segments
    /// Those that are not on their heads, which listed to the end what they hold: no request need
    /// ask for them.
    segment::SegmentMask absent = 0;
};

/// The packs, those first that are expected to be lost first; at the end those that are lost.
/// cost    one listing of each head, 40 bytes a segment in memory meanwhile
std::vector<ListedPack> most_endangered_first(const HeadSet& heads,
                                              std::vector<segment::PackInfo> packs);

} // namespace torgo::repo
