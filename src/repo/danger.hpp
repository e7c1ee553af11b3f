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

/// For each pack how many of its segments the heads that answer list.
/// cost    one listing of each head, 36 bytes a pack in memory
std::vector<unsigned> count_listed(const HeadSet& heads,
                                   const std::vector<segment::PackInfo>& packs);

/// The packs, those first that are expected to be lost first; at the end those that are lost.
std::vector<segment::PackInfo> most_endangered_first(const HeadSet& heads,
                                                     std::vector<segment::PackInfo> packs);

} // namespace torgo::repo
