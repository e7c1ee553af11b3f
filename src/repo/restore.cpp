#include "repo/restore.hpp"

#include "repo/browse.hpp"
#include "repo/file_group.hpp"
#include "repo/limits.hpp"
#include "repo/repository.hpp"
#include "repo/tree_reader.hpp"
#include "source/compare.hpp"
#include "source/write.hpp"

#include <functional>
#include <map>
#include <optional>
#include <ranges>
#include <set>

namespace torgo::repo {

namespace {

using source::Kind;

/// Files whose chunks are planned and read together; bounds memory, and is large enough that few
/// chunks are read twice.
constexpr std::size_t files_per_group = 8192;

class Restore {
public:
    Restore(Repository& repository, ChunkStore& store, const RestoreOptions& options,
            RestoreProgress& progress)
        : m_repository(repository),
          m_options(options),
          m_progress(progress),
          m_reader(store),
          m_store(store) {}

    Result<RestoreSummary> run(const Snapshot& snapshot);
    /// Once nothing more is written, however it ended.
    void end_aside();

private:
    enum class Way : std::uint8_t { free, replace, keep };

    Result<> count(const Node& start);
    Result<> directory(const Node& node, const std::string& relative, const std::string& path,
                       bool included, std::size_t depth);
    Result<> child(const Node& node, const std::string& relative, const std::string& path,
                   bool included, std::size_t depth);
    Result<> make_folder(const std::string& path);
    Result<> ensure_folders();
    Way way(const Node& node, const std::string& relative);
    Result<> file(const Node& node, const std::string& relative, Way how);
    void special(const Node& node, const std::string& relative, Way how);
    Result<> flush();
    Result<std::optional<source::Entry>> status_for_aside(const std::string& path) const;
    Result<bool> put(const std::string& relative, bool replace,
                     const std::function<Result<>(const std::string& temporary)>& make);
    Result<bool> link(const std::string& existing, const std::string& name, bool replace);
    bool is_still(const std::string& name, const FileGroup::FirstName& written) const;
    void make_links();
    void note_links();
    void finish_directories();
    void problem(const std::string& relative, const Error& error) {
        m_problems.add(relative + ": " + error.detail());
    }

    Repository& m_repository;
    const RestoreOptions& m_options;
    RestoreProgress& m_progress;
    RestoreSummary m_summary;
    ProblemList m_problems;
    TreeReader m_reader;
    ChunkStore& m_store;
    std::optional<source::TreeWriter> m_tree;
    std::unique_ptr<FileGroup> m_group;
    std::vector<PlannedFile> m_planned;
    std::vector<std::pair<std::string, source::Entry>> m_directories; ///< parents before children
    std::vector<std::pair<std::string, source::Entry>> m_folders;     ///< on the way, not made yet
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> m_first_names;
    struct Link {
        std::string existing, name;
        bool replace;
    };
    std::vector<Link> m_links;
    std::set<std::string> m_noted_links; ///< names, and first names, of what has several
    bool m_fresh = false;                ///< the target was empty: nothing can be in the way
};

/// For the progress bar; a directory that cannot be read is reported by the real pass.
Result<> Restore::count(const Node& start) {
    const auto counted = for_each_node(m_repository, start, "/",
                                       [&](const std::string&, const Node& node) -> Result<bool> {
                                           if (node.entry.kind == Kind::file) {
                                               m_progress.files_total += 1;
                                               m_progress.bytes_total += node.entry.size;
                                           }
                                           return !m_options.stop.stop_requested();
                                       });
    if (m_options.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
    (void)counted; // what cannot be read is named by the real pass
    return {};
}

Restore::Way Restore::way(const Node& node, const std::string& relative) {
    if (m_fresh || m_options.dry_run) return Way::free;
    const auto there = m_tree->status(relative);
    if (!there || !there->has_value()) return Way::free;
    const auto& old = **there;
    if (node.entry.kind == Kind::directory && old.kind == Kind::directory) return Way::free;
    switch (m_options.overwrite) {
    case Overwrite::always:
        return Way::replace;
    case Overwrite::never:
        return Way::keep;
    case Overwrite::if_newer:
        return node.entry.mtime_ns > old.mtime_ns ? Way::replace : Way::keep;
    case Overwrite::if_changed: {
        const bool same = old.kind == node.entry.kind && old.size == node.entry.size &&
                          old.mtime_ns == node.entry.mtime_ns;
        return same ? Way::keep : Way::replace;
    }
    }
    return Way::keep;
}

void Restore::end_aside() {
    if (m_options.aside == nullptr || !m_tree) return;
    if (auto ended = m_options.aside->finish(); !ended)
        m_repository.warn("this restore can not be rolled back: " + ended.error().detail());
}

/// Once something has its name, its state is worth asking for only where somebody keeps it.
Result<std::optional<source::Entry>> Restore::status_for_aside(const std::string& path) const {
    if (m_options.aside == nullptr) return std::nullopt;
    auto now = m_tree->status(path);
    return now ? *std::move(now) : std::nullopt;
}

Result<> Restore::make_folder(const std::string& path) {
    if (m_options.aside != nullptr) {
        TRY(const auto there, m_tree->status(path));
        const auto take = [&](bool) -> Result<std::optional<source::Entry>> {
            TRY(const bool made, m_tree->make_directory(path));
            if (!made) return fail(Errc::exists, "somebody else has just made this folder");
            return status_for_aside(path);
        };
        if (!there) {
            CHECK_OK(m_options.aside->put(*m_tree, path, false, take));
            return {};
        }
    }
    CHECK_OK(m_tree->make_directory(path));
    return {};
}

/// Folders are made when the first thing inside them is wanted, so that --include leaves no empty
/// ones. Those that cannot be made are tried again for the next thing inside.
Result<> Restore::ensure_folders() {
    while (!m_folders.empty()) {
        auto& [path, entry] = m_folders.front();
        if (!m_options.dry_run) CHECK_OK(make_folder(path));
        m_summary.directories += 1;
        m_directories.emplace_back(path, std::move(entry));
        m_folders.erase(m_folders.begin());
    }
    return {};
}

Result<> Restore::child(const Node& node, const std::string& relative, const std::string& path,
                        bool included, std::size_t depth) {
    const bool is_directory = node.entry.kind == Kind::directory;
    if (m_options.exclude.excluded(path, is_directory)) return {};
    included = included || m_options.include.excluded(path, is_directory);
    if (is_directory) return directory(node, relative, path, included, depth);
    if (!included) return {};
    if (auto made = ensure_folders(); !made) {
        problem(relative, made.error());
        return {};
    }
    const auto how = way(node, relative);
    if (how == Way::keep) {
        m_summary.skipped += 1;
        return {};
    }
    if (node.entry.kind == Kind::file) return file(node, relative, how);
    special(node, relative, how);
    return {};
}

Result<> Restore::directory(const Node& node, const std::string& relative, const std::string& path,
                            bool included, std::size_t depth) {
    if (m_options.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
    if (depth > limits::directory_depth_max) {
        problem(path, Error(Errc::limit_exceeded, "directories nested too deep"));
        return {};
    }
    if (!relative.empty()) {
        if (way(node, relative) == Way::keep) {
            m_summary.skipped += 1;
            return {};
        }
        m_folders.emplace_back(relative, node.entry);
        if (included)
            if (auto made = ensure_folders(); !made) {
                problem(relative, made.error());
                m_folders.clear();
                return {};
            }
    }
    const auto nodes = list_directory(m_reader, node);
    if (!nodes) {
        problem(path, nodes.error());
        return {};
    }
    for (const auto& next : *nodes) {
        const auto below = relative.empty() ? next.entry.name : relative + "/" + next.entry.name;
        const auto below_path = (path == "/" ? "" : path) + "/" + next.entry.name;
        CHECK_OK(child(next, below, below_path, included, depth + 1));
    }
    if (!m_folders.empty() && m_folders.back().first == relative) m_folders.pop_back();
    return {};
}

Result<> Restore::file(const Node& node, const std::string& relative, Way how) {
    m_summary.files += 1;
    m_summary.bytes += node.entry.size;
    if (node.entry.links > 1) {
        const auto [at, first] =
            m_first_names.try_emplace({node.entry.device, node.entry.inode}, relative);
        if (!first) {
            m_links.push_back({at->second, relative, how == Way::replace});
            m_progress.files_done += 1;
            m_progress.bytes_done += node.entry.size;
            return {};
        }
    }
    auto extents = m_reader.extents(node);
    if (!extents) {
        problem(relative, extents.error());
        return {};
    }
    std::uint64_t length = 0;
    for (const auto& extent : *extents)
        length += extent.length;
    if (length != node.entry.size) {
        problem(relative, Error(Errc::corrupt, "its pieces do not add up to its size"));
        return {};
    }
    if (m_options.dry_run) return {};
    m_planned.push_back({.path = relative,
                         .entry = node.entry,
                         .extents = *std::move(extents),
                         .replace = how == Way::replace});
    return m_planned.size() >= files_per_group ? flush() : Result<>{};
}

/// Makes something that is whole at once: beside its name first, so that what has the name stays
/// until there is something to replace it.
Result<bool> Restore::put(const std::string& relative, bool replace,
                          const std::function<Result<>(const std::string& temporary)>& make) {
    const auto temporary = m_tree->temporary_name(relative);
    CHECK_OK(make(temporary));
    const auto take = [&](bool over) -> Result<std::optional<source::Entry>> {
        CHECK_OK(m_tree->rename(temporary, relative, over));
        return status_for_aside(relative);
    };
    auto noted = put_in_place(m_options.aside, *m_tree, relative, replace, take);
    if (!noted) (void)m_tree->remove(temporary); // what failed before is told
    return noted;
}

void Restore::special(const Node& node, const std::string& relative, Way how) {
    m_summary.others += 1;
    if (m_options.dry_run) return;
    Result<> applied;
    const auto done = put(relative, how == Way::replace, [&](const auto& temporary) -> Result<> {
        CHECK_OK(node.entry.kind == Kind::symlink
                     ? m_tree->make_symlink(temporary, node.entry.target)
                     : m_tree->make_node(temporary, node.entry));
        applied = m_tree->apply_metadata(temporary, node.entry);
        return {};
    });
    if (!done)
        problem(relative, done.error());
    else if (!applied)
        problem(relative, applied.error());
}

Result<> Restore::flush() {
    if (m_planned.empty()) return {};
    return m_group->write(std::exchange(m_planned, {}));
}

bool Restore::is_still(const std::string& name, const FileGroup::FirstName& written) const {
    const auto now = m_tree->status(name);
    return now && *now && (*now)->device == written.device && (*now)->inode == written.inode;
}

/// `existing` must be what this restore has written: what else has that name is another file.
Result<bool> Restore::link(const std::string& existing, const std::string& name, bool replace) {
    const auto first = m_group->first_names().find(existing);
    if (first == m_group->first_names().end())
        return fail(Errc::not_found, "another name of " + existing + ", which was not restored");
    if (!is_still(existing, first->second))
        return fail(Errc::changed, "another name of " + existing +
                                       ", which somebody has replaced since it was restored");
    if (first->second.noted) m_noted_links.insert(existing);
    return put(name, replace, [&](const std::string& temporary) {
        return m_tree->make_hard_link(existing, temporary);
    });
}

void Restore::make_links() {
    for (const auto& [existing, name, replace] : m_links) {
        const auto noted = link(existing, name, replace);
        if (!noted)
            problem(name, noted.error());
        else if (*noted)
            m_noted_links.insert(name);
    }
    note_links();
}

/// Each name that a file gets moves the ctime of all.
void Restore::note_links() {
    for (const auto& name : m_noted_links)
        if (const auto now = status_for_aside(name); now && *now)
            m_options.aside->changed(name, **now);
}

/// Children before parents: writing inside would move the times of a finished directory.
void Restore::finish_directories() {
    for (const auto& [path, entry] : std::views::reverse(m_directories))
        if (auto done = m_tree->apply_metadata(path, entry); !done) problem(path, done.error());
}

Result<RestoreSummary> Restore::run(const Snapshot& snapshot) {
    TRY(auto start, m_options.subfolder.empty()
                        ? m_reader.root(snapshot.body.tree)
                        : find_node(m_repository, snapshot, m_options.subfolder));
    CHECK_OK(count(start));
    if (!m_options.dry_run) {
        TRY(auto tree, source::TreeWriter::open(m_options.target));
        m_tree.emplace(std::move(tree));
        m_group = std::make_unique<FileGroup>(m_store, *m_tree, m_options, m_progress, m_problems);
        TRY(const auto entries, m_repository.world().files->list(m_options.target));
        m_fresh = entries.empty();
    }
    const bool all = m_options.include.empty();
    if (start.entry.kind == Kind::directory) {
        CHECK_OK(directory(start, "", "/", all, 0));
    } else {
        CHECK_OK(child(start, start.entry.name, "/" + start.entry.name, all, 0));
    }
    if (!m_options.dry_run) {
        CHECK_OK(flush());
        make_links();
        finish_directories();
        CHECK_OK_WITH("making what was restored durable", m_tree->sync());
        m_summary.verified_files = m_group->files_verified();
    }
    m_problems.move_into(m_summary);
    return std::move(m_summary);
}

} // namespace

Result<RestoreSummary> restore(Repository& repository, const Snapshot& snapshot,
                               const RestoreOptions& options, RestoreProgress& progress) {
    TRY(auto* store, repository.chunks());
    Restore work(repository, *store, options, progress);
    auto done = work.run(snapshot);
    work.end_aside();
    return done;
}

} // namespace torgo::repo
