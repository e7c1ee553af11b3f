#include "repo/check.hpp"
#include "repo/danger.hpp"
#include "repo/head_set.hpp"
#include "repo/limits.hpp"
#include "repo/members.hpp"
#include "repo/pace.hpp"
#include "repo/pack_list.hpp"
#include "repo/repository.hpp"
#include "repo/root_judge.hpp"
#include "segment/rebuild.hpp"
#include "segment/regenerate.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_set>

namespace torgo::repo {

namespace {

/// After so many tries that did not serve, the rest of a heal does without combinations.
constexpr unsigned spoilt_max = 3;

/// By segment; none for those that are not made.
using Writers = std::vector<std::unique_ptr<head::SegmentWriter>>;

/// Whether the slower way may do what failed: where something was damaged, or a link broke.
bool may_mend(Errc code) {
    return code == Errc::corrupt || code == Errc::too_few_heads || code == Errc::unavailable ||
           code == Errc::timeout;
}

class Heal {
public:
    Heal(Repository& repository, const HealOptions& options, HealProgress& progress)
        : m_repository(repository),
          m_heads(repository.heads()),
          m_options(options),
          m_progress(progress),
          m_pace(*repository.world().clock, options.bytes_a_second, options.stop),
          m_judge(repository.heads(), repository.descriptor(),
                  repository.place().root_fingerprint) {}

    Result<HealReport> run();

private:
    Result<> bring_back_heads();
    void name_lost_members(std::size_t head);
    bool counts_as_lost(unsigned segment) const;
    Result<> heal_roots();
    Result<> heal_root(const std::string& name);

    struct LackingPlace {
        head::Head* place;
        std::size_t head;
        bool has_bad; ///< a bad copy is in the way
    };

    /// What the heads say of a root.
    struct FoundRoot {
        std::optional<Bytes> content;      ///< a good copy
        std::set<std::size_t> asked;       ///< heads that said whether they have it
        std::set<std::size_t> having;      ///< heads with a good copy
        bool for_some = false;             ///< it need not be on all heads
        std::vector<LackingPlace> lacking; ///< of the heads that are wanted
    };

    FoundRoot find_root(const std::string& name);
    static bool may_be_whole(const head::Head& place, Errc code);
    void leave_alone(head::Head& place, std::size_t head, const std::string& name,
                     const Error& reason);
    bool is_meant_for(std::size_t head, const FoundRoot& found) const;
    void heal_pack(const ListedPack& listed);
    Result<std::uint64_t> rebuild(const segment::PackInfo& pack, const SegmentStates& states,
                                  const std::vector<unsigned>& wanted);
    Result<> rebuild_as_it_comes(const segment::PackInfo& pack,
                                 const std::vector<unsigned>& wanted);
    Result<> rebuild_verified(const segment::PackInfo& pack, const SegmentStates& states,
                              const std::vector<unsigned>& wanted);
    Result<> keep_all(const segment::PackInfo& pack, const SegmentStates& states,
                      std::vector<unsigned> made, const Writers& writers);
    Result<> keep(const segment::PackInfo& pack, unsigned index, head::SegmentWriter& writer);
    bool may_stream(const segment::PackInfo& pack) const;
    Result<std::uint64_t> make(const segment::PackInfo& pack, const SegmentStates& states,
                               const std::vector<unsigned>& wanted);
    bool can_combine(const segment::PackInfo& pack, const SegmentStates& states,
                     const std::vector<unsigned>& wanted) const;
    Result<bool> regenerate(const segment::PackInfo& pack, unsigned lost);
    bool wanted(std::size_t head) const {
        return m_options.head < 0 || static_cast<std::size_t>(m_options.head) == head;
    }
    void problem(std::string sentence, Errc code = Errc::corrupt) {
        const std::lock_guard lock(m_mutex);
        m_report.out_of_space = m_report.out_of_space || code == Errc::no_space;
        if (m_report.problems.size() < limits::notes_max)
            m_report.problems.push_back(std::move(sentence));
    }

    void unmade(std::string sentence, Errc code) {
        problem(std::move(sentence), code);
        const std::lock_guard lock(m_mutex);
        m_report.unmade += 1;
    }

    Repository& m_repository;
    HeadSet& m_heads;
    const HealOptions& m_options;
    HealProgress& m_progress;
    Pace m_pace;
    RootJudge m_judge;
    /// Tries that helpers spoilt: each costs more than it was to save, so there are few.
    std::atomic<unsigned> m_spoilt = 0;
    std::atomic<std::uint64_t> m_bytes_fetched = 0; ///< to make segments from
    std::mutex m_mutex;
    HealReport m_report;
    std::unordered_set<const head::Head*> m_away; ///< members that need not be asked again
};

/// Only the head that was named is made anew: a disk that is merely not mounted must not be
/// replaced by a folder on another disk.
Result<> Heal::bring_back_heads() {
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        if (!wanted(i)) continue;
        const auto number = std::to_string(i + 1);
        const bool group = m_heads.at(i) != nullptr && !m_heads.at(i)->members().empty();
        if (m_heads.at(i) != nullptr && !group) continue;
        if (group && m_options.moved_from.empty()) {
            if (m_options.head < 0) name_lost_members(i);
            continue;
        }
        if (m_options.head >= 0) { // of a group: the members that are new
            CHECK_OK_WITH("making head " + number + " anew",
                          m_heads.recreate(i, {.repository = m_repository.descriptor().id,
                                               .owner = m_repository.descriptor().owner(),
                                               .former = m_options.moved_from}));
            continue;
        }
        problem("head " + number + " cannot be used (" + m_heads.why_not(i)->detail() +
                "); if it is lost for good: torgo heal " + number);
    }
    return {};
}

/// Members are like heads: what may come back is left alone, and what a person calls lost by naming
/// its head is rebuilt onto the others. CLI-25
void Heal::name_lost_members(std::size_t head) {
    for (const auto& member : look_at_members(*m_heads.at(head)))
        if (member.away && m_away.insert(member.head).second)
            problem("member " + member.head->uri() + " of head " + std::to_string(head + 1) +
                    " cannot be used (" + member.away->detail() +
                    "); if it is lost for good: torgo heal " + std::to_string(head + 1));
}

/// Whether a root may be whole though it could not be read: then it stays as it is. A folder that
/// cannot read its disk, and a place that says so, have lost it.
bool Heal::may_be_whole(const head::Head& place, Errc code) {
    if (code == Errc::not_found || code == Errc::corrupt) return false;
    return code != Errc::io || place.is_distant();
}

/// What a person called lost by naming its head need not be named again.
void Heal::leave_alone(head::Head& place, std::size_t head, const std::string& name,
                       const Error& reason) {
    const bool away = is_away(reason);
    if (away) m_away.insert(&place);
    const bool in_group = !m_heads.at(head)->members().empty();
    if (!wanted(head) || (away && in_group && m_options.head >= 0)) return;
    problem(place.uri() + ": " + name + " could not be looked at: " + reason.detail(),
            reason.code());
}

Heal::FoundRoot Heal::find_root(const std::string& name) {
    FoundRoot found;
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        if (m_heads.at(i) == nullptr) continue;
        for (auto* const place : places_of_roots(*m_heads.at(i))) {
            if (found.content && !wanted(i) && !found.for_some) break;
            if (m_away.contains(place)) continue;
            auto read = place->get_root(name);
            if (!read && may_be_whole(*place, read.error().code())) {
                leave_alone(*place, i, name, read.error());
                continue;
            }
            found.asked.insert(i);
            if (read && m_judge.good(name, *read)) {
                found.having.insert(i);
                found.for_some = is_for_some_heads(name, *read);
                if (!found.content) found.content = *std::move(read);
                continue;
            }
            const bool absent = !read && read.error().code() == Errc::not_found;
            if (wanted(i)) found.lacking.push_back({place, i, !absent});
        }
    }
    if (found.for_some)
        std::erase_if(found.lacking, [&](const auto& one) {
            return !one.has_bad && !is_meant_for(one.head, found);
        });
    return found;
}

/// A right is not given to more heads than its owner gave it to. A head that was named may have
/// lost it: it gets what all the others have. REPO-39
bool Heal::is_meant_for(std::size_t head, const FoundRoot& found) const {
    if (found.having.contains(head)) return true; // on another member
    if (m_options.head < 0) return false;
    auto others = found.asked;
    others.erase(head);
    const auto enough = std::max<std::size_t>(2, m_repository.descriptor().heads_to_restore());
    return others == found.having && others.size() >= enough;
}

Result<> Heal::heal_root(const std::string& name) {
    const auto [content, asked, having, for_some, lacking] = find_root(name);
    if (lacking.empty()) return {};
    if (!content) {
        problem(name + " has no good copy on any head");
        return {};
    }
    CHECK_OK(m_pace.wait_for(content->size()));
    for (const auto& [place, head, has_bad] : lacking) {
        Result<> done; // immutable names are not overwritten; what is not there, not removed
        if (has_bad) done = place->remove_root(name);
        if (done) done = place->put_root(name, *content);
        if (done)
            m_report.roots_copied += 1;
        else
            unmade(place->uri() + ": " + name + ": " + done.error().detail(), done.error().code());
    }
    return {};
}

Result<> Heal::heal_roots() {
    TRY(const auto names, m_heads.list_roots("", [this](std::size_t head, const Error& reason) {
        if (reason.code() == Errc::limit_exceeded)
            problem("head " + std::to_string(head + 1) + ": " + reason.detail());
    }));
    for (const auto& name : names) {
        if (m_options.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
        if (RootJudge::knows(name)) CHECK_OK(heal_root(name));
    }
    return {};
}

/// A damaged segment of the right size would be kept by commit.
Result<> Heal::keep(const segment::PackInfo& pack, unsigned index, head::SegmentWriter& writer) {
    const auto head = m_heads.head_of(index);
    CHECK_OK(m_heads.at(head)->remove_segment(pack.segments[index]));
    return writer.commit_beside(pack.segments[index], m_heads.slots_on(head, pack));
}

/// Whether one segment is lost of a pack whose others can be combined where they are: on nodes. Of
/// folders two whole segments are less to read than three halves, which are reckoned from three
/// whole ones.
bool Heal::can_combine(const segment::PackInfo& pack, const SegmentStates& states,
                       const std::vector<unsigned>& wanted) const {
    if (!pack.code.regenerates() || m_spoilt >= spoilt_max) return false;
    if (wanted.size() != 1 || !states.away.empty() ||
        states.missing.size() + states.corrupt.size() != 1)
        return false;
    for (unsigned i = 0; i < pack.code.n; ++i) {
        const auto* const head = m_heads.at(m_heads.head_of(i));
        if (i != wanted.front() && (head == nullptr || !head->is_distant())) return false;
    }
    return true;
}

/// Makes a segment from what the three others give of themselves.
///
/// out     false when one of them gave nothing, or something wrong: there is another way
/// errors  `cancelled`, those of the head that is to keep it
Result<bool> Heal::regenerate(const segment::PackInfo& pack, unsigned lost) {
    auto* const home = m_heads.at(m_heads.head_of(lost));
    TRY(const auto writer, home->begin_segment(pack.segment_file_size()));
    Result<> kept;
    const auto made = segment::regenerate(
        pack, m_repository.descriptor().id, lost,
        [&](unsigned index, std::uint64_t first, std::uint8_t factor, ByteSpan out) -> Result<> {
            CHECK_OK(m_pace.wait_for(out.size()));
            auto* const head = m_heads.at(m_heads.head_of(index));
            CHECK_OK(head->read_combined(pack.segments[index], first, factor, out));
            m_bytes_fetched += out.size();
            return {};
        },
        [&](unsigned, ByteView bytes) { return kept = writer->append(bytes); });
    if (made) kept = keep(pack, lost, *writer);
    if (!kept) return std::unexpected(std::move(kept).error());
    if (!made && made.error().code() == Errc::cancelled) return std::unexpected(made.error());
    if (!made) m_spoilt += 1;
    return made.has_value();
}

/// Whether segments can be sent while they are made: a writer then has a connection to its head,
/// which must not wait for another to the same head. That is so when one head alone is written to,
/// and nothing of the pack is read there.
bool Heal::may_stream(const segment::PackInfo& pack) const {
    return m_options.head >= 0 && pack.code.n <= m_heads.size();
}

/// All at once: the others are read from whichever answer first, and what comes out goes to its
/// head under the name that it had. Nothing is verified but that name.
Result<> Heal::rebuild_as_it_comes(const segment::PackInfo& pack,
                                   const std::vector<unsigned>& wanted) {
    Writers writers(pack.code.n);
    for (const auto i : wanted) {
        auto& home = *m_heads.at(m_heads.head_of(i));
        TRY(writers[i], may_stream(pack)
                            ? home.begin_named(pack.segments[i], pack.segment_file_size())
                            : home.begin_segment(pack.segment_file_size()));
    }
    PacedFetcher fetcher(m_heads.fetcher(pack), m_pace);
    CHECK_OK(segment::rebuild_unverified(
        pack, m_repository.descriptor().id, wanted, fetcher,
        [&](unsigned index, ByteView bytes) { return writers[index]->append(bytes); }));
    for (const auto i : wanted)
        CHECK_OK(writers[i]->commit_beside(pack.segments[i],
                                           m_heads.slots_on(m_heads.head_of(i), pack)));
    return {};
}

/// One after the other, and slower; it finds out which cells are damaged and does with the others.
Result<> Heal::rebuild_verified(const segment::PackInfo& pack, const SegmentStates& states,
                                const std::vector<unsigned>& wanted) {
    Writers writers(pack.code.n);
    for (const auto i : wanted) {
        TRY(writers[i], m_heads.at(m_heads.head_of(i))->begin_segment(pack.segment_file_size()));
    }
    const auto fetch = [&, from = m_heads.fetch(pack)](unsigned index, std::uint64_t offset,
                                                       ByteSpan out) -> Result<> {
        CHECK_OK(m_pace.wait_for(out.size()));
        return from(index, offset, out);
    };
    segment::SegmentMask damaged = 0;
    for (const auto i : states.corrupt)
        damaged |= segment::mask_of(i);
    CHECK_OK(segment::rebuild(
        pack, m_repository.descriptor().id, wanted, fetch,
        [&](unsigned index, ByteView bytes) { return writers[index]->append(bytes); }, damaged));
    return keep_all(pack, states, wanted, writers);
}

/// What takes nobody's place comes first: it is durable before anything damaged is removed, whose
/// other cells may be the last of their stripe. One that fails does not hold the rest up.
Result<> Heal::keep_all(const segment::PackInfo& pack, const SegmentStates& states,
                        std::vector<unsigned> made, const Writers& writers) {
    const auto damaged = std::ranges::stable_partition(
        made, [&](unsigned i) { return !std::ranges::contains(states.corrupt, i); });
    Result<> all;
    for (auto at = made.begin(); at != made.end(); ++at) {
        if (at == damaged.begin() && !all) return all;
        auto kept = keep(pack, *at, *writers[*at]);
        if (!kept && all) all = std::move(kept);
    }
    return all;
}

/// A damaged segment stays where it is until what replaces it is whole, so it goes the second way.
Result<std::uint64_t> Heal::rebuild(const segment::PackInfo& pack, const SegmentStates& states,
                                    const std::vector<unsigned>& wanted) {
    Result<> done = fail(Errc::corrupt, "");
    if (states.corrupt.empty()) done = rebuild_as_it_comes(pack, wanted);
    if (!done && may_mend(done.error().code())) done = rebuild_verified(pack, states, wanted);
    if (!done) return std::unexpected(std::move(done).error());
    m_bytes_fetched += pack.segment_payload_size() * pack.code.k;
    return pack.segment_file_size() * wanted.size();
}

Result<std::uint64_t> Heal::make(const segment::PackInfo& pack, const SegmentStates& states,
                                 const std::vector<unsigned>& wanted) {
    if (can_combine(pack, states, wanted)) {
        TRY(const bool made, regenerate(pack, wanted.front()));
        if (made) return pack.segment_file_size();
    }
    return rebuild(pack, states, wanted);
}

/// What cannot be found on the members of a group that are there: lost, once its head was named.
bool Heal::counts_as_lost(unsigned segment) const {
    const auto at = m_heads.head_of(segment);
    return m_options.head >= 0 && m_heads.at(at) != nullptr && !m_heads.at(at)->members().empty();
}

void Heal::heal_pack(const ListedPack& listed) {
    const auto& pack = listed.info;
    const auto& repo = m_repository.descriptor().id;
    auto states =
        inspect_segments(m_heads, repo, pack, m_options.read_data, m_options.head, listed.absent);
    const auto lost = std::ranges::stable_partition(
        states.away, [this](unsigned i) { return !counts_as_lost(i); });
    states.missing.insert(states.missing.end(), lost.begin(), lost.end());
    states.away.erase(lost.begin(), lost.end());
    std::vector<unsigned> wanted_segments;
    for (const auto* list : {&states.missing, &states.corrupt})
        for (const auto i : *list)
            if (wanted(m_heads.head_of(i))) wanted_segments.push_back(i);
    std::ranges::sort(wanted_segments);
    Result<std::uint64_t> done = std::uint64_t{0};
    if (!wanted_segments.empty()) done = make(pack, states, wanted_segments);
    if (!done)
        unmade("pack " + pack.id(repo).hex() + ": " + done.error().detail(), done.error().code());
    const std::lock_guard lock(m_mutex);
    m_report.segments_checked += states.looked - states.away.size();
    m_report.segments_corrupt += states.corrupt.size();
    m_report.bytes_read += states.bytes_read;
    if (!done || *done == 0) return;
    m_report.segments_rebuilt += wanted_segments.size();
    m_report.bytes_rebuilt += *done;
    m_progress.bytes_done += *done;
}

Result<HealReport> Heal::run() {
    if (m_options.head >= static_cast<int>(m_heads.size()))
        return fail(Errc::invalid_argument,
                    "the repository has " + std::to_string(m_heads.size()) + " heads");
    CHECK_OK(bring_back_heads());
    CHECK_OK(heal_roots());
    TRY(auto listed, list_packs(m_heads, m_repository.descriptor(),
                                [&](const std::string& batch, const Error& reason) {
                                    problem(batch + " is not authentic: " + reason.detail());
                                }));
    const auto packs = most_endangered_first(m_heads, std::move(listed));
    for (const auto& pack : packs)
        m_progress.segments_total += pack.info.code.n;
    std::atomic<std::size_t> next{0};
    {
        const auto threads = m_options.threads != 0 ? m_options.threads : m_heads.reading_threads();
        std::vector<std::jthread> pool;
        for (unsigned t = 0; t < threads; ++t)
            pool.emplace_back([&] {
                while (!m_options.stop.stop_requested()) {
                    const auto i = next.fetch_add(1);
                    if (i >= packs.size()) break;
                    heal_pack(packs[i]);
                    m_progress.segments_done += packs[i].info.code.n;
                }
            });
    }
    if (m_options.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
    m_report.bytes_read += m_bytes_fetched;
    return std::move(m_report);
}

} // namespace

Result<HealReport> heal(Repository& repository, const HealOptions& options,
                        HealProgress& progress) {
    return Heal(repository, options, progress).run();
}

} // namespace torgo::repo
