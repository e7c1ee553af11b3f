#include "repo/sync.hpp"

#include "repo/batch.hpp"
#include "repo/descriptor.hpp"
#include "repo/head_set.hpp"
#include "segment/stream_verify.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

namespace torgo::repo {

namespace {

constexpr std::size_t names_a_page = 1024;
constexpr std::size_t sent_at_once = 1_MiB;

/// What became of one segment or record.
enum class Fate : std::uint8_t { sent, there, damaged, gone };

/// Carries one head's share.
class Carrier {
public:
    Carrier(const head::Opener& opener, const Place& place, std::size_t index, head::Head& part,
            const std::stop_token& stop, SyncProgress& progress)
        : m_opener(opener),
          m_place(place),
          m_index(index),
          m_part(part),
          m_stop(stop),
          m_progress(progress) {}

    /// First the keys of writers, which commit nothing, then the segments.
    void carry_segments(HeadSync& report) {
        auto done = open();
        if (done) done = look_at_roots();
        if (done) done = carry_roots("writer-", report);
        if (done) done = carry_all_segments(report);
        if (!done) m_why = std::move(done).error();
    }

    /// What makes the segments part of the repository; only after all of this head's segments.
    void carry_commit(HeadSync& report) {
        if (m_why) return;
        auto done = carry_roots("batch-", report);
        if (done) done = carry_roots("snapshot-", report);
        if (done) done = forget_damaged();
        if (!done) m_why = std::move(done).error();
    }

    const std::optional<Error>& why() const { return m_why; }

    bool found_damaged(const SegmentId& id) const { return m_damaged.contains(id); }

    bool found_damage() const { return !m_damaged.empty(); }

    /// Whether nothing waits that this head could still be given.
    Result<bool> has_its_share() const {
        TRY(const auto left, m_part.list_segments(SegmentId{}, m_damaged.size() + 1));
        return std::ranges::all_of(left, [this](const auto& id) { return found_damaged(id); });
    }

private:
    Result<> open() {
        const auto& uri = m_place.heads[m_index];
        if (uri == unknown_head)
            return fail(Errc::unavailable, "the place of this head is not known");
        TRY(m_head, m_opener.open(uri));
        m_cancel.emplace(m_stop, [head = m_head.get()] { head->cancel(); });
        CHECK_OK(m_head->probe());
        TRY(const auto status, m_head->status());
        if (status.repository == m_place.id && status.index == m_index) return {};
        return fail(Errc::invalid_argument, uri + " is head " + std::to_string(status.index + 1) +
                                                " of repository " + status.repository.hex());
    }

    /// Before the segments: what a backup adds meanwhile may name segments that come after.
    Result<> look_at_roots() {
        TRY(m_roots, m_part.list_roots(""));
        return {};
    }

    Result<> carry_all_segments(HeadSync& report) {
        SegmentId after{};
        while (true) {
            TRY(const auto page, m_part.list_segments(after, names_a_page));
            if (page.empty()) return {};
            for (const auto& id : page) {
                if (m_stop.stop_requested()) return fail(Errc::cancelled, "stopped");
                CHECK_OK(carry_one(id, report));
            }
            after = page.back();
        }
    }

    Result<> carry_one(const SegmentId& id, HeadSync& report) {
        const auto size = m_part.segment_size(id);
        if (!size && size.error().code() == Errc::not_found) return {}; // another sync was faster
        if (!size) return std::unexpected(size.error());
        TRY(const auto fate, carry(id, *size));
        report.segments_sent += fate == Fate::sent ? 1U : 0U;
        report.bytes_sent += fate == Fate::sent ? *size : 0U;
        report.segments_there += fate == Fate::there ? 1U : 0U;
        report.damaged += fate == Fate::damaged ? 1U : 0U;
        m_progress.segments_done += 1;
        m_progress.bytes_done += *size;
        if (fate == Fate::damaged) m_damaged.insert(id); // stays until no commit depends on it
        if (fate == Fate::gone || fate == Fate::damaged) return {};
        return m_part.remove_segment(id); // SPOOL-9: the head has it, or it is of no use
    }

    /// A head behind a network is asked first; a folder finds out while it commits, and then also
    /// makes durable what another process has only just put there. A group of which a member is
    /// away cannot say that it has not got it, and takes it all the same.
    Result<Fate> carry(const SegmentId& id, std::uint64_t size) {
        const auto found = m_head->segment_size(id);
        const bool there = found && *found == size;
        if (!found && !may_send_after(found.error().code())) return std::unexpected(found.error());
        if (there && m_head->is_distant()) return Fate::there;
        TRY(const auto fate, send(id, size));
        return fate == Fate::sent && there ? Fate::there : fate;
    }

    bool may_send_after(Errc code) const {
        if (code == Errc::not_found || code == Errc::corrupt) return true;
        return code != Errc::cancelled && !m_head->members().empty();
    }

    // SPOOL-10
    Result<Fate> send(const SegmentId& id, std::uint64_t size) {
        auto verifier = segment::StreamVerifier::begin(size);
        if (!verifier) return Fate::damaged;
        TRY(const auto writer, m_head->begin_segment(size));
        Bytes buffer(std::min<std::uint64_t>(size, sent_at_once));
        for (std::uint64_t at = 0; at < size; at += buffer.size()) {
            const auto part =
                ByteSpan(buffer).first(std::min<std::uint64_t>(buffer.size(), size - at));
            const auto read = m_part.read_segment(id, at, part);
            if (!read && read.error().code() == Errc::not_found) return Fate::gone;
            if (!read && read.error().code() == Errc::corrupt) return Fate::damaged;
            CHECK_OK(read);
            if (!verifier->write(part)) return Fate::damaged;
            CHECK_OK(writer->append(part));
        }
        if (!verifier->finish(id)) return Fate::damaged;
        CHECK_OK(writer->commit(id));
        return Fate::sent;
    }

    Result<> carry_roots(const std::string& prefix, HeadSync& report) {
        for (const auto& name : m_roots) {
            if (!name.starts_with(prefix)) continue;
            if (m_stop.stop_requested()) return fail(Errc::cancelled, "stopped");
            const auto content = m_part.get_root(name);
            if (!content && content.error().code() == Errc::not_found) continue;
            CHECK_OK(content);
            if (fits_name(name, *content)) {
                CHECK_OK(m_head->put_root(name, *content));
                report.roots_sent += 1;
            } else {
                report.damaged += 1;
            }
            CHECK_OK(m_part.remove_root(name));
        }
        return {};
    }

    /// SPOOL-10: after the commit, for which the next run would otherwise not know of them.
    Result<> forget_damaged() {
        for (const auto& id : m_damaged)
            CHECK_OK(m_part.remove_segment(id));
        return {};
    }

    const head::Opener& m_opener;
    const Place& m_place;
    const std::size_t m_index;
    head::Head& m_part;
    const std::stop_token& m_stop;
    SyncProgress& m_progress;
    std::unique_ptr<head::Head> m_head;
    std::vector<std::string> m_roots; ///< that waited when we began
    std::set<SegmentId> m_damaged;    ///< in the part, of no use to the head
    std::optional<Error> m_why;
    /// Ends a call that waits for the head; before the head.
    std::optional<std::stop_callback<std::function<void()>>> m_cancel;
};

/// All heads, a thread each.
class Sync {
public:
    Sync(const head::Opener& opener, const Place& place, head::Spool& spool, std::stop_token stop,
         SyncProgress& progress)
        : m_opener(opener),
          m_place(place),
          m_spool(spool),
          m_stop(std::move(stop)),
          m_progress(progress) {
        for (std::size_t i = 0; i < spool.size(); ++i)
            m_carriers.push_back(
                std::make_unique<Carrier>(opener, place, i, spool.part(i), m_stop, progress));
        m_report.heads.resize(spool.size());
    }

    Result<SyncReport> run() {
        TRY(const auto waits, look());
        if (!waits) return m_report;
        TRY(m_report.needed, needed());
        for_each_waiting([&](std::size_t i) { m_carriers[i]->carry_segments(m_report.heads[i]); });
        TRY(const auto complete, heads_with_their_share());
        m_report.held = complete < m_report.needed;
        CHECK_OK(hold_for_damage());
        if (!m_report.held) // SPOOL-8
            for_each_waiting(
                [&](std::size_t i) { m_carriers[i]->carry_commit(m_report.heads[i]); });
        for (std::size_t i = 0; i < m_spool.size(); ++i) {
            TRY(m_report.heads[i].waiting, m_spool.waiting(i));
            m_report.heads[i].why = m_carriers[i]->why();
        }
        if (m_stop.stop_requested()) return fail(Errc::cancelled, "stopped; the rest still waits");
        return m_report;
    }

private:
    /// Whether anything waits at all.
    Result<bool> look() {
        bool any = false;
        for (std::size_t i = 0; i < m_spool.size(); ++i) {
            TRY(const auto waiting, m_spool.waiting(i));
            m_waits.push_back(!waiting.none());
            any = any || m_waits.back();
            m_progress.segments_total += waiting.segments;
            m_progress.bytes_total += waiting.bytes;
        }
        return any;
    }

    /// As many as a backup needs (docs/design/min-heads.md).
    Result<std::size_t> needed() const {
        auto descriptor = descriptor_of(m_spool.mirror());
        for (std::size_t i = 0; i < m_spool.size() && !descriptor; ++i) {
            const auto head = m_opener.open(m_place.heads[i]);
            if (!head) continue;
            if (auto found = descriptor_of(**head)) descriptor = std::move(found);
        }
        if (!descriptor) return std::unexpected(std::move(descriptor).error());
        return descriptor->min_heads();
    }

    Result<Descriptor> descriptor_of(head::Head& head) const {
        TRY(const auto record, head.get_root("descriptor"));
        return decode_descriptor(record, m_place.root_fingerprint);
    }

    void for_each_waiting(const std::function<void(std::size_t)>& act) {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < m_spool.size(); ++i)
            if (m_waits[i]) threads.emplace_back([&act, i] { act(i); });
    }

    Result<std::size_t> heads_with_their_share() const {
        std::size_t count = 0;
        for (const auto& carrier : m_carriers) {
            TRY(const bool has, carrier->has_its_share());
            count += has ? 1U : 0U;
        }
        return count;
    }

    /// A head for which the spool damaged a segment has not got its share of that pack. (SPOOL-8)
    Result<> hold_for_damage() {
        if (std::ranges::none_of(m_carriers, [](const auto& one) { return one->found_damage(); }))
            return {};
        TRY(const auto batches, waiting_batches());
        for (const auto& [name, batch] : batches)
            for (const auto& pack : batch.packs)
                look_at(pack);
        return {};
    }

    void look_at(const segment::PackInfo& pack) {
        std::size_t damaged = 0;
        std::size_t waiting = 0;
        std::set<std::size_t> lacking;
        for (std::size_t i = 0; i < pack.segments.size(); ++i) {
            const auto head = i % m_spool.size();
            if (!m_spool.part(head).segment_size(pack.segments[i])) continue;
            lacking.insert(head);
            ++(m_carriers[head]->found_damaged(pack.segments[i]) ? damaged : waiting);
        }
        if (damaged == 0 || m_spool.size() - lacking.size() >= m_report.needed) return;
        const auto left = pack.segments.size() - damaged;
        if (left < pack.code.k) m_report.lost_packs += 1;
        // With nothing more to come, heal can do more for it than waiting.
        if (waiting != 0 || left < pack.code.k) m_report.held = true;
    }

    /// By name; of those that several parts have, one that is whole.
    Result<std::map<std::string, Batch>> waiting_batches() const {
        std::map<std::string, Batch> out;
        for (std::size_t i = 0; i < m_spool.size(); ++i) {
            auto& part = m_spool.part(i);
            TRY(const auto names, part.list_roots("batch-"));
            for (const auto& name : names) {
                if (out.contains(name)) continue;
                const auto content = part.get_root(name);
                if (!content || !fits_name(name, *content)) continue;
                if (auto batch = decode_batch(*content)) out.emplace(name, *std::move(batch));
            }
        }
        return out;
    }

    const head::Opener& m_opener;
    const Place& m_place;
    head::Spool& m_spool;
    std::stop_token m_stop;
    SyncProgress& m_progress;
    std::vector<std::unique_ptr<Carrier>> m_carriers;
    std::vector<bool> m_waits;
    SyncReport m_report;
};

} // namespace

bool SyncReport::complete() const noexcept {
    return std::ranges::all_of(heads, [](const auto& one) { return one.waiting.none(); });
}

Result<SyncReport> sync(const head::Opener& opener, const Place& place, head::Spool& spool,
                        const std::stop_token& stop, SyncProgress& progress) {
    return Sync(opener, place, spool, stop, progress).run();
}

} // namespace torgo::repo
