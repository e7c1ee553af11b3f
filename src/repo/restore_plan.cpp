#include "repo/restore_plan.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace torgo::repo {

Result<ReadPlan> plan_reads(const ChunkStore& store, const std::vector<PlannedFile>& files) {
    ReadPlan plan;
    std::unordered_map<ChunkId, std::size_t> places;
    for (std::uint32_t f = 0; f < files.size(); ++f) {
        std::uint64_t position = 0;
        bool lost = false;
        for (const auto& extent : files[f].extents) {
            const auto at = position;
            position += extent.length;
            if (extent.hole) continue;
            auto place = places.find(extent.chunk);
            if (place == places.end()) {
                TRY(const auto location, store.find(extent.chunk));
                if (!location) {
                    lost = true;
                    continue;
                }
                place = places.emplace(extent.chunk, plan.chunks.size()).first;
                plan.chunks.push_back({.pack = location->pack,
                                       .offset = location->offset,
                                       .id = extent.chunk,
                                       .placements = {}});
            }
            plan.chunks[place->second].placements.push_back(
                {.file = f, .position = at, .offset = extent.offset, .length = extent.length});
        }
        if (lost) plan.lost.push_back(f);
    }
    std::ranges::sort(plan.chunks, [](const ChunkUse& a, const ChunkUse& b) {
        return std::tie(a.pack, a.offset) < std::tie(b.pack, b.offset);
    });
    return plan;
}

} // namespace torgo::repo
