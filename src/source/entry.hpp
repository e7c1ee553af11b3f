// SPDX-License-Identifier: MIT
// What is known about one name in a tree: the value that walks, snapshots, restores and comparisons
// share. Names, targets and attribute names are raw bytes; they need not be UTF-8.
#pragma once

#include "base/bytes.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace torgo::source {

/// The numbers are stable: they reach the snapshot format.
enum class Kind : std::uint8_t {
    file = 1,
    directory,
    symlink,
    character_device,
    block_device,
    fifo,
    socket, ///< a walk skips it with a note; TreeWriter::status may report it
};

struct Xattr {
    std::string name; ///< with its namespace, as "user.comment" or "system.posix_acl_access"
    Bytes value;

    bool operator==(const Xattr&) const = default;
};

/// Bits of Entry::flags: the FS_*_FL values of <linux/fs.h> that statx(2) tells without opening.
inline constexpr std::uint32_t flag_compressed = 0x04;
inline constexpr std::uint32_t flag_immutable = 0x10;
inline constexpr std::uint32_t flag_append = 0x20;
inline constexpr std::uint32_t flag_nodump = 0x40;

struct Entry {
    std::string name; ///< one path component; empty for the root "/"
    Kind kind = Kind::file;
    std::uint32_t mode = 0; ///< permission bits with set-user-id, set-group-id and sticky: 07777
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int64_t mtime_ns = 0; ///< since 1970-01-01T00:00:00Z
    std::int64_t ctime_ns = 0;
    std::uint64_t size = 0; ///< of a regular file in bytes; 0 for every other kind
    std::uint64_t inode = 0;
    std::uint64_t device = 0; ///< of the file system that holds it
    std::uint64_t links = 0;
    std::uint64_t rdev = 0;    ///< of a device node, as makedev(3) packs it; else 0
    std::string target;        ///< of a symlink
    std::vector<Xattr> xattrs; ///< sorted by name; ACLs are system.posix_acl_*
    std::uint32_t flags = 0;   ///< flag_* above
    bool xattrs_read = true;   ///< false: not asked for (WalkOptions::xattrs_changed_since_ns)

    bool operator==(const Entry&) const = default;
};

} // namespace torgo::source
