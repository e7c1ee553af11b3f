#include "repo/backup_visitor.hpp"

#include "base/ensure.hpp"
#include "repo/limits.hpp"

#include <climits>

#include <algorithm>

namespace torgo::repo {

using source::Kind;

BackupVisitor::BackupVisitor(ChunkStore& store, TreeBuilder& trees, ContentReader& content,
                             NoteBook& notes, const BackupOptions& options,
                             BackupProgress& progress, BackupSummary& summary,
                             std::optional<Node> parent_root)
    : m_store(store),
      m_trees(trees),
      m_content(content),
      m_notes(notes),
      m_options(options),
      m_progress(progress),
      m_summary(summary),
      m_parent_root(std::move(parent_root)),
      m_reader(store),
      m_bundler(store.keys().chunker_key().view()),
      m_sealer(store.make_sealer(options.compression)) {}

void BackupVisitor::note(source::Note note) {
    if (note.kind != source::Note::Kind::socket_skipped) m_progress.problems += 1;
    m_notes.add(std::move(note));
}

const Node* BackupVisitor::find_before(const Frame& frame, const std::string& name) const {
    const auto at = std::ranges::lower_bound(
        frame.before, name, {}, [](const Node& n) -> const std::string& { return n.entry.name; });
    return at != frame.before.end() && at->entry.name == name ? &*at : nullptr;
}

Result<BackupVisitor::Frame> BackupVisitor::open_frame(source::Directory& directory) {
    const auto count = directory.children.size();
    Frame frame;
    const Node* before = nullptr;
    if (m_stack.empty()) {
        m_above = m_trees.make_root(directory.entry);
        frame.directory = m_trees.make_child(m_above, 0, count);
        if (m_parent_root) before = &*m_parent_root;
    } else {
        auto& up = m_stack.back();
        auto& nodes = up.directory->nodes;
        while (nodes.at(up.next).entry.name != directory.entry.name)
            ++up.next;
        frame.directory = m_trees.make_child(up.directory, up.next, count);
        before = find_before(up, directory.entry.name);
        if (before != nullptr && before->entry.kind != Kind::directory) before = nullptr;
    }
    if (before != nullptr) {
        auto listing = list_directory(m_reader, *before);
        // A damaged parent snapshot costs time, not the new snapshot: its files are read again.
        if (listing) frame.before = *std::move(listing);
    }
    return frame;
}

Result<> BackupVisitor::enter(source::Directory& directory) {
    if (m_options.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
    TRY(auto frame, open_frame(directory));
    for (std::size_t i = 0; i < directory.children.size(); ++i)
        CHECK_OK(take_child(directory, frame, i));
    if (!directory.partial) m_summary.directories += 1;
    m_stack.push_back(std::move(frame));
    return {};
}

Result<> BackupVisitor::leave(source::Directory&) {
    auto frame = std::move(m_stack.back());
    m_stack.pop_back();
    return m_trees.end_part(std::move(frame.directory), *m_sealer);
}

Result<> BackupVisitor::take_child(source::Directory& directory, Frame& frame, std::size_t place) {
    auto& node = frame.directory->nodes.at(place);
    node.entry = std::move(directory.children[place]);
    directory.children[place].name = node.entry.name;
    const auto* before = find_before(frame, node.entry.name);
    if (!node.entry.xattrs_read) {
        const bool same = before != nullptr && before->entry.inode == node.entry.inode &&
                          before->entry.ctime_ns == node.entry.ctime_ns;
        if (same) {
            node.entry.xattrs = before->entry.xattrs;
            node.entry.xattrs_read = true;
        } else if (auto read = source::read_xattrs(directory, node.entry); !read) {
            note({source::Note::Kind::attributes_unreadable, directory.path + "/" + node.entry.name,
                  std::move(read).error()});
        }
    }
    limit_xattrs(directory, node.entry);
    if (node.entry.links <= 1) node.entry.device = 0; // its number changes from boot to boot
    if (node.entry.kind == Kind::file) return take_file(directory, frame, place, before);
    if (node.entry.kind != Kind::directory) m_summary.others += 1;
    return {};
}

/// A page must stay smaller than a chunk.
void BackupVisitor::limit_xattrs(const source::Directory& directory, source::Entry& entry) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : entry.xattrs)
        bytes += name.size() + value.size();
    if (entry.xattrs.size() <= limits::xattrs_per_node_max && bytes <= limits::xattr_bytes_max)
        return;
    entry.xattrs.clear();
    note({source::Note::Kind::attributes_unreadable, directory.path + "/" + entry.name,
          Error(Errc::limit_exceeded, "more extended attributes than can be saved")});
}

Result<bool> BackupVisitor::all_known(const Node& before) {
    for (const auto& extent : before.content) {
        if (extent.hole || extent.chunk == m_last_known) continue; // neighbours share bundles
        TRY(const bool known, m_store.contains(extent.chunk));
        if (!known) return false;
        m_last_known = extent.chunk;
    }
    for (const auto& list : before.content_lists) {
        TRY(const bool known, m_store.contains(list));
        if (!known) return false;
    }
    return true;
}

Result<bool> BackupVisitor::unchanged(const source::Entry& now, const Node& before) {
    const auto& then = before.entry;
    if (m_options.force || then.kind != Kind::file) return false;
    const bool same = then.size == now.size && then.mtime_ns == now.mtime_ns &&
                      then.ctime_ns == now.ctime_ns && then.inode == now.inode;
    return same ? all_known(before) : Result<bool>(false);
}

Result<bool> BackupVisitor::may_keep_place(const Node& before) {
    if (m_options.force || !before.tag) return false;
    return all_known(before);
}

Result<> BackupVisitor::take_file(source::Directory& directory, Frame& frame, std::size_t place,
                                  const Node* before) {
    auto& node = frame.directory->nodes.at(place);
    m_summary.bytes_total += node.entry.size;
    if (before != nullptr) {
        TRY(const bool same, unchanged(node.entry, *before));
        if (same) {
            node.content = before->content;
            node.tag = before->tag;
            node.content_lists = before->content_lists;
            m_summary.files_unmodified += 1;
            m_progress.files_done += 1;
            m_progress.bytes_done += node.entry.size;
            return {};
        }
    }
    (before == nullptr ? m_summary.files_new : m_summary.files_changed) += 1;
    if (node.entry.size == 0) {
        m_progress.files_done += 1;
        return {};
    }
    auto path = directory.path.ends_with('/') ? directory.path + node.entry.name
                                              : directory.path + "/" + node.entry.name;
    const bool too_long = path.size() >= PATH_MAX;
    FileRef file{.directory = frame.directory,
                 .place = place,
                 .path = std::move(path),
                 .folder = too_long ? directory.descriptor : nullptr};
    TreeBuilder::begin_part(*frame.directory);
    if (node.entry.size >= chunk::small_file_max) {
        if (!m_content.add_large(std::move(file))) return fail(Errc::cancelled, "stopped");
        return {};
    }
    if (before != nullptr) {
        TRY(const bool kept, may_keep_place(*before));
        if (kept) file.before = {.tag = *before->tag, .extent = before->content.front()};
    }
    m_bundle_bytes += node.entry.size;
    m_bundle.push_back(std::move(file));
    const bool ends =
        m_bundler.ends_after(node.entry.name, node.entry.size, m_bundle_bytes, m_bundle.size());
    return ends ? send_bundle() : Result<>{};
}

Result<> BackupVisitor::send_bundle() {
    if (m_bundle.empty()) return {};
    m_bundle_bytes = 0;
    if (!m_content.add_bundle(std::exchange(m_bundle, {}))) return fail(Errc::cancelled, "stopped");
    return {};
}

Result<> BackupVisitor::finish() {
    CHECK_OK(send_bundle());
    ENSURE(m_stack.empty() && m_above);
    return m_trees.end_part(std::move(m_above), *m_sealer);
}

} // namespace torgo::repo
