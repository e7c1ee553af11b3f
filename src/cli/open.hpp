#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"
#include "repo/repository.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace torgo::cli {

/// The descriptor file that this command means: --repo, TORGO_REPO, torgo.toml, or the default.
Result<std::string> descriptor_path(const Context& context);

/// Where this user keeps cache and state of a repository.
Result<repo::LocalFolders> local_folders(const Context& context, const RepoId& repository);

/// Opens the repository without any key, and says when a standby has rebuilt a head that can not be
/// used. errors  those of load_descriptor and Repository::open
Result<std::unique_ptr<repo::Repository>> open_repository(const Context& context,
                                                          repo::Wait wait = repo::Wait::all);

/// Opens and unlocks it with what the user gives.
Result<std::unique_ptr<repo::Repository>> open_unlocked(const Context& context,
                                                        repo::Wait wait = repo::Wait::all);

/// The same for commands that read: with what waits in this machine's spool, if it has one.
Result<std::unique_ptr<repo::Repository>> open_for_reading(const Context& context,
                                                           repo::Wait wait = repo::Wait::all);

/// A head as the user writes it, in its canonical spelling; a plain path may be relative.
/// errors  `invalid_argument`, `unsupported`, as head::dir_path
Result<std::string> canonical_head(const Context& context, const std::string& text);

/// "2" (the second head) or its URI, as an index from 0. errors  `invalid_argument`
Result<int> head_index(const Context& context, const repo::Place& place, const std::string& text);

/// "SNAPSHOT:folder" → the snapshot's name and the absolute path inside it ("/" when none is
/// given).
std::pair<std::string, std::string> split_snapshot_path(std::string_view text);

/// The first eight digits: what people say and type.
std::string short_id(std::string_view hex);
std::string short_id(const SnapshotId& id);

} // namespace torgo::cli
