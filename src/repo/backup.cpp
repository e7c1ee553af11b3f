#include "repo/backup.hpp"

#include "base/version.hpp"
#include "env/clock.hpp"
#include "repo/backup_visitor.hpp"
#include "repo/history.hpp"
#include "repo/limits.hpp"
#include "repo/repository.hpp"
#include "repo/snapshot_record.hpp"

#include <algorithm>
#include <limits>

namespace torgo::repo {

namespace {

/// Clocks step, and a file may be changed in the tick of the parent's start.
constexpr std::int64_t ctime_margin_ns = 3'600'000'000'000;

/// Counts what the real walk will meet, so that the time left can be told.
class Counter final : public source::Visitor {
public:
    Result<> enter(source::Directory& directory) override {
        for (const auto& child : directory.children) {
            if (child.kind != source::Kind::file) continue;
            files += 1;
            bytes += child.size;
        }
        return {};
    }

    Result<> leave(source::Directory&) override { return {}; }

    void note(source::Note) override {} // the real walk says it

    std::uint64_t files = 0, bytes = 0;
};

class Backup {
public:
    Backup(Repository& repository, const BackupOptions& options, BackupProgress& progress)
        : m_repository(repository), m_options(options), m_progress(progress) {}

    Result<BackupSummary> run();

private:
    Result<> check_options() const;
    Result<> look_at_spools();
    Result<> choose_parent();
    Result<> read_everything(ChunkStore& store, Session& session);
    Result<> walk_tree(ChunkStore& store, TreeBuilder& trees, ContentReader& content);
    Result<> read_stream(TreeBuilder& trees, ContentReader& content, ChunkStore& store);
    Result<> write_snapshot(ChunkStore& store, const WriterKeys& writer);
    std::jthread look_ahead();
    std::vector<std::string> named_paths() const;
    std::size_t min_heads() const;

    Repository& m_repository;
    const BackupOptions& m_options;
    BackupProgress& m_progress;
    BackupSummary m_summary;
    NoteBook m_notes;
    std::vector<Snapshot> m_snapshots;
    std::optional<Snapshot> m_parent;
    std::int64_t m_start = 0;
    ChunkId m_tree;
};

std::vector<std::string> Backup::named_paths() const {
    return m_options.stream ? std::vector{m_options.stream_name} : m_options.paths;
}

std::size_t Backup::min_heads() const {
    if (m_options.min_heads != 0) return m_options.min_heads;
    return m_repository.descriptor().min_heads();
}

Result<> Backup::choose_parent() {
    TRY(m_snapshots, m_repository.snapshots());
    if (!m_options.parent.empty()) {
        TRY(m_parent, m_repository.find_snapshot(m_options.parent));
        return {};
    }
    const auto paths = named_paths();
    for (const auto& snapshot : m_snapshots) // oldest first: the last match is the newest
        if (!snapshot.withdrawn && snapshot.body.host == m_options.host &&
            snapshot.body.paths == paths)
            m_parent = snapshot;
    return {};
}

std::jthread Backup::look_ahead() {
    if (!m_options.look_ahead || m_options.stream) return {};
    return std::jthread([this](const std::stop_token& stop) {
        auto walk = m_options.walk;
        walk.stop = stop;
        walk.threads = 1;
        walk.xattrs_changed_since_ns = std::numeric_limits<std::int64_t>::max();
        Counter counter;
        if (!source::walk(m_options.paths, walk, counter)) return;
        m_progress.bytes_total = counter.bytes;
        m_progress.files_total = counter.files;
    });
}

Result<> Backup::walk_tree(ChunkStore& store, TreeBuilder& trees, ContentReader& content) {
    std::optional<Node> root;
    auto walk = m_options.walk;
    walk.stop = m_options.stop;
    if (m_parent) {
        auto found = TreeReader(store).root(m_parent->body.tree);
        if (found) {
            root = *std::move(found);
            walk.xattrs_changed_since_ns = m_parent->body.time_ns - ctime_margin_ns;
        } else {
            m_repository.warn("the parent snapshot cannot be read (" + found.error().detail() +
                              "): all files are read again");
        }
    }
    const auto ahead = look_ahead();
    BackupVisitor visitor(store, trees, content, m_notes, m_options, m_progress, m_summary,
                          std::move(root));
    CHECK_OK(source::walk(m_options.paths, walk, visitor));
    return visitor.finish();
}

/// A tree of one file, for what comes by standard input or from a command.
Result<> Backup::read_stream(TreeBuilder& trees, ContentReader& content, ChunkStore& store) {
    const auto slash = m_options.stream_name.rfind('/');
    source::Entry folder;
    folder.kind = source::Kind::directory;
    folder.mode = 0755;
    folder.mtime_ns = folder.ctime_ns = m_start;
    auto above = trees.make_root(folder);
    auto root = trees.make_child(above, 0, 1);
    auto& entry = root->nodes.front().entry;
    entry.name = m_options.stream_name.substr(slash == std::string::npos ? 0 : slash + 1);
    entry.kind = source::Kind::file;
    entry.mode = 0600;
    entry.mtime_ns = entry.ctime_ns = m_start;
    TreeBuilder::begin_part(*root);
    const auto sealer = store.make_sealer();
    CHECK_OK(content.read_stream(
        {.directory = root, .place = 0, .path = m_options.stream_name, .folder = nullptr},
        m_options.stream));
    m_summary.files_new = 1;
    m_summary.bytes_total = content.bytes_read();
    CHECK_OK(trees.end_part(std::move(root), *sealer));
    return trees.end_part(std::move(above), *sealer);
}

Result<> Backup::read_everything(ChunkStore& store, Session& session) {
    TreeBuilder trees(session);
    ContentReader content(session, store, trees, m_notes, m_options, m_progress);
    const auto read =
        m_options.stream ? read_stream(trees, content, store) : walk_tree(store, trees, content);
    const auto done = content.finish();
    CHECK_OK(session.failure()); // the cause, before its consequences
    if (!done) return done;
    CHECK_OK(read);
    m_summary.bytes_read = content.bytes_read();
    m_tree = trees.root();
    return {};
}

Result<> Backup::write_snapshot(ChunkStore& store, const WriterKeys& writer) {
    Snapshot snapshot;
    snapshot.writer = writer.id;
    snapshot.parents = newest_of(m_snapshots); // REPO-30
    for (const auto& other : m_snapshots)
        snapshot.counter = std::max(snapshot.counter, other.counter);
    snapshot.counter += 1;
    const auto files = m_summary.files_new + m_summary.files_changed + m_summary.files_unmodified;
    snapshot.body = {.time_ns = m_start,
                     .host = m_options.host,
                     .user = m_options.user,
                     .paths = named_paths(),
                     .tags = m_options.tags,
                     .tree = m_tree,
                     .files = files,
                     .directories = m_summary.directories,
                     .bytes = m_summary.bytes_total,
                     .bytes_new = m_summary.bytes_sealed,
                     .program = std::string("torgo ") + version};
    const auto sealer = store.make_sealer();
    TRY(const auto record, encode_snapshot(m_repository.descriptor().id, snapshot, store.keys(),
                                           *sealer, writer.record_key));
    TRY(const auto frame, decode_snapshot_frame(record));
    CHECK_OK_WITH("writing the snapshot",
                  m_repository.heads().put_root("snapshot-" + frame.id.hex(), record, min_heads()));
    m_summary.snapshot = frame.id;
    return m_repository.remember_snapshot(frame.id);
}

/// What a snapshot record cannot hold is refused before any work.
Result<> Backup::check_options() const {
    const auto bad = [](std::string what) {
        return fail(Errc::invalid_argument, std::move(what));
    };
    if (named_paths().size() > limits::paths_per_snapshot_max)
        return bad("more than 4096 paths: name a folder above them");
    if (m_options.tags.size() > limits::tags_per_snapshot_max) return bad("more than 256 tags");
    for (const auto& path : named_paths())
        if (path.size() > limits::path_size_max) return bad("a path is longer than 64 KiB");
    for (const auto& text : m_options.tags)
        if (text.size() > limits::text_size_max) return bad("a tag is longer than 4096 bytes");
    if (m_options.host.size() > limits::text_size_max ||
        m_options.user.size() > limits::text_size_max)
        return bad("the host's or user's name is longer than 4096 bytes");
    const auto least = m_repository.descriptor().heads_to_restore();
    const auto most = m_repository.descriptor().head_count();
    if (m_options.min_heads != 0 && (m_options.min_heads < least || m_options.min_heads > most))
        return bad("--min-heads must be " + std::to_string(least) + " to " + std::to_string(most) +
                   ": fewer could not restore");
    return {};
}

/// A snapshot must not be on the heads before what it is built on. (SPOOL-8)
Result<> Backup::look_at_spools() {
    auto& heads = m_repository.heads();
    if (m_options.spool && !m_options.dry_run) heads.use_spools();
    if (m_options.spool || m_options.dry_run) return {};
    TRY(const auto complete, heads.complete_heads());
    if (complete >= min_heads()) return {};
    return fail(Errc::too_few_heads,
                "what an earlier backup left in the spool of this machine is not on enough heads "
                "yet: run \"torgo sync\" first, or add --spool");
}

Result<BackupSummary> Backup::run() {
    CHECK_OK(check_options());
    CHECK_OK(look_at_spools());
    m_start = m_repository.world().clock->wall_ns();
    TRY(auto* store, m_repository.chunks());
    if (!store->complete())
        return fail(Errc::too_few_heads, "some of what is saved cannot be read now (see above): "
                                         "bring the heads back first, or it would be saved again");
    CHECK_OK(choose_parent());
    if (m_parent) m_summary.parent = m_parent->id.hex();
    std::optional<WriterKeys> writer;
    if (!m_options.dry_run) {
        TRY(auto keys, m_repository.writer());
        writer.emplace(std::move(keys));
    }
    Session session(*store, m_repository.heads(), m_repository.descriptor(),
                    writer ? &*writer : nullptr, m_repository.world(),
                    {.dry_run = m_options.dry_run, .min_heads = min_heads()});
    CHECK_OK(read_everything(*store, session));
    TRY(const auto totals, session.finish());
    m_summary.bytes_new = totals.bytes_new;
    m_summary.bytes_sealed = totals.bytes_sealed;
    m_summary.bytes_packs = totals.bytes_packs;
    m_summary.bytes_heads = totals.bytes_heads;
    m_summary.chunks_new = totals.chunks_new;
    m_summary.packs = totals.packs;
    if (!m_options.dry_run) CHECK_OK(write_snapshot(*store, *writer));
    for (std::size_t i = 0; i < m_repository.heads().size(); ++i)
        if (m_repository.heads().at(i) == nullptr ||
            std::ranges::binary_search(totals.missing_heads, i))
            m_summary.missing_heads.push_back(m_repository.heads().uri(i));
    m_notes.move_into(m_summary);
    return std::move(m_summary);
}

} // namespace

Result<BackupSummary> backup(Repository& repository, const BackupOptions& options,
                             BackupProgress& progress) {
    return Backup(repository, options, progress).run();
}

} // namespace torgo::repo
