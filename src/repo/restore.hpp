#pragma once

#include "base/error.hpp"
#include "repo/aside.hpp"
#include "repo/snapshot.hpp"
#include "source/excludes.hpp"

#include <atomic>
#include <stop_token>
#include <string>
#include <vector>

namespace torgo::repo {

class Repository;

struct RestoreProgress {
    std::atomic<std::uint64_t> files_done{0};
    std::atomic<std::uint64_t> files_total{0};
    std::atomic<std::uint64_t> bytes_done{0};
    std::atomic<std::uint64_t> bytes_total{0};
};

/// What to do when something is in the way at the target.
enum class Overwrite : std::uint8_t {
    always,     ///< replace whatever differs
    if_changed, ///< replace when size or time differs
    if_newer,   ///< replace when the snapshot's is newer
    never,      ///< keep what is there
};

struct RestoreOptions {
    std::string target;       ///< absolute folder; made when absent
    std::string subfolder;    ///< restore only what lies under this path of the snapshot, as root
    source::Excludes include; ///< empty = everything
    source::Excludes exclude;
    Overwrite overwrite = Overwrite::always;
    bool sparse = false; ///< long zero runs become holes even where the source had none
    bool verify = false; ///< read everything back afterwards and compare
    bool dry_run = false;
    unsigned threads = 0;
    Aside* aside = nullptr; ///< told of every change of the target before it is made
    std::stop_token stop;
};

struct RestoreSummary {
    std::uint64_t files = 0, directories = 0, others = 0, skipped = 0;
    std::uint64_t bytes = 0;
    std::uint64_t verified_files = 0;
    std::vector<std::string> problems; ///< one sentence each, bounded
    std::uint64_t problem_count = 0;
};

/// Writes a snapshot's files back. A file whose data cannot be had whole is not left behind
/// looking whole: it is removed again and named among the problems.
Result<RestoreSummary> restore(Repository& repository, const Snapshot& snapshot,
                               const RestoreOptions& options, RestoreProgress& progress);

} // namespace torgo::repo
