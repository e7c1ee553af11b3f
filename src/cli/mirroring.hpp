#pragma once

#include "base/error.hpp"
#include "env/file_system.hpp"
#include "peer/exchange.hpp"
#include "peer/ledger.hpp"
#include "peer/reconcile.hpp"

#include <cstdint>
#include <optional>
#include <vector>

/// This machine's receipts, left with the nodes (docs/spec/peer-protocol.md 6).
namespace torgo::cli {

/// What a node's ledger was seen to hold, and how far this machine's was left with it: a file
/// beside this machine's own ledger.
struct NodeMemory {
    std::optional<peer::Seen> seen;
    std::uint64_t mirrored = 0; ///< batches before this number
};

/// Nothing remembered where there is no such file, or it is damaged.
NodeMemory load_memory(env::FileSystem& files, const peer::Ledger& own, const PeerId& node);

/// errors  those of the disk
Result<> save_memory(env::FileSystem& files, const peer::Ledger& own, const PeerId& node,
                     const NodeMemory& memory);

/// The batches that this machine has written, ascending.
///
/// in  `from`, the number of the first that is wanted
Result<std::vector<peer::KeptBatch>> read_own(const peer::Ledger& ledger, std::uint64_t from = 0);

/// Leaves with the node what it has not got yet, and notes in `memory` how far it came.
/// errors  those of peer::mirror_batch
Result<> mirror(peer::Exchanger& node, const RepoId& repository,
                const std::vector<peer::KeptBatch>& own, NodeMemory& memory);

/// read_own, mirror and save_memory of one node. errors  as they
Result<> bring_up_to_date(env::FileSystem& files, peer::Exchanger& node, const PeerId& id,
                          const RepoId& repository, const peer::Ledger& own);

} // namespace torgo::cli
