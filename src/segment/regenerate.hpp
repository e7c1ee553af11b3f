#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "segment/code.hpp"
#include "segment/splitter.hpp"

#include <cstdint>
#include <functional>

/// Making one lost segment of a regenerating code from half a segment's worth of each other one.
namespace torgo::segment {

/// The most cells that are combined at once: 2 MiB of answer.
inline constexpr std::uint64_t max_combined_cells = 64;

/// Gives combine_cells of the cells of segment `index` from `first_cell` on, all or an error.
/// in      `out`, half_cell bytes for each cell, of which there are at most max_combined_cells
using Combine = std::function<Result<>(unsigned index, std::uint64_t first_cell,
                                       std::uint8_t factor, ByteSpan out)>;

/// For each cell its first half + factor · its second half, over GF(2^8).
///
/// in      `cells`, whole cells; `out`, half as long
/// source  docs/spec/segment.md 2.7
void combine_cells(ByteView cells, std::uint8_t factor, ByteSpan out);

/// Makes segment `lost` again with its trailer, byte for byte, from the combinations of all the
/// others; needs no key. What a helper says cannot be verified by itself, only the outcome: after
/// `corrupt` at least one of the three said something wrong, and segment::rebuild finds a way round
/// it.
///
/// errors  `invalid_argument` where the code is not of that kind; `corrupt` when what came out does
///         not have the expected name — what the sink got is then worthless; what `combine` and
///         the sink answer
/// cost    one and a half payloads come from the three others; memory some 8 MiB
Result<> regenerate(const PackInfo& info, const RepoId& repo, unsigned lost, const Combine& combine,
                    const Splitter::Sink& out);

} // namespace torgo::segment
