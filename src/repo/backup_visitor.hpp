#pragma once

#include "chunk/bundle.hpp"
#include "repo/content_reader.hpp"
#include "repo/tree_builder.hpp"
#include "repo/tree_reader.hpp"
#include "source/walk.hpp"

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace torgo::repo {

/// Follows the walk: makes the directories of the new snapshot, takes over what has not changed
/// since the parent snapshot, and hands the rest to the ContentReader. One thread.
class BackupVisitor final : public source::Visitor {
public:
    /// `parent_root`: the parent snapshot's root node, or nothing.
    BackupVisitor(ChunkStore& store, TreeBuilder& trees, ContentReader& content, NoteBook& notes,
                  const BackupOptions& options, BackupProgress& progress, BackupSummary& summary,
                  std::optional<Node> parent_root);

    Result<> enter(source::Directory& directory) override;
    Result<> leave(source::Directory& directory) override;
    void note(source::Note note) override;

    /// After the walk: sends the last bundle, completes the tree.
    Result<> finish();

private:
    struct Frame {
        std::shared_ptr<PendingDirectory> directory;
        Listing before;       ///< the same directory in the parent snapshot
        std::size_t next = 0; ///< no subdirectory before this place is still to come
    };

    /// Where the other names of a hard-linked file find its content.
    using LinkKey = std::pair<std::uint64_t, std::uint64_t>;

    Result<Frame> open_frame(source::Directory& directory);
    Result<> take_child(source::Directory& directory, Frame& frame, std::size_t place);
    Result<> take_file(source::Directory& directory, Frame& frame, std::size_t place,
                       const Node* before);
    Result<bool> unchanged(const source::Entry& now, const Node& before);
    Result<bool> all_known(const Node& before);
    Result<bool> may_keep_place(const Node& before);
    void limit_xattrs(const source::Directory& directory, source::Entry& entry);
    Result<> send_bundle();
    const Node* find_before(const Frame& frame, const std::string& name) const;

    ChunkStore& m_store;
    TreeBuilder& m_trees;
    ContentReader& m_content;
    NoteBook& m_notes;
    const BackupOptions& m_options;
    BackupProgress& m_progress;
    BackupSummary& m_summary;
    std::optional<Node> m_parent_root;
    TreeReader m_reader;
    chunk::Bundler m_bundler;
    std::unique_ptr<seal::Sealer> m_sealer;
    std::shared_ptr<PendingDirectory> m_above;
    std::vector<Frame> m_stack;
    std::vector<FileRef> m_bundle;
    std::uint64_t m_bundle_bytes = 0;
    ChunkId m_last_known;
};

} // namespace torgo::repo
