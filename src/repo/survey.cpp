#include "repo/survey.hpp"

#include "repo/pack_list.hpp"

#include <algorithm>
#include <thread>
#include <unordered_set>

namespace torgo::repo {

namespace {

constexpr std::size_t names_a_page = 8192;

using Names = std::unordered_set<SegmentId>;

Result<Names> list_all(head::Head& head) {
    Names out;
    SegmentId after;
    for (;;) {
        TRY(const auto page, head.list_segments(after, names_a_page));
        if (page.empty()) return out;
        out.insert(page.begin(), page.end());
        after = page.back();
    }
}

/// What a head lists; nothing of it where it fails, and then `survey` says why.
Names look_at(head::Head& head, HeadSurvey& survey) {
    auto room = head.status();
    auto names = list_all(head);
    if (room) survey.room = *room;
    if (room && names) return *std::move(names);
    survey.away = room ? std::move(names).error() : std::move(room).error();
    return {};
}

std::vector<Names> look_at_all(const HeadSet& heads, std::vector<HeadSurvey>& surveys) {
    std::vector<Names> there(heads.size());
    std::vector<std::jthread> threads; // a head behind a network may let us wait
    for (std::size_t i = 0; i < heads.size(); ++i) {
        if (heads.at(i) == nullptr)
            surveys[i].away = *heads.why_not(i);
        else
            threads.emplace_back([&, i] { there[i] = look_at(*heads.at(i), surveys[i]); });
    }
    return there;
}

} // namespace

std::optional<std::size_t> Survey::weakest() const {
    const auto first = std::ranges::find_if(packs_with, [](auto count) { return count != 0; });
    if (first == packs_with.end()) return std::nullopt;
    return static_cast<std::size_t>(first - packs_with.begin());
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
    const auto there = look_at_all(heads, out.heads);
    for (const auto& pack : packs) {
        std::size_t good = 0;
        for (unsigned i = 0; i < pack.code.n; ++i) {
            const auto at = heads.head_of(i);
            out.heads[at].wanted += 1;
            if (there[at].contains(pack.segments[i]))
                good += 1;
            else
                out.heads[at].missing += 1;
        }
        if (out.packs_with.size() <= pack.code.n) out.packs_with.resize(pack.code.n + 1U);
        out.packs_with[good] += 1;
    }
    return out;
}

} // namespace torgo::repo
