// SPDX-License-Identifier: MIT
// Gives an object of the file system the metadata of an Entry, in the order that keeps each part.
#pragma once

#include "source/inspect.hpp"
#include "source/write.hpp"

#include <string>

namespace torgo::source {

/// An object held open, so that all changes go to the same one whatever happens to its name.
struct Held {
    int descriptor;
    bool by_path;            ///< opened with O_PATH
    const std::string& path; ///< for errors
    /// A new file in a directory that hands nothing on: it has no attribute that needs looking for.
    bool bare = false;
};

/// What TreeWriter::apply_metadata says. `present` is what the object has now, as far as `owner`,
/// `mode` and `flags` go.
Result<> apply(const Held& held, const Entry& entry, const Entry& present,
               const MetadataOptions& options);

/// Whether files made in this directory get attributes or flags from it (a default ACL, nodump…).
bool hands_attributes_on(int directory);

} // namespace torgo::source
