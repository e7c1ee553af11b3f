#include "repo/history.hpp"

#include "repo/limits.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_set>

namespace torgo::repo {

std::vector<SnapshotId> newest_of(const std::vector<Snapshot>& snapshots) {
    std::unordered_set<SnapshotId> named;
    for (const auto& snapshot : snapshots)
        named.insert(snapshot.parents.begin(), snapshot.parents.end());
    std::vector<const Snapshot*> tips;
    for (const auto& snapshot : snapshots)
        if (!named.contains(snapshot.id)) tips.push_back(&snapshot);
    std::ranges::sort(tips, [](const auto* a, const auto* b) {
        return std::tie(b->counter, a->id) < std::tie(a->counter, b->id);
    });
    if (tips.size() > limits::parents_max) tips.resize(limits::parents_max);
    std::vector<SnapshotId> ids;
    for (const auto* tip : tips)
        ids.push_back(tip->id);
    return ids;
}

void sort_by_history(std::vector<Snapshot>& snapshots) {
    std::ranges::sort(snapshots, [](const Snapshot& a, const Snapshot& b) {
        return std::tie(a.counter, a.body.time_ns, a.id) <
               std::tie(b.counter, b.body.time_ns, b.id);
    });
}

std::vector<SnapshotId> missing_parents(const std::vector<Snapshot>& snapshots) {
    std::unordered_set<SnapshotId> present;
    for (const auto& snapshot : snapshots)
        present.insert(snapshot.id);
    std::vector<SnapshotId> missing;
    for (const auto& snapshot : snapshots)
        for (const auto& parent : snapshot.parents)
            if (!present.contains(parent)) missing.push_back(parent);
    std::ranges::sort(missing);
    missing.erase(std::ranges::unique(missing).begin(), missing.end());
    return missing;
}

} // namespace torgo::repo
