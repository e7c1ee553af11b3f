#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "source/entry.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace torgo::repo {

class ChunkStore;

/// A run of a file's bytes: `length` bytes at `offset` of a chunk's plaintext, or a hole.
struct Extent {
    ChunkId chunk;
    std::uint32_t offset = 0;
    std::uint64_t length = 0;
    bool hole = false;

    bool operator==(const Extent&) const = default;
};

struct Node;
using Listing = std::vector<Node>; ///< sorted by name bytes, no name twice

/// One name in a directory of a snapshot.
struct Node {
    source::Entry entry;
    std::vector<Extent> content;      ///< of a file, when it is stored directly
    std::vector<ChunkId> content_lists; ///< of a file with very many extents: chunks that hold them
    std::vector<ChunkId> pages;       ///< of a directory stored in chunks of its own
    std::shared_ptr<Listing> inlined; ///< of a small directory stored inside its parent's chunk
};

} // namespace torgo::repo
