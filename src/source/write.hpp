// SPDX-License-Identifier: MIT
// Writes a tree below one directory and nowhere else. The paths come from a repository that may be
// hostile: each is checked, and no symlink, whoever made it, is ever followed below the target.
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "source/descriptor.hpp"
#include "source/entry.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace torgo::source {

/// Zero runs shorter than this are written; longer ones, aligned to it, can be left as holes.
inline constexpr std::size_t hole_bytes = 4096;
inline constexpr std::uint64_t max_file_bytes = std::numeric_limits<std::int64_t>::max();
/// Directories kept open between operations.
inline constexpr std::size_t max_cached_directories = 64;

enum class Owner : std::uint8_t {
    restore_as_root, ///< when running as root; else what is written belongs to the caller
    never,
};

struct MetadataOptions {
    Owner owner = Owner::restore_as_root;
    bool xattrs = true; ///< and ACLs
    bool flags = true;
};

/// A new file being filled. What is not written reads as zeros; a file that is never finished stays
/// as it is. write_at is thread-safe for ranges that do not overlap.
class FileWriter {
public:
    /// Where the file was opened as sparse, runs of zeros are left as holes. Errors: `corrupt` past
    /// the announced size; `no_space`, …
    Result<> write_at(std::uint64_t offset, ByteView bytes);

    /// What the file system gives back now for a range that was written; to compare. Thread-safe.
    Result<> read_back(std::uint64_t offset, ByteSpan out) const;

    /// Gives the file its announced size. What follows adds nothing to its content.
    Result<> end_content() const { return set_size(); }

    /// As TreeWriter::apply_metadata, and cheaper; after end_content.
    Result<> set_metadata(const Entry& entry, const MetadataOptions& options = {}) const;

    /// What the file is like, whatever name it has by now; without name, target and attributes.
    Result<Entry> status() const;

    /// Gives the file its announced size and closes it.
    Result<> finish() &&;
    /// The same, and applies the metadata while the file is open: cheaper than apply_metadata.
    Result<> finish(const Entry& entry, const MetadataOptions& options = {}) &&;

private:
    friend class TreeWriter;
    FileWriter(Descriptor descriptor, std::string path, std::uint64_t size, bool sparse, bool bare)
        : m_descriptor(std::move(descriptor)),
          m_path(std::move(path)),
          m_size(size),
          m_sparse(sparse),
          m_bare(bare) {}

    std::unexpected<Error> failed() const;
    Result<> allocate();
    Result<> write_all(std::uint64_t offset, ByteView bytes);
    Result<> set_size() const;

    Descriptor m_descriptor;
    std::string m_path;
    std::uint64_t m_size;
    std::uint64_t m_end = 0; ///< of what was written or allocated; shared by the threads that write
    bool m_sparse;
    bool m_bare; ///< the file got nothing from its directory but an owner
};

/// Every `relative` path is "a/b/c": no component empty, "." or "..", no NUL, else `corrupt`; and a
/// symlink or other thing where a directory is needed is `exists`. Its parent directory must be
/// there. Thread-safe for different paths.
class TreeWriter {
public:
    /// Opens the target, which may be reached through symlinks, and makes it (mode 0700) with all
    /// above it where it is not there.
    static Result<TreeWriter> open(const std::string& target);

    TreeWriter(TreeWriter&&) noexcept;
    TreeWriter& operator=(TreeWriter&&) noexcept;
    ~TreeWriter();

    /// Mode 0700 until apply_metadata. An existing directory is fine; out: whether it was made.
    /// Errors: `exists` where something else has the name.
    Result<bool> make_directory(std::string_view relative);

    /// A name beside `relative` that nothing has, for what is not yet whole: no other call, run or
    /// process is given the same.
    std::string temporary_name(std::string_view relative) const;

    /// Gives a thing of this tree another name there. Where `replace`, what has that name goes,
    /// unless it is a directory that is not empty; at no time has nothing the name, unless that was
    /// a directory. Errors: `exists`; `not_found`.
    Result<> rename(std::string_view from, std::string_view to, bool replace);

    /// A new file, mode 0600 until its metadata is applied. Errors: `exists`; `corrupt` a size over
    /// max_file_bytes; `no_space` or `limit_exceeded` already here where a large file cannot fit.
    Result<FileWriter> create_file(std::string_view relative, std::uint64_t size,
                                   bool sparse = false);

    Result<> make_symlink(std::string_view relative, const std::string& target);

    /// A second name for the same file; to be made before the file becomes immutable. A symlink at
    /// `existing` is linked itself, not what it names.
    Result<> make_hard_link(std::string_view existing, std::string_view relative);

    /// A FIFO or device of `entry.kind` and `entry.rdev`. Errors: `permission` for devices when not
    /// root; `invalid_argument` for any other kind.
    Result<> make_node(std::string_view relative, const Entry& entry);

    /// Owner, mode, extended attributes and ACLs (others of user.* and ACLs are removed), mtime and
    /// flags, in the order that keeps each. Files after their content, directories after everything
    /// in them. All that can be applied is; the first failure is reported.
    ///
    /// errors  `changed` where another kind of thing has the name; `permission`; `unsupported`
    Result<> apply_metadata(std::string_view relative, const Entry& entry,
                            const MetadataOptions& options = {});
    /// The same for the target directory itself.
    Result<> apply_root_metadata(const Entry& entry, const MetadataOptions& options = {});

    /// Removes a name, or a directory that is empty. Errors: `exists` when it is not; `not_found`.
    Result<> remove(std::string_view relative);

    /// Moves a name to an absolute path outside of the tree, where nothing may be.
    /// errors  `not_found`; `exists`; `unsupported` where that is another file system
    Result<> move_out(std::string_view relative, const std::string& to);
    /// The inverse. errors  as move_out
    Result<> move_in(const std::string& from, std::string_view relative);

    /// What is there, as a walk would report it; nothing where the name or its parent is not there.
    Result<std::optional<Entry>> status(std::string_view relative) const;

    /// Returns when all that was written would survive a power cut (syncfs).
    Result<> sync();

private:
    struct State;
    explicit TreeWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace torgo::source
