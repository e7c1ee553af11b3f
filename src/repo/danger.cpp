#include "repo/danger.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace torgo::repo {

namespace {

/// Segment names that belong on one head, ascending, each with its pack.
using Wanted = std::vector<std::pair<SegmentId, std::size_t>>;

Wanted wanted_on(const HeadSet& heads, std::size_t head,
                 const std::vector<segment::PackInfo>& packs) {
    Wanted out;
    for (std::size_t pack = 0; pack < packs.size(); ++pack)
        for (unsigned i = 0; i < packs[pack].segments.size(); ++i)
            if (heads.head_of(i) == head) out.emplace_back(packs[pack].segments[i], pack);
    std::ranges::sort(out);
    return out;
}

/// Counts what is both wanted and listed; a head that fails to list has no more than it listed.
void count_on(head::Head& head, const Wanted& wanted, std::vector<unsigned>& counts) {
    auto at = wanted.begin();
    for (SegmentId after;;) {
        const auto page = head.list_segments(after, head::max_list_page);
        if (!page || page->empty()) return;
        for (const auto& id : *page) {
            while (at != wanted.end() && at->first < id)
                ++at;
            for (; at != wanted.end() && at->first == id; ++at)
                ++counts[at->second];
        }
        after = page->back();
    }
}

} // namespace

double expected_life(unsigned left, unsigned k) noexcept {
    double life = 0;
    for (auto m = left; m >= k && m > 0; --m)
        life += 1.0 / m;
    return life;
}

std::vector<unsigned> count_listed(const HeadSet& heads,
                                   const std::vector<segment::PackInfo>& packs) {
    std::vector<unsigned> counts(packs.size());
    for (std::size_t i = 0; i < heads.size(); ++i)
        if (auto* const head = heads.at(i)) count_on(*head, wanted_on(heads, i, packs), counts);
    return counts;
}

std::vector<segment::PackInfo> most_endangered_first(const HeadSet& heads,
                                                     std::vector<segment::PackInfo> packs) {
    const auto counts = count_listed(heads, packs);
    std::vector<double> lives(packs.size());
    for (std::size_t i = 0; i < packs.size(); ++i) {
        const auto life = expected_life(counts[i], packs[i].code.k);
        lives[i] = life > 0 ? life : std::numeric_limits<double>::max();
    }
    std::vector<std::size_t> order(packs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return lives[i]; });
    std::vector<segment::PackInfo> out;
    out.reserve(packs.size());
    for (const auto i : order)
        out.push_back(std::move(packs[i]));
    return out;
}

} // namespace torgo::repo
