#pragma once

#include "base/error.hpp"
#include "repo/session.hpp"
#include "repo/tree.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace torgo::repo {

/// A directory whose listing is not complete yet: some of its files are still being read, or some
/// of its subdirectories are not complete. Whoever finishes the last of them encodes and stores it.
struct PendingDirectory {
    std::shared_ptr<PendingDirectory> parent; ///< null for the root
    std::size_t place = 0;                    ///< of this directory in the parent's listing
    Listing nodes;                     ///< fixed in number once made; each written by one thread
    std::vector<std::uint8_t> dropped; ///< 1: this node could not be read and is left out
    std::atomic<std::size_t> open_parts{1}; ///< files, subdirectories, and the walk itself
};

/// Turns complete directories into tree chunks, from the leaves up. Thread-safe.
class TreeBuilder {
public:
    explicit TreeBuilder(Session& session) : m_session(session) {}

    /// The root is made with one node that stands for "/".
    std::shared_ptr<PendingDirectory> make_root(source::Entry root_entry);

    /// Counts as an open part of `parent` until it is complete.
    std::shared_ptr<PendingDirectory> make_child(const std::shared_ptr<PendingDirectory>& parent,
                                                 std::size_t place, std::size_t size);

    static void begin_part(PendingDirectory& directory) { directory.open_parts += 1; }

    /// One part is done; the last one completes the directory, and with it perhaps its parents.
    Result<> end_part(std::shared_ptr<PendingDirectory> directory, seal::Sealer& sealer);

    /// The snapshot's tree, when every part is done.
    const ChunkId& root() const noexcept { return m_root; }

private:
    Result<> complete(PendingDirectory& directory, seal::Sealer& sealer);
    Result<std::vector<ChunkId>> store_pages(Listing& nodes, seal::Sealer& sealer);

    Session& m_session;
    ChunkId m_root;
};

} // namespace torgo::repo
