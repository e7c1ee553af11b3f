#pragma once

#include "base/error.hpp"
#include "repo/snapshot.hpp"

#include <vector>

namespace torgo::repo {

/// The snapshots that no other names as a parent: the tips of the causal history. At most
/// limits::parents_max, the ones with the largest counters.
std::vector<SnapshotId> newest_of(const std::vector<Snapshot>& snapshots);

/// Oldest first: by counter (which respects the causal order), then time, then id.
void sort_by_history(std::vector<Snapshot>& snapshots);

/// Parents that are named and not there: deleted, or hidden by the heads.
std::vector<SnapshotId> missing_parents(const std::vector<Snapshot>& snapshots);

} // namespace torgo::repo
