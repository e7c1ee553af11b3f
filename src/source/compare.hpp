// SPDX-License-Identifier: MIT
// What differs between the entry that a snapshot holds and the entry that is there.
#pragma once

#include "source/entry.hpp"

#include <string>
#include <vector>

namespace torgo::source {

struct CompareOptions {
    bool owner = true;
    bool mtime = true;
    bool xattrs = true; ///< and ACLs
    bool flags = true;
};

/// Names of the attributes that differ, in fixed order: "kind", "mode", "uid", "gid", "mtime",
/// "size", "target", "rdev", "flags", then "xattr NAME" for each attribute that is missing, added
/// or other. Names, inodes, devices, ctimes and link counts are not compared, nor what a kind has
/// not got (the size of a directory, the mode of a symlink). Different kinds yield "kind" alone.
std::vector<std::string> differences(const Entry& want, const Entry& got,
                                     const CompareOptions& options = {});

} // namespace torgo::source
