#pragma once

// How a snapshot is withdrawn: a record that the owner signs, on all heads
// (docs/spec/repository.md 7.3).

#include "base/error.hpp"
#include "cli/context.hpp"
#include "repo/repository.hpp"

#include <string>
#include <vector>

namespace torgo::cli {

struct Withdrawal {
    std::string name; ///< of its root
    Bytes record;
    std::size_t having = 0;           ///< heads that have it everywhere
    std::vector<std::size_t> lacking; ///< heads that answer and have not
    std::vector<std::size_t> away;
};

/// What is there of it, and what would be put there. `repository` is unlocked.
/// errors  those of the signature
Result<Withdrawal> look_for_withdrawal(repo::Repository& repository, const SnapshotId& snapshot);

/// Puts it on the heads that lack it, warning of each that does not take it.
/// out     on how many heads it is now
/// errors  `unavailable` when it is on none
Result<std::size_t> put_withdrawal(const Context& context, repo::Repository& repository,
                                   const Withdrawal& withdrawal);

/// Whether others name it as a parent.
bool is_gone_on_from(const std::vector<repo::Snapshot>& all, const SnapshotId& snapshot);

} // namespace torgo::cli
