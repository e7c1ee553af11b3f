#pragma once

#include "base/error.hpp"
#include "repo/snapshot.hpp"
#include "seal/sealer.hpp"
#include "source/walk.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace torgo::repo {

class Repository;

/// Counters that another thread may read at any time to draw a progress bar.
struct BackupProgress {
    std::atomic<std::uint64_t> files_done{0};
    std::atomic<std::uint64_t> bytes_done{0};
    std::atomic<std::uint64_t> files_total{0}; ///< 0 until the look ahead has finished
    std::atomic<std::uint64_t> bytes_total{0};
    std::atomic<std::uint64_t> bytes_stored{0}; ///< sealed bytes handed to packs so far
    std::atomic<std::uint64_t> problems{0};
};

/// Reads one stream to its end: standard input, or a command's output.
using StreamReader = std::function<Result<std::size_t>(ByteSpan out)>;

struct BackupOptions {
    std::vector<std::string> paths; ///< absolute; empty when `stream` is set
    StreamReader stream;            ///< read as one file named `stream_name`
    std::string stream_name = "/stdin";
    source::WalkOptions walk;
    std::vector<std::string> tags;
    std::string host;
    std::string user;
    bool dry_run = false; ///< reads and counts, writes nothing anywhere
    bool force = false;   ///< reads every file even when it seems unchanged
    bool look_ahead =
        false;          ///< counts files first, beside the work, so that time left can be shown
    std::string parent; ///< snapshot to compare with; empty = newest of same host and paths
    int compression = seal::zstd_level_default;
    unsigned threads = 0;   ///< 0 = one a core
    unsigned min_heads = 0; ///< heads that must take each pack; 0 = k + 1
    bool spool = false;     ///< the heads' spools keep what heads do not take, and count as heads
    std::stop_token stop;
};

struct BackupSummary {
    std::uint64_t files_new = 0, files_changed = 0, files_unmodified = 0;
    std::uint64_t directories = 0, others = 0;
    std::uint64_t bytes_read = 0;   ///< of files that were read
    std::uint64_t bytes_total = 0;  ///< of all files in the snapshot
    std::uint64_t bytes_new = 0;    ///< plain bytes of chunks that were not there before
    std::uint64_t bytes_sealed = 0; ///< the same after compression and sealing
    std::uint64_t bytes_packs = 0;  ///< packs written, with padding, before the erasure code
    std::uint64_t bytes_heads = 0;  ///< written to all heads together
    std::uint64_t chunks_new = 0, packs = 0;
    std::vector<source::Note> notes;        ///< what was skipped or could not be read, bounded
    std::uint64_t unreadable = 0;           ///< how many notes mean data is missing: exit code 3
    SnapshotId snapshot;                    ///< zero in a dry run
    std::string parent;                     ///< hex, empty when there was none
    std::vector<std::string> missing_heads; ///< URIs that did not take part: run `torgo heal`
};

/// Makes one snapshot. Nothing that was saved before is touched; when it returns success the
/// snapshot and all it needs are durable on at least `min_heads` heads, or with `spool` on this
/// machine for the rest of them.
///
/// errors  `too_few_heads` (also without `spool` while what waits in one is on too few heads),
/// `no_space`, `cancelled`, `not_found` (a named path), …
Result<BackupSummary> backup(Repository& repository, const BackupOptions& options,
                             BackupProgress& progress);

} // namespace torgo::repo
