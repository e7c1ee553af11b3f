#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace torgo::env {

/// An open regular file. Reads are thread-safe; writes to one File come from one thread at a time.
/// The destructor closes and, like close(2), promises nothing about durability.
class File {
public:
    virtual ~File() = default;

    /// Reads up to `out.size()` bytes at `offset`; fewer only at the end of the file.
    virtual Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) = 0;

    /// Adds all of `bytes` at the end. After an error the file's tail is undefined.
    virtual Result<> append(ByteView bytes) = 0;

    virtual Result<std::uint64_t> size() = 0;

    /// Returns when the content would survive a power cut (fsync). After an error the content must
    /// be taken as lost: the kernel may have dropped the dirty pages.
    virtual Result<> sync() = 0;

    /// Sets the disk to work on what was appended so far, without waiting. Promises nothing; makes
    /// a later sync() of a large file short.
    virtual void hint_writeback() {}

    /// Advisory locks between the openers of one file, in this process or another, held until this
    /// File is destroyed. lock_shared() waits for an exclusive holder, and turns an exclusive lock
    /// of this File into a shared one; try_lock_exclusive() is false while anyone else holds
    /// either. Errors: `unsupported` where the file system has no locks; `io`.
    virtual Result<> lock_shared() { return fail(Errc::unsupported, "no locks here"); }

    virtual Result<bool> try_lock_exclusive() { return fail(Errc::unsupported, "no locks here"); }
};

enum class FileType : std::uint8_t { file, directory, other };

struct DirectoryEntry {
    std::string name;
    FileType type = FileType::other;
};

struct FileStatus {
    FileType type = FileType::other;
    std::uint64_t size = 0;
};

struct Space {
    std::uint64_t free = 0; ///< bytes this user may still write
    std::uint64_t total = 0;
};

/// The disk under heads, caches and configuration. Paths are absolute bytes. Nothing is durable
/// until File::sync for content and sync_directory for names. Thread-safe.
///
/// User trees are not read through this (source/ does that): a simulated kernel would have to lie
/// about xattrs, holes and hard links.
class FileSystem {
public:
    virtual ~FileSystem() = default;

    /// Errors: `not_found`, `permission`, `io`.
    virtual Result<std::unique_ptr<File>> open_read(const std::string& path) = 0;

    /// A new empty file, mode 0600 where `secret`, else 0644 less the umask. Errors: `exists`,
    /// `no_space`, `read_only`, …
    virtual Result<std::unique_ptr<File>> create(const std::string& path, bool secret = false) = 0;

    /// Atomic; replaces `to` when it is there. Durable only after sync_directory of both folders.
    virtual Result<> rename(const std::string& from, const std::string& to) = 0;

    /// As rename, but refuses with `exists` when `to` is there. Atomic where the file system can do
    /// that; else (exFAT, some network mounts) a look and then a rename.
    virtual Result<> rename_new(const std::string& from, const std::string& to);

    virtual Result<> remove(const std::string& path) = 0;

    /// One level, mode 0700 where `secret`, else 0777 less the umask; an existing directory is fine
    /// and stays as it is.
    virtual Result<> make_directory(const std::string& path, bool secret = false) = 0;

    virtual Result<> remove_directory(const std::string& path) = 0;

    virtual Result<> sync_directory(const std::string& path) = 0;

    /// In no particular order, without "." and "..".
    virtual Result<std::vector<DirectoryEntry>> list(const std::string& path) = 0;

    virtual Result<FileStatus> status(const std::string& path) = 0;

    virtual Result<Space> space(const std::string& path) = 0;
};

/// The directory a path lies in ("/a/b" → "/a", "/a" → "/").
std::string parent_path(const std::string& path);

/// Makes the directory and all above it.
Result<> make_directories(FileSystem& files, const std::string& path);

/// Reads a whole file of at most `limit` bytes. Errors: those of open_read; `limit_exceeded`.
Result<Bytes> read_file(FileSystem& files, const std::string& path, std::size_t limit);

/// Writes beside the target, syncs, renames, syncs the folder: after success the new content is
/// durable, after any failure or crash the old content (or absence) is still there.
Result<> write_file_atomically(FileSystem& files, const std::string& path, ByteView content,
                               bool secret = false);

} // namespace torgo::env
