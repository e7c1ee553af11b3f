#pragma once

#include "base/error.hpp"

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace torgo::repo {

class Repository;

struct CheckProgress {
    std::atomic<std::uint64_t> packs_done{0};
    std::atomic<std::uint64_t> packs_total{0};
    std::atomic<std::uint64_t> bytes_done{0};
};

struct CheckOptions {
    double read_data = 0; ///< share of the packs to read and open whole, 0 … 1
    unsigned threads = 0;
    std::stop_token stop;
};

struct CheckReport {
    std::uint64_t snapshots = 0, packs = 0, chunks = 0, segments = 0;
    std::uint64_t packs_read = 0, bytes_read = 0;
    std::vector<std::string> errors;   ///< data that cannot be restored now, or is not authentic
    std::vector<std::string> warnings; ///< redundancy that is lost: heal mends it
    std::uint64_t segments_missing = 0, segments_corrupt = 0, roots_missing = 0;
    std::uint64_t unreferenced_segments = 0, unreferenced_bytes = 0;
};

/// Proves, as far as asked, that every snapshot can be restored: signatures, chain of snapshots,
/// every tree, every chunk known to the index, every segment present on its head; with `read_data`
/// also every byte of a random share of the packs. Needs `unlock`; changes nothing.
Result<CheckReport> check(Repository& repository, const CheckOptions& options,
                          CheckProgress& progress);

struct HealProgress {
    std::atomic<std::uint64_t> segments_done{0};
    std::atomic<std::uint64_t> segments_total{0};
    std::atomic<std::uint64_t> bytes_done{0};
};

struct HealOptions {
    int head = -1; ///< index of the head to heal, or all
    /// Where the head was when it was just moved; of a group, new members have to be made then.
    std::string moved_from{};
    bool read_data = false; ///< verify every segment's hash instead of its presence and size
    unsigned threads = 0;
    std::uint64_t bytes_a_second = 0; ///< read for rebuilding, at most; 0: as fast as it goes
    std::stop_token stop;
};

struct HealReport {
    std::uint64_t segments_checked = 0, segments_rebuilt = 0, segments_corrupt = 0;
    std::uint64_t roots_copied = 0;
    std::uint64_t bytes_rebuilt = 0, bytes_read = 0;
    std::vector<std::string> problems; ///< packs with fewer than k good segments, heads that fail
    bool out_of_space = false;         ///< one of the problems: a head has no room
    /// Segments' packs and roots that a healed head still lacks, though they are somewhere: not
    /// what is bad or lost everywhere.
    std::uint64_t unmade = 0;
};

/// Rebuilds what any head lacks from the others, on encrypted bytes: needs no key and no `unlock`.
/// A head that is an empty folder is made anew; corrupt segments are replaced. What lies on members
/// of a group that are away is rebuilt onto the others when its head is named. Packs that are
/// expected to be lost first come first (repo/danger.hpp).
Result<HealReport> heal(Repository& repository, const HealOptions& options, HealProgress& progress);

} // namespace torgo::repo
