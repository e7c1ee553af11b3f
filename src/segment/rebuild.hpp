#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "segment/code.hpp"
#include "segment/fetcher.hpp"
#include "segment/joiner.hpp"
#include "segment/splitter.hpp"

#include <vector>

namespace torgo::segment {

/// Makes missing segments again from any k others, byte for byte with their trailers; needs no key.
/// Every cell used is verified first.
///
/// in      `missing`, indices, each once; of them only those in `damaged` are fetched: what is good
///         in them is used
/// errors  `invalid_argument`; `too_few_heads`; `corrupt` when what came out does not have the
///         expected name (the pack was never encoded rightly) — what the sink got is then
///         worthless; what the sink answers
/// cost    reads k payloads; memory a few MiB
Result<> rebuild(const PackInfo& info, const RepoId& repo, const std::vector<unsigned>& missing,
                 const Fetch& fetch, const Splitter::Sink& out, SegmentMask damaged = 0);

/// The same from whichever k others answer first, whose cells are not verified: what comes out is,
/// by its name, before its trailer goes to the sink. Less than half of the hashing, and no trailer
/// is fetched; who gets `corrupt` has the way above, which finds out what is damaged.
///
/// errors  as above
/// cost    reads k payloads, `rebuild_window` of each at a time; memory k + missing.size() of those
Result<> rebuild_unverified(const PackInfo& info, const RepoId& repo,
                            const std::vector<unsigned>& missing, Fetcher& fetcher,
                            const Splitter::Sink& out);

inline constexpr std::uint64_t rebuild_window = 1_MiB;

} // namespace torgo::segment
