#pragma once

#include "base/error.hpp"
#include "segment/code.hpp"
#include "segment/joiner.hpp"
#include "segment/splitter.hpp"

#include <vector>

namespace torgo::segment {

/// Makes missing segments again from any k others, byte for byte with their trailers; needs no key.
/// Every cell used is verified first.
///
/// in      `missing`, indices, each once; they are never fetched
/// errors  `invalid_argument`; `too_few_heads`; `corrupt` when what came out does not have the
///         expected name (the pack was never encoded rightly) — what the sink got is then
///         worthless; what the sink answers
/// cost    reads k payloads; memory a few MiB
Result<> rebuild(const PackInfo& info, const RepoId& repo, const std::vector<unsigned>& missing,
                 const Fetch& fetch, const Splitter::Sink& out);

} // namespace torgo::segment
