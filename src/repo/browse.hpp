#pragma once

#include "base/error.hpp"
#include "repo/snapshot.hpp"
#include "repo/tree.hpp"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace torgo::repo {

class Repository;

/// The nodes of one directory. `directory` must be a directory node of this repository.
Result<Listing> list_directory(Repository& repository, const Node& directory);

/// The root of a snapshot, as a directory node with an empty name.
Result<Node> root_node(Repository& repository, const Snapshot& snapshot);

/// The node at an absolute path of a snapshot. errors  `not_found`
Result<Node> find_node(Repository& repository, const Snapshot& snapshot, const std::string& path);

/// Depth first in byte order. `visit` gets the absolute path; for a directory it says whether to go
/// inside. One directory's listing per level is in memory.
using VisitNode = std::function<Result<bool>(const std::string& path, const Node& node)>;
Result<> for_each_node(Repository& repository, const Node& start, const std::string& start_path,
                       const VisitNode& visit);

/// A file's bytes in order, in pieces of at most one chunk. `sink` gets holes as zeros.
using SinkBytes = std::function<Result<>(ByteView bytes)>;
Result<> read_content(Repository& repository, const Node& file, const SinkBytes& sink);

enum class Change : std::uint8_t { added, removed, content, metadata, type };

struct Difference {
    Change change;
    std::string path;
    std::uint64_t size_before = 0, size_after = 0;
};

/// What differs between two snapshots, in path order. Equal subtrees are skipped by their ids.
Result<> diff(Repository& repository, const Snapshot& before, const Snapshot& after,
              bool with_metadata, const std::function<void(const Difference&)>& report);

struct Stats {
    std::uint64_t snapshots = 0, files = 0, directories = 0;
    std::uint64_t restore_bytes = 0;         ///< of the named snapshot(s), as restored
    std::uint64_t chunks = 0;                ///< distinct chunks they need
    std::uint64_t plain_bytes = 0;           ///< of those chunks, before compression
    std::uint64_t sealed_bytes = 0;          ///< of those chunks, in packs
    std::uint64_t pack_bytes = 0, packs = 0; ///< the whole repository, before the erasure code
    std::uint64_t head_bytes = 0;            ///< the whole repository, on all heads
};

/// errors  `cancelled`, those of reading
Result<Stats> stats(Repository& repository, const std::vector<Snapshot>& of, std::stop_token stop);

} // namespace torgo::repo
