#include "repo/survey.hpp"

#include "place/rank.hpp"
#include "repo/members.hpp"
#include "repo/pack_list.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <thread>

namespace torgo::repo {

namespace {

/// What one head has: of each segment, in which domains.
class Holding {
public:
    explicit Holding(std::vector<MemberListing> listings) : m_listings(std::move(listings)) {
        for (const auto& one : m_listings)
            m_domains.try_emplace(one.look.domain, m_domains.size());
    }

    Holding() = default;

    /// The domains in which it is to be found, each once.
    std::vector<std::size_t> where(const SegmentId& segment) const {
        std::set<std::size_t> out;
        for (const auto& one : m_listings)
            if (one.names.contains(segment)) out.insert(m_domains.at(one.look.domain));
        return {out.begin(), out.end()};
    }

    std::size_t domains() const { return m_domains.size(); }

    void count(const SegmentId& segment, std::vector<MemberSurvey>& members) const {
        for (std::size_t i = 0; i < members.size(); ++i)
            members[i].segments += m_listings[i].names.contains(segment) ? 1U : 0U;
    }

private:
    std::vector<MemberListing> m_listings;
    std::map<std::string_view, std::size_t> m_domains; ///< numbers from 0
};

/// What a head lists of the packs' segments; nothing where it fails, and then `survey` says why.
Holding look_at(head::Head& head, const SegmentNames& wanted, HeadSurvey& survey) {
    auto room = head.status();
    if (!room) {
        survey.away = std::move(room).error();
        return {};
    }
    survey.room = *room;
    auto listings = list_members(head, wanted);
    if (std::ranges::all_of(listings, [](const auto& one) { return one.look.away.has_value(); }))
        survey.away = listings.front().look.away;
    if (!head.members().empty())
        for (const auto& [look, names] : listings)
            survey.members.push_back({.uri = look.head->uri(),
                                      .domain = std::string(look.domain),
                                      .away = look.away,
                                      .segments = 0});
    return Holding(std::move(listings));
}

std::vector<Holding> look_at_all(const HeadSet& heads, const SegmentNames& wanted,
                                 std::vector<HeadSurvey>& surveys) {
    std::vector<Holding> there(heads.size());
    std::vector<std::jthread> threads; // a head behind a network may let us wait
    for (std::size_t i = 0; i < heads.size(); ++i) {
        if (heads.at(i) == nullptr)
            surveys[i].away = *heads.why_not(i);
        else
            threads.emplace_back([&, i] { there[i] = look_at(*heads.at(i), wanted, surveys[i]); });
    }
    return there;
}

std::optional<std::size_t> first_counted(const std::vector<std::uint64_t>& counts) {
    const auto first = std::ranges::find_if(counts, [](auto count) { return count != 0; });
    if (first == counts.end()) return std::nullopt;
    return static_cast<std::size_t>(first - counts.begin());
}

/// How many heads may be lost, those first that have most, before fewer than k segments are left.
/// in  `on_heads`: how many segments each has, at least k together
std::size_t heads_to_spare(std::vector<unsigned> on_heads, unsigned k) {
    std::ranges::sort(on_heads, std::greater{});
    auto left = std::accumulate(on_heads.begin(), on_heads.end(), 0U);
    std::size_t lost = 0;
    while (lost < on_heads.size() && left - on_heads[lost] >= k)
        left -= on_heads[lost++];
    return lost;
}

/// How many of a pack's segments a head has.
unsigned count_on(const Holding& holding, const std::vector<SegmentId>& slots, HeadSurvey& head) {
    std::vector<std::vector<std::size_t>> places;
    for (const auto& slot : slots) {
        auto where = holding.where(slot);
        if (!where.empty()) places.push_back(std::move(where));
        holding.count(slot, head.members);
    }
    head.wanted += slots.size();
    head.missing += slots.size() - places.size();
    if (!head.members.empty() &&
        place::happiness(places, holding.domains()) < std::min(places.size(), holding.domains()))
        head.crowded += 1;
    return static_cast<unsigned>(places.size());
}

void count_in(std::vector<std::uint64_t>& counts, std::size_t at) {
    if (counts.size() <= at) counts.resize(at + 1);
    counts[at] += 1;
}

} // namespace

std::optional<std::size_t> Survey::weakest() const {
    return first_counted(packs_with);
}

std::optional<std::size_t> Survey::spare() const {
    return first_counted(packs_spare);
}

Result<Survey> survey(Repository& repository) {
    const auto& heads = repository.heads();
    Survey out;
    out.heads.resize(heads.size());
    TRY(const auto packs,
        list_packs(heads, repository.descriptor(), [&](const std::string& batch, const Error& why) {
            out.rejected.push_back(batch + ": " + why.detail());
        }));
    TRY(const auto snapshots, heads.list_roots("snapshot-"));
    out.snapshots = snapshots.size();
    SegmentNames wanted;
    for (const auto& pack : packs)
        wanted.insert(pack.segments.begin(), pack.segments.end());
    const auto there = look_at_all(heads, wanted, out.heads);
    for (const auto& pack : packs) {
        std::vector<unsigned> on_heads(heads.size());
        for (std::size_t at = 0; at < heads.size(); ++at)
            on_heads[at] = count_on(there[at], heads.slots_on(at, pack), out.heads[at]);
        const auto good = std::accumulate(on_heads.begin(), on_heads.end(), 0U);
        count_in(out.packs_with, good);
        if (good >= pack.code.k) count_in(out.packs_spare, heads_to_spare(on_heads, pack.code.k));
    }
    return out;
}

} // namespace torgo::repo
