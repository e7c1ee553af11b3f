#include "repo/repository.hpp"

#include "base/ensure.hpp"
#include "crypto/hash.hpp"
#include "env/file_system.hpp"
#include "env/random.hpp"
#include "repo/certificates.hpp"
#include "repo/chunk_store.hpp"
#include "repo/head_set.hpp"
#include "repo/history.hpp"
#include "repo/in_order.hpp"
#include "repo/limits.hpp"
#include "repo/signing.hpp"
#include "repo/withdrawal.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace torgo::repo {

namespace {
constexpr std::size_t state_file_max = 4096;
constexpr std::size_t id_prefix_min = 4;
} // namespace

Repository::Repository(const env::World& world, Place place, LocalFolders folders, Warn warn)
    : m_world(world),
      m_place(std::move(place)),
      m_folders(std::move(folders)),
      m_warn(std::move(warn)) {}

Repository::~Repository() = default;

Result<std::unique_ptr<Repository>> Repository::open(const env::World& world,
                                                     const head::Opener& opener, Place place,
                                                     LocalFolders folders, Warn warn, Wait wait) {
    std::unique_ptr<Repository> repository(
        new Repository(world, std::move(place), std::move(folders), std::move(warn)));
    TRY(repository->m_heads, HeadSet::open(opener, repository->m_place.heads, wait));
    repository->m_heads->require_repository(repository->m_place.id);
    CHECK_OK(repository->read_descriptor());
    return repository;
}

/// The newest valid descriptor of any head: one that was away during a change is behind (REPO-6).
Result<> Repository::read_descriptor() {
    std::optional<Error> reason;
    bool found = false;
    for (std::size_t i = 0; i < m_heads->size(); ++i) {
        if (m_heads->at(i) == nullptr) {
            if (!reason) reason = *m_heads->why_not(i);
            continue;
        }
        const auto record = m_heads->at(i)->get_root("descriptor");
        auto read = record ? decode_descriptor(*record, m_place.root_fingerprint)
                           : Result<Descriptor>(std::unexpected(record.error()));
        if (read && read->id != m_place.id)
            read = fail(Errc::authentication, "the descriptor is another repository's");
        if (!read) {
            reason = read.error();
            continue;
        }
        if (!found || read->generation > m_descriptor.generation) m_descriptor = *std::move(read);
        found = true;
    }
    if (!found) return std::unexpected(*std::move(reason));
    if (m_place.heads.size() != m_descriptor.head_count())
        return fail(Errc::invalid_argument,
                    "the descriptor file names " + std::to_string(m_place.heads.size()) +
                        " heads, the repository has " + std::to_string(m_descriptor.head_count()));
    const auto needed = m_descriptor.heads_to_restore();
    if (m_heads->usable() < needed)
        return fail(Errc::too_few_heads, "only " + std::to_string(m_heads->usable()) + " of " +
                                             std::to_string(m_heads->size()) + " heads answer, " +
                                             std::to_string(needed) + " are needed" +
                                             (reason ? " (" + reason->detail() + ")" : ""));
    return {};
}

/// A slot must hold the whole of this owner's secrets: a head could put one there that anyone
/// opens. One seed proves that its maker had them; the SLH-DSA key costs 50 ms to make (REPO-11).
Result<> Repository::check_secrets(const Secrets& secrets) const {
    if (secrets.heads.size() != seal::head_count(m_descriptor.suite) || secrets.dedup.empty() ||
        secrets.root_ml_dsa.empty() || secrets.root_slh_dsa.empty())
        return fail(Errc::authentication, "the key slot does not hold all secrets");
    TRY(const auto root,
        crypto::SigningKey::from_seed(crypto::SignatureScheme::ml_dsa_87, secrets.root_ml_dsa));
    if (root.public_key() != m_descriptor.root_ml_dsa)
        return fail(Errc::authentication, "the key slot holds another owner's secrets");
    return {};
}

Result<> Repository::unlock(const Credential& credential) {
    TRY(const auto names, m_heads->list_roots(std::string(key_root_prefix)));
    std::optional<Error> reason;
    for (const auto& name : names) {
        const auto slot = m_heads->get_root(name);
        if (!slot) {
            reason = slot.error();
            continue;
        }
        auto opened = open_slot(*slot, m_place.id, credential);
        if (!opened) {
            if (opened.error().code() != Errc::wrong_password) reason = opened.error();
            continue;
        }
        if (auto fits = check_secrets(opened->secrets); !fits) { // forged, or of another epoch
            reason = std::move(fits).error().with(name);
            continue;
        }
        TRY(auto keys, opened->secrets.keys(m_descriptor.suite, m_place.id, m_descriptor.epoch));
        m_secrets = std::make_unique<Secrets>(std::move(opened->secrets));
        m_keys = std::make_unique<seal::Keys>(std::move(keys));
        m_sealer =
            std::make_unique<seal::Sealer>(*m_keys, seal::zstd_level_default, *m_world.random);
        m_current_slot = name.substr(key_root_prefix.size());
        return {};
    }
    if (reason) return std::unexpected(*std::move(reason));
    return fail(Errc::wrong_password, names.empty() ? "the repository has no key slot left"
                                                    : "no key slot opens with it");
}

Result<ChunkStore*> Repository::chunks() {
    ENSURE(unlocked());
    if (!m_chunks) {
        auto store = std::make_unique<ChunkStore>(
            *m_heads, *m_keys, m_descriptor, m_world,
            m_folders.cache.empty() ? "" : m_folders.cache + "/index", m_warn);
        CHECK_OK(store->load());
        m_chunks = std::move(store);
    }
    return m_chunks.get();
}

Result<std::unique_ptr<ChunkStore>> Repository::fresh_chunks(const Warn& warn) {
    ENSURE(unlocked());
    auto store =
        std::make_unique<ChunkStore>(*m_heads, *m_keys, m_descriptor, m_world, std::string(), warn);
    CHECK_OK(store->load());
    return store;
}

Result<std::vector<Snapshot>> Repository::fresh_snapshots(const Warn& warn) {
    m_snapshots.reset();
    const auto usual = std::exchange(m_warn, warn);
    m_verify_all = true;
    auto all = snapshots();
    m_verify_all = false;
    m_warn = usual;
    return all;
}

/// The record must outlast any two heads, like the snapshots it vouches for.
Result<> Repository::spread_writer(const WriterId& id, ByteView record) {
    return m_heads->put_root(writer_root_name(id), record, m_descriptor.min_heads());
}

Result<WriterKeys> Repository::writer() {
    ENSURE(unlocked());
    const auto file = m_folders.state + "/writer";
    if (const auto text = env::read_file(*m_world.files, file, state_file_max)) {
        const auto id = WriterId::parse(as_text(*text).substr(0, 2 * WriterId::size));
        const auto record = id ? read_writer_record(*m_heads, m_descriptor, *id)
                               : Result<Bytes>(std::unexpected(id.error()));
        if (record) {
            CHECK_OK_WITH("keeping the writer's record", spread_writer(*id, *record));
            return open_writer(*record, m_descriptor, *m_sealer);
        }
        if (record.error().code() == Errc::unavailable) return std::unexpected(record.error());
    }
    TRY(const auto root, RootKeys::from(*m_secrets));
    TRY(auto made, create_writer(m_place.id, root, *m_keys, *m_sealer, *m_world.random));
    CHECK_OK_WITH("writing the writer's record", spread_writer(made.keys.id, made.record));
    CHECK_OK(env::make_directories(*m_world.files, m_folders.state));
    CHECK_OK(env::write_file_atomically(*m_world.files, file, as_bytes(made.keys.id.hex() + "\n")));
    return std::move(made.keys);
}

Result<> Repository::remember_snapshot(const SnapshotId& id) {
    m_snapshots.reset();
    return note_last_seen(id);
}

/// A state folder that cannot be written costs this machine the warning about rollbacks, no more.
Result<> Repository::note_last_seen(const SnapshotId& id) {
    auto& files = *m_world.files;
    const auto file = m_folders.state + "/last-snapshot";
    const auto line = id.hex() + "\n";
    const auto before = env::read_file(files, file, state_file_max);
    if (before && as_text(*before) == line) return {};
    auto noted = env::make_directories(files, m_folders.state);
    if (noted) noted = env::write_file_atomically(files, file, as_bytes(line));
    if (!noted) m_warn("cannot note the last snapshot seen: " + noted.error().detail());
    return {};
}

Result<std::vector<SnapshotFrame>> Repository::read_frames() {
    TRY(const auto names,
        m_heads->list_roots("snapshot-", [this](std::size_t head, const Error& why) {
            if (why.code() == Errc::limit_exceeded)
                m_warn("head " + std::to_string(head + 1) + " is left out: " + why.detail());
        }));
    std::vector<SnapshotFrame> frames;
    std::size_t unverified = 0;
    std::size_t unusable = 0;
    const auto read = [&](std::size_t i) -> Result<SnapshotFrame> {
        TRY(const auto record, m_heads->get_root(names[i]));
        TRY(auto frame, decode_snapshot_frame(record));
        if (frame.repo != m_place.id)
            return fail(Errc::authentication, "it is another repository's");
        return frame;
    };
    in_order(names.size(), m_heads->reading_threads(), read,
             [&](std::size_t i, Result<SnapshotFrame> frame) {
                 const auto keep = frame ? may_keep(*frame, unverified)
                                         : Result<>(std::unexpected(frame.error()));
                 if (keep)
                     frames.push_back(*std::move(frame));
                 else if (++unusable <= limits::notes_max)
                     m_warn(names[i] + " cannot be used: " + keep.error().detail());
             });
    return frames;
}

/// Heads may list well-formed records that nobody signed, without end: only so many bytes wait for
/// a signature that vouches for several (REPO-29), others must have a good one of their own.
Result<> Repository::may_keep(const SnapshotFrame& frame, std::size_t& unverified) {
    const auto size = frame.record.size() + frame.sealed.size();
    if (size > limits::unverified_frames_bytes_max - unverified)
        return check_frame_signature(frame);
    unverified += size;
    return {};
}

Result<> Repository::check_frame_signature(const SnapshotFrame& frame) {
    if (!m_certificates) m_certificates = std::make_unique<Certificates>(*m_heads, m_descriptor);
    TRY(const auto* writer, m_certificates->find(frame.writer));
    TRY([[maybe_unused]] const auto body,
        check_signature(crypto::SignatureScheme::ml_dsa_65, snapshot_context, frame.record,
                        writer->record_public));
    return {};
}

/// Signatures are checked from the newest backwards; whoever is named by hash in an authentic
/// record is authentic too, so that a thousand snapshots cost a few signatures (REPO-29).
Result<std::vector<SnapshotFrame>> Repository::authentic(std::vector<SnapshotFrame> frames) {
    std::ranges::sort(frames, std::ranges::greater{}, &SnapshotFrame::counter);
    std::unordered_map<SnapshotId, const SnapshotFrame*> by_id;
    for (const auto& frame : frames)
        by_id[frame.id] = &frame;
    std::unordered_set<SnapshotId> good;
    for (const auto& frame : frames) {
        if (good.contains(frame.id)) continue;
        if (const auto signed_well = check_frame_signature(frame); !signed_well) {
            m_warn("snapshot " + frame.id.hex().substr(0, 8) +
                   " is not authentic and is left out: " + signed_well.error().detail());
            continue;
        }
        if (m_verify_all) { // check: every signature, not only the newest
            good.insert(frame.id);
            continue;
        }
        std::vector<SnapshotId> way{frame.id};
        while (!way.empty()) {
            const auto id = way.back();
            way.pop_back();
            const auto at = by_id.find(id);
            if (at == by_id.end() || !good.insert(id).second) continue;
            way.insert(way.end(), at->second->parents.begin(), at->second->parents.end());
        }
    }
    std::erase_if(frames, [&](const auto& frame) { return !good.contains(frame.id); });
    return frames;
}

// REPO-31
void Repository::warn_about_history(const std::vector<Snapshot>& snapshots) {
    const auto missing = missing_parents(snapshots);
    for (const auto& id : missing)
        m_warn("snapshot " + id.hex().substr(0, 8) +
               " is named by a later one and is gone: deleted, or hidden by the heads");
    const auto seen =
        env::read_file(*m_world.files, m_folders.state + "/last-snapshot", state_file_max);
    if (!seen) return;
    const auto last = SnapshotId::parse(as_text(*seen).substr(0, 2 * SnapshotId::size));
    if (!last || std::ranges::binary_search(missing, *last)) return;
    if (std::ranges::find(snapshots, *last, &Snapshot::id) == snapshots.end())
        m_warn("snapshot " + last->hex().substr(0, 8) +
               ", the last one this machine saw, is gone: the heads show an older state");
}

/// What the owner has not signed withdraws nothing: a node can not hide a snapshot. (REPO-49)
Result<std::set<SnapshotId>> Repository::read_withdrawals() {
    TRY(const auto names, m_heads->list_roots(std::string(withdrawal_prefix)));
    std::set<SnapshotId> out;
    std::size_t unusable = 0;
    const auto read = [&](std::size_t i) -> Result<SnapshotId> {
        TRY(const auto record, m_heads->get_root(names[i]));
        return open_withdrawal(record, m_place.id, m_descriptor.root_ml_dsa);
    };
    in_order(names.size(), m_heads->reading_threads(), read,
             [&](std::size_t i, const Result<SnapshotId>& snapshot) {
                 if (snapshot)
                     out.insert(*snapshot);
                 else if (++unusable <= limits::notes_max)
                     m_warn(names[i] + " withdraws nothing: " + snapshot.error().detail());
             });
    return out;
}

Result<std::vector<Snapshot>> Repository::snapshots() {
    ENSURE(unlocked());
    if (m_snapshots) return *m_snapshots;
    TRY(auto frames, read_frames());
    TRY(const auto good, authentic(std::move(frames)));
    std::vector<Snapshot> all;
    all.reserve(good.size());
    for (const auto& frame : good) {
        auto snapshot = open_snapshot(frame, *m_sealer);
        if (snapshot)
            all.push_back(*std::move(snapshot));
        else
            m_warn("snapshot " + frame.id.hex().substr(0, 8) +
                   " cannot be opened: " + snapshot.error().detail());
    }
    TRY(const auto withdrawn, read_withdrawals());
    for (auto& snapshot : all)
        snapshot.withdrawn = withdrawn.contains(snapshot.id);
    sort_by_history(all);
    warn_about_history(all);
    if (!all.empty()) CHECK_OK(note_last_seen(all.back().id));
    m_snapshots = all;
    return all;
}

Result<Snapshot> Repository::find_snapshot(std::string_view name) {
    TRY(auto all, snapshots());
    if (name == "latest") {
        if (all.empty()) return fail(Errc::not_found, "the repository has no snapshot yet");
        const auto newest =
            std::ranges::find(all.rbegin(), all.rend(), false, &Snapshot::withdrawn);
        if (newest == all.rend())
            return fail(Errc::not_found, "all snapshots are withdrawn; by its id each is there: "
                                         "torgo snapshots --withdrawn");
        return *newest;
    }
    if (name.size() < id_prefix_min)
        return fail(Errc::invalid_argument,
                    "a snapshot id needs at least 4 digits: " + std::string(name));
    const Snapshot* match = nullptr;
    for (const auto& snapshot : all) {
        if (!snapshot.id.hex().starts_with(name)) continue;
        if (match != nullptr)
            return fail(Errc::invalid_argument,
                        "more than one snapshot begins with " + std::string(name));
        match = &snapshot;
    }
    if (match == nullptr) return fail(Errc::not_found, "no snapshot " + std::string(name));
    if (match->withdrawn)
        m_warn("snapshot " + match->id.hex().substr(0, 8) + " was withdrawn by its owner");
    return *match;
}

} // namespace torgo::repo
