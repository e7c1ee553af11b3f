#pragma once

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/json.hpp"
#include "repo/repository.hpp"
#include "repo/tree.hpp"

#include <string>
#include <vector>

namespace torgo::cli {

/// Which snapshots a command looks at. Within one list any entry may match; all lists must.
struct SnapshotFilter {
    std::vector<std::string> hosts;
    std::vector<std::string> tags;
    std::vector<std::string> paths; ///< as they were given to `backup`, absolute
};

/// --host, --tag, --path.
std::vector<Option> filter_options(SnapshotFilter& filter);

std::vector<repo::Snapshot> filtered(std::vector<repo::Snapshot> list,
                                     const SnapshotFilter& filter);

/// Those named, in the order named. Errors: as Repository::find_snapshot.
Result<std::vector<repo::Snapshot>> named_snapshots(repo::Repository& repository,
                                                    const std::vector<std::string>& names);

/// The object of type "snapshot" (docs/spec/cli.md 4).
Json snapshot_object(const repo::Snapshot& snapshot);

/// The object of type "node": one name in a snapshot.
Json node_object(const std::string& path, const repo::Node& node);

/// "file", "dir", "symlink", "chardev", "dev", "fifo", "socket", as restic calls them.
std::string_view kind_name(source::Kind kind) noexcept;

/// The first letter of a line of `ls -l`.
char kind_letter(source::Kind kind) noexcept;

} // namespace torgo::cli
