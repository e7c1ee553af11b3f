// SPDX-License-Identifier: MIT
// Visits trees of the real file system in one fixed order while threads list the directories ahead.
#pragma once

#include "base/error.hpp"
#include "source/descriptor.hpp"
#include "source/entry.hpp"
#include "source/excludes.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace torgo::source {

/// Entries that are listed ahead of the visitor. A directory begins to be listed only while fewer
/// wait, so one directory's own entries are all that may come on top.
inline constexpr std::size_t max_entries_ahead = 32'768;
/// Directories listed ahead; each keeps one file descriptor open.
inline constexpr std::size_t max_directories_ahead = 128;
inline constexpr unsigned max_walk_threads = 64;

struct Note {
    enum class Kind : std::uint8_t {
        unreadable,            ///< a directory, name or link that could not be read
        vanished,              ///< it was listed, and gone when it was looked at
        attributes_unreadable, ///< the entry is there, but extended attributes are missing from it
        socket_skipped,        ///< nothing to save; no reason for another exit code
    };

    Kind kind;
    std::string path; ///< absolute
    Error error;
};

struct Directory {
    std::string path; ///< absolute, as the caller spelled the named path; "/" for the root
    Entry entry;
    std::vector<Entry> children; ///< sorted by name bytes; no sockets
    bool partial = false;    ///< an ancestor of the named paths: only the children leading to them
    bool unreadable = false; ///< noted before; no children
    /// The open directory (O_PATH where it is partial), for FileReader and read_xattrs. Never null
    /// inside `enter` where there are children; null in `leave`: copy it to read files later.
    std::shared_ptr<const Descriptor> descriptor;
};

/// Called on the thread that called walk(). A directory in `children` is always entered and left
/// later, depth first, in the order of the children; a visitor may move the children away. An error
/// ends the walk and is its result.
class Visitor {
public:
    virtual ~Visitor() = default;

    virtual Result<> enter(Directory& directory) = 0;
    virtual Result<> leave(Directory& directory) = 0;

    /// A note about something in a directory comes before that directory is entered.
    virtual void note(Note note) = 0;
};

struct WalkOptions {
    Excludes excludes;            ///< for what lies below the named paths, not for these themselves
    bool one_file_system = false; ///< a mount point is listed but not entered unless it is named
    bool exclude_caches = false;  ///< of a directory with a CACHEDIR.TAG only the tag is taken
    unsigned threads = 2;         ///< that list, beside the caller's; 0 to max_walk_threads
    std::stop_token stop;
    /// Extended attributes are left unread (`xattrs_read` false) for entries whose ctime is older.
    /// Each change of an attribute moves the ctime, so a caller who holds an earlier Entry with the
    /// same inode and ctime has them already; for the rest there is read_xattrs().
    std::int64_t xattrs_changed_since_ns = std::numeric_limits<std::int64_t>::min();
};

/// Walks all `absolute_paths` as ONE tree that is rooted at "/".
///
/// in      paths in any order, nested or repeated; the last component may be of any kind, and a
///         symlink there is taken as such; symlinks above it are followed
/// errors  `not_found` or whatever the system says of a named path, before anything is visited;
///         `invalid_argument` no path, a relative path, "..", or a path through a symlink that lies
///         in another named path; `cancelled`; the visitor's own
/// cost    two to three system calls an entry; memory for the directories from the root to the
///         present one and what is listed ahead (max_entries_ahead)
Result<> walk(std::span<const std::string> absolute_paths, const WalkOptions& options,
              Visitor& visitor);

/// Reads the attributes that `xattrs_changed_since_ns` left out. `directory` must hold its
/// descriptor.
Result<> read_xattrs(const Directory& directory, Entry& entry);

} // namespace torgo::source
