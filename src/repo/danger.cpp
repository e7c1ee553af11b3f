#include "repo/danger.hpp"

#include "repo/members.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace torgo::repo {

namespace {

/// A segment that belongs on one head.
struct Wanted {
    SegmentId id;
    std::size_t pack = 0;
    unsigned index = 0;

    bool operator<(const Wanted& other) const { return id < other.id; }
};

/// By name.
std::vector<Wanted> wanted_on(const HeadSet& heads, std::size_t head,
                              const std::vector<ListedPack>& packs) {
    std::vector<Wanted> out;
    for (std::size_t pack = 0; pack < packs.size(); ++pack)
        for (unsigned i = 0; i < packs[pack].info.segments.size(); ++i)
            if (heads.head_of(i) == head) out.push_back({packs[pack].info.segments[i], pack, i});
    std::ranges::sort(out, std::less<>{});
    return out;
}

/// Notes what is both wanted and listed, and where the list came to its end what is not; a head
/// that fails to list has no less than it listed.
void note_list(head::Head& head, const std::vector<Wanted>& wanted,
               std::vector<ListedPack>& packs) {
    std::vector<bool> found(wanted.size());
    std::size_t at = 0;
    const auto listed = for_each_page(head, [&](std::span<const SegmentId> page) {
        for (const auto& id : page) {
            while (at < wanted.size() && wanted[at].id < id)
                ++at;
            for (; at < wanted.size() && wanted[at].id == id; ++at) {
                found[at] = true;
                packs[wanted[at].pack].listed += 1;
            }
        }
    });
    if (!listed) return;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (!found[i]) packs[wanted[i].pack].absent |= segment::mask_of(wanted[i].index);
}

/// Of a group, what those members list that answer; what is nowhere is absent once all did.
void note_members(head::Head& head, const std::vector<Wanted>& wanted,
                  std::vector<ListedPack>& packs) {
    SegmentNames names;
    for (const auto& one : wanted)
        names.insert(one.id);
    const auto listings = list_members(head, names);
    const bool all =
        std::ranges::none_of(listings, [](const auto& one) { return one.look.away.has_value(); });
    for (const auto& one : wanted) {
        const bool found = std::ranges::any_of(
            listings, [&](const auto& listing) { return listing.names.contains(one.id); });
        if (found)
            packs[one.pack].listed += 1;
        else if (all)
            packs[one.pack].absent |= segment::mask_of(one.index);
    }
}

void note_head(head::Head& head, const std::vector<Wanted>& wanted,
               std::vector<ListedPack>& packs) {
    if (head.members().empty())
        note_list(head, wanted, packs);
    else
        note_members(head, wanted, packs);
}

} // namespace

double expected_life(unsigned left, unsigned k) noexcept {
    double life = 0;
    for (auto m = left; m >= k && m > 0; --m)
        life += 1.0 / m;
    return life;
}

std::vector<ListedPack> most_endangered_first(const HeadSet& heads,
                                              std::vector<segment::PackInfo> packs) {
    std::vector<ListedPack> out;
    out.reserve(packs.size());
    for (auto& pack : packs)
        out.push_back({.info = std::move(pack)});
    for (std::size_t i = 0; i < heads.size(); ++i)
        if (auto* const head = heads.at(i)) note_head(*head, wanted_on(heads, i, out), out);
    std::ranges::stable_sort(out, {}, [](const ListedPack& pack) {
        const auto life = expected_life(pack.listed, pack.info.code.k);
        return life > 0 ? life : std::numeric_limits<double>::max();
    });
    return out;
}

} // namespace torgo::repo
