#pragma once

#include "base/error.hpp"
#include "repo/chunk_store.hpp"
#include "repo/restore.hpp"
#include "repo/tree.hpp"

#include <map>
#include <string>
#include <vector>

namespace torgo::repo {

/// One file that will get content, and where it goes.
struct PlannedFile {
    std::string path; ///< relative to the target
    source::Entry entry;
    std::vector<Extent> extents;
    bool replace = false; ///< something is in the way, and goes when the file is whole
};

/// Where one extent goes.
struct Placement {
    std::uint32_t file = 0;     ///< place in the group
    std::uint64_t position = 0; ///< in the file
    std::uint32_t offset = 0;   ///< in the chunk's plaintext
    std::uint64_t length = 0;
};

/// A chunk, and everything of it that the files of one group want.
struct ChunkUse {
    std::uint32_t pack = 0;
    std::uint32_t offset = 0; ///< in the pack: reading follows it
    ChunkId id;
    std::vector<Placement> placements;
};

/// The chunks that some files need, each once, in the order in which packs hold them.
///
/// errors  `not_found` is no error here: the files that need an unknown chunk are named in `lost`
struct ReadPlan {
    std::vector<ChunkUse> chunks;
    std::vector<std::uint32_t> lost; ///< files with a chunk that is in no pack
};

Result<ReadPlan> plan_reads(const ChunkStore& store, const std::vector<PlannedFile>& files);

} // namespace torgo::repo
