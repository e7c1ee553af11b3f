#pragma once

#include "base/error.hpp"
#include "repo/batch.hpp"
#include "repo/descriptor.hpp"
#include "repo/head_set.hpp"
#include "repo/writer.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace torgo::repo {

/// Every pack that a signed batch names, each once: read and verified with public keys only, so
/// that nodes without secrets can check and heal (docs/spec/repository.md 5).
///
/// in      `reject`, told of each batch that is damaged, forged or of an unknown writer
Result<std::vector<segment::PackInfo>>
list_packs(const HeadSet& heads, const Descriptor& descriptor,
           const std::function<void(const std::string& batch, const Error& reason)>& reject);

/// How the segments of one pack are doing.
struct SegmentStates {
    std::vector<unsigned> missing; ///< head is there, segment is not, or has the wrong size
    std::vector<unsigned> corrupt; ///< is there and does not have its name's hash
    std::vector<unsigned> away;    ///< its head cannot be used
    std::uint64_t bytes_read = 0;

    std::size_t bad() const { return missing.size() + corrupt.size() + away.size(); }
};

/// in      `whole`: hash every byte, else look at presence and size
SegmentStates inspect_segments(const HeadSet& heads, const RepoId& repo,
                               const segment::PackInfo& pack, bool whole);

} // namespace torgo::repo
