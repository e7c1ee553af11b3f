// SPDX-License-Identifier: MIT
// Opens names below a directory without following any symlink on the way, at any depth.
#pragma once

#include "source/descriptor.hpp"

#include <string>
#include <string_view>

namespace torgo::source {

/// The kernel resolves a whole path in one call (openat2, Linux 5.6), or we open component by
/// component. Both give the same answers.
enum class Resolver : bool { kernel, components };

/// What this system has; asked once.
Resolver preferred_resolver();

/// Opens `relative`, which has no empty, "." or ".." component; an empty one is the directory
/// itself. Longer paths than PATH_MAX are opened in several steps. A symlink as the last component
/// can be opened with O_PATH only.
///
/// errors  empty with errno set; ELOOP or ENOTDIR where a symlink lies on the way
Descriptor open_beneath(int directory, std::string_view relative, int flags,
                        Resolver resolver = preferred_resolver());

/// Opens an absolute path of any length, following symlinks; empty with errno set.
Descriptor open_following(std::string_view absolute, int flags);

/// "/a/b" and "c" give "/a/b/c"; "/" and "c" give "/c".
std::string join_path(std::string_view directory, std::string_view name);

} // namespace torgo::source
