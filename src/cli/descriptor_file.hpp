#pragma once

#include "base/error.hpp"
#include "env/file_system.hpp"
#include "repo/repository.hpp"

#include <string>
#include <string_view>

namespace torgo::cli {

/// Which repository: the small public file that `init` writes (docs/spec/cli.md 5). Holds no
/// secret.
Result<std::string> write_descriptor(const repo::Place& place);

/// The inverse; strict.
/// errors  `invalid_argument` "FILE:LINE: …" for a key that is unknown, missing or of the wrong
/// kind;
///         `unsupported` for a file of a later version
Result<repo::Place> read_descriptor(std::string_view text, std::string_view file);

/// Reads the file at `path`. errors  `not_a_repository` when there is none; as read_descriptor
Result<repo::Place> load_descriptor(env::FileSystem& files, const std::string& path);

/// Writes it atomically, with the folders above. errors  `exists` unless `replace`
Result<> save_descriptor(env::FileSystem& files, const std::string& path, const repo::Place& place,
                         bool replace);

} // namespace torgo::cli
