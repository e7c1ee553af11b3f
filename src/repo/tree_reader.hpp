#pragma once

#include "base/error.hpp"
#include "repo/tree.hpp"
#include "seal/sealer.hpp"

#include <memory>

namespace torgo::repo {

class ChunkStore;

/// Reads tree chunks. One a thread.
class TreeReader {
public:
    explicit TreeReader(ChunkStore& store);
    ~TreeReader();
    TreeReader(const TreeReader&) = delete;
    TreeReader& operator=(const TreeReader&) = delete;
    TreeReader(TreeReader&&) = delete;
    TreeReader& operator=(TreeReader&&) = delete;

    Result<Listing> page(const ChunkId& id, bool root = false);

    /// All extents of a file, also when they lie in lists of their own.
    Result<std::vector<Extent>> extents(const Node& file);

    /// The one node that stands for "/".
    Result<Node> root(const ChunkId& tree);

private:
    ChunkStore& m_store;
    std::unique_ptr<seal::Sealer> m_sealer;
    Bytes m_plain;
};

/// The nodes of one directory, from its pages or from inside its parent.
Result<Listing> list_directory(TreeReader& reader, const Node& directory);

} // namespace torgo::repo
