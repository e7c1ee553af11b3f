#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "source/entry.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace torgo::repo {

/// A run of a file's bytes: `length` bytes at `offset` of a chunk's plaintext, or a hole.
struct Extent {
    ChunkId chunk;
    std::uint32_t offset = 0;
    std::uint64_t length = 0;
    bool hole = false;

    bool operator==(const Extent&) const = default;
};

/// Of a small file: the first bytes of the id that its content would have as a data chunk alone. A
/// keyed hash of 64 bits: it tells whether a file of the same path and size is still the same.
using ContentTag = std::array<std::uint8_t, 8>;

struct Node;
using Listing = std::vector<Node>; ///< sorted by name bytes, no name twice

/// One name in a directory of a snapshot.
struct Node {
    source::Entry entry;
    std::vector<Extent> content;        ///< of a file, when it is stored directly
    std::optional<ContentTag> tag;      ///< of a file whose content is one extent of a bundle
    std::vector<ChunkId> content_lists; ///< of a file with very many extents: chunks that hold them
    std::vector<ChunkId> pages;         ///< of a directory stored in chunks of its own
    std::shared_ptr<Listing> inlined;   ///< of a small directory stored inside its parent's chunk
};

/// A page: some nodes of one directory, with the small directories below them inlined.
/// source  docs/spec/repository.md 6
Bytes encode_page(const Listing& nodes);

/// in      `root`: the page of a snapshot's root, whose one node has no name
/// errors  `corrupt`, `unsupported`, `limit_exceeded`: names that could leave their directory,
/// nodes
///         out of order, ids out of the table, anything that encode_page would not write
Result<Listing> decode_page(ByteView page, bool root = false);

/// A list of extents, for files that have very many.
Bytes encode_extents(const std::vector<Extent>& extents);
Result<std::vector<Extent>> decode_extents(ByteView list);

/// Where the listing of one directory is cut into pages: after the nodes at these positions, last
/// one included. Depends on names and sizes only, so that a new name moves no other page's border.
std::vector<std::size_t> page_ends(const Listing& nodes);

/// At most what a listing adds to a page, in bytes.
std::size_t weight(const Listing& nodes);

/// Nodes of a listing and of everything inlined in it.
std::size_t count_nodes(const Listing& nodes);

} // namespace torgo::repo
