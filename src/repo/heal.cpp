#include "repo/certificates.hpp"
#include "repo/check.hpp"
#include "repo/head_set.hpp"
#include "repo/limits.hpp"
#include "repo/pack_list.hpp"
#include "repo/repository.hpp"
#include "repo/signing.hpp"
#include "repo/snapshot_record.hpp"
#include "segment/rebuild.hpp"

#include <algorithm>
#include <mutex>
#include <thread>

namespace torgo::repo {

namespace {

class Heal {
public:
    Heal(Repository& repository, const HealOptions& options, HealProgress& progress)
        : m_repository(repository),
          m_heads(repository.heads()),
          m_options(options),
          m_progress(progress),
          m_certificates(repository.heads(), repository.descriptor()) {}

    Result<HealReport> run();

private:
    Result<> bring_back_heads();
    Result<> heal_roots();
    Result<> heal_root(const std::string& name);
    bool good(const std::string& name, ByteView content) const;
    bool signed_snapshot(ByteView content) const;
    bool signed_for_nodes(const std::string& name, ByteView content) const;
    static bool known_kind(const std::string& name);
    void heal_pack(const segment::PackInfo& pack);
    Result<std::uint64_t> rebuild(const segment::PackInfo& pack,
                                  const std::vector<unsigned>& wanted);
    bool wanted(std::size_t head) const {
        return m_options.head < 0 || static_cast<std::size_t>(m_options.head) == head;
    }
    void problem(std::string sentence) {
        const std::lock_guard lock(m_mutex);
        if (m_report.problems.size() < limits::notes_max)
            m_report.problems.push_back(std::move(sentence));
    }

    Repository& m_repository;
    HeadSet& m_heads;
    const HealOptions& m_options;
    HealProgress& m_progress;
    mutable Certificates m_certificates;
    std::mutex m_mutex;
    HealReport m_report;
};

/// Only the head that was named is made anew: a disk that is merely not mounted must not be
/// replaced by a folder on another disk.
Result<> Heal::bring_back_heads() {
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        if (m_heads.at(i) != nullptr || !wanted(i)) continue;
        const auto number = std::to_string(i + 1);
        if (m_options.head >= 0) {
            CHECK_OK_WITH("making head " + number + " anew",
                          m_heads.recreate(i, m_repository.descriptor().id,
                                           m_repository.descriptor().owner()));
            continue;
        }
        problem("head " + number + " cannot be used (" + m_heads.why_not(i)->detail() +
                "); if it is lost for good: torgo heal " + number);
    }
    return {};
}

/// Whether the content of a root can be trusted without any key (REPO-39).
bool Heal::good(const std::string& name, ByteView content) const {
    const auto& descriptor = m_repository.descriptor();
    if (name == "descriptor") {
        const auto read = decode_descriptor(content, m_repository.place().root_fingerprint);
        return read && read->generation == descriptor.generation;
    }
    if (name.starts_with("writer-")) {
        const auto read = read_certificate(content, descriptor);
        return read && writer_root_name(read->id) == name;
    }
    if (!fits_name(name, content)) return false;
    if (name.starts_with("batch-"))
        return SignedBatches(m_heads, descriptor).check(content).has_value();
    if (name.starts_with("snapshot-")) return signed_snapshot(content);
    if (name.starts_with("capability-") || name.starts_with("revocation-"))
        return signed_for_nodes(name, content);
    if (name.starts_with(key_root_prefix))
        return inspect_slot(content, descriptor.id, nullptr).has_value();
    return false;
}

bool Heal::signed_snapshot(ByteView content) const {
    const auto frame = decode_snapshot_frame(content);
    if (!frame || frame->repo != m_repository.descriptor().id) return false;
    const auto writer = m_certificates.find(frame->writer);
    return writer && check_signature(crypto::SignatureScheme::ml_dsa_65, snapshot_context, content,
                                     (*writer)->record_public);
}

/// docs/spec/peer-protocol.md 4.2: what a node believes of who may do what.
bool Heal::signed_for_nodes(const std::string& name, ByteView content) const {
    const auto* const context =
        name.starts_with("capability-") ? "torgo/capability/1" : "torgo/revocation/1";
    return check_signature(crypto::SignatureScheme::ml_dsa_87, context, content,
                           m_repository.descriptor().root_ml_dsa)
        .has_value();
}

/// Roots of kinds that this version does not know are left to the version that does.
bool Heal::known_kind(const std::string& name) {
    for (const auto* prefix :
         {"descriptor", "writer-", "batch-", "snapshot-", "key-", "capability-", "revocation-"})
        if (name.starts_with(prefix)) return true;
    return false;
}

Result<> Heal::heal_root(const std::string& name) {
    std::optional<Bytes> content;
    std::vector<std::size_t> lacking;
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        if (m_heads.at(i) == nullptr) continue;
        auto read = m_heads.at(i)->get_root(name);
        if (read && good(name, *read)) {
            if (!content) content = *std::move(read);
            continue;
        }
        if (wanted(i)) lacking.push_back(i);
    }
    if (lacking.empty()) return {};
    if (!content) {
        problem(name + " has no good copy on any head");
        return {};
    }
    for (const auto i : lacking) {
        auto done = m_heads.at(i)->remove_root(name); // immutable names are not overwritten
        if (done) done = m_heads.at(i)->put_root(name, *content);
        if (done)
            m_report.roots_copied += 1;
        else
            problem(m_heads.uri(i) + ": " + name + ": " + done.error().detail());
    }
    return {};
}

Result<> Heal::heal_roots() {
    TRY(const auto names, m_heads.list_roots(""));
    for (const auto& name : names) {
        if (m_options.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
        if (known_kind(name)) CHECK_OK(heal_root(name));
    }
    return {};
}

Result<std::uint64_t> Heal::rebuild(const segment::PackInfo& pack,
                                    const std::vector<unsigned>& wanted) {
    std::vector<std::unique_ptr<head::SegmentWriter>> writers(pack.code.n);
    for (const auto i : wanted) {
        TRY(writers[i], m_heads.at(m_heads.head_of(i))->begin_segment(pack.segment_file_size()));
    }
    CHECK_OK(segment::rebuild(
        pack, m_repository.descriptor().id, wanted, m_heads.fetch(pack),
        [&](unsigned index, ByteView bytes) { return writers[index]->append(bytes); }));
    for (const auto i : wanted) {
        // A damaged segment of the right size would be kept by commit.
        CHECK_OK(m_heads.at(m_heads.head_of(i))->remove_segment(pack.segments[i]));
        CHECK_OK(writers[i]->commit(pack.segments[i]));
    }
    return pack.segment_file_size() * wanted.size();
}

void Heal::heal_pack(const segment::PackInfo& pack) {
    const auto& repo = m_repository.descriptor().id;
    const auto states = inspect_segments(m_heads, repo, pack, m_options.read_data);
    std::vector<unsigned> wanted_segments;
    for (const auto* list : {&states.missing, &states.corrupt})
        for (const auto i : *list)
            if (wanted(m_heads.head_of(i))) wanted_segments.push_back(i);
    std::ranges::sort(wanted_segments);
    Result<std::uint64_t> done = std::uint64_t{0};
    if (!wanted_segments.empty()) done = rebuild(pack, wanted_segments);
    if (!done) problem("pack " + pack.id(repo).hex() + ": " + done.error().detail());
    const std::lock_guard lock(m_mutex);
    m_report.segments_checked += pack.code.n - states.away.size();
    m_report.segments_corrupt += states.corrupt.size();
    m_report.bytes_read += states.bytes_read;
    if (!done || *done == 0) return;
    m_report.segments_rebuilt += wanted_segments.size();
    m_report.bytes_rebuilt += *done;
    m_report.bytes_read += pack.segment_payload_size() * pack.code.k;
    m_progress.bytes_done += *done;
}

Result<HealReport> Heal::run() {
    if (m_options.head >= static_cast<int>(m_heads.size()))
        return fail(Errc::invalid_argument,
                    "the repository has " + std::to_string(m_heads.size()) + " heads");
    CHECK_OK(bring_back_heads());
    CHECK_OK(heal_roots());
    TRY(const auto packs, list_packs(m_heads, m_repository.descriptor(),
                                     [&](const std::string& batch, const Error& reason) {
                                         problem(batch + " is not authentic: " + reason.detail());
                                     }));
    for (const auto& pack : packs)
        m_progress.segments_total += pack.code.n;
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
                    m_progress.segments_done += packs[i].code.n;
                }
            });
    }
    if (m_options.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
    return std::move(m_report);
}

} // namespace

Result<HealReport> heal(Repository& repository, const HealOptions& options,
                        HealProgress& progress) {
    return Heal(repository, options, progress).run();
}

} // namespace torgo::repo
