#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace torgo::repo {

/// The sealed part of a snapshot record: what only the owner may read.
struct SnapshotBody {
    std::int64_t time_ns = 0; ///< wall clock of the writer: a label, never an order
    std::string host;
    std::string user;
    std::vector<std::string> paths;
    std::vector<std::string> tags;
    ChunkId tree;
    std::uint64_t files = 0, directories = 0, bytes = 0; ///< in the whole snapshot
    std::uint64_t bytes_new = 0;                         ///< sealed bytes that this snapshot added
    std::string program;                                 ///< "torgo 0.1.0"
};

/// One snapshot record (docs/spec/repository.md 7).
struct Snapshot {
    SnapshotId id;
    WriterId writer;
    std::uint64_t counter = 0;       ///< one more than the largest of its parents
    std::vector<SnapshotId> parents; ///< the newest snapshots its writer knew: the causal past
    SnapshotBody body;
    bool withdrawn = false; ///< by the owner, later: not shown unless it is named
};

} // namespace torgo::repo
