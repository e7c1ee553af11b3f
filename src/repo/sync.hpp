#pragma once

// Brings what waits in a spool to the heads it is for (docs/spec/spool.md 5). Works on sealed
// bytes; needs no key and no other head.

#include "base/error.hpp"
#include "head/opener.hpp"
#include "head/spool.hpp"
#include "repo/repository.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

namespace torgo::repo {

struct SyncProgress {
    std::atomic<std::uint64_t> segments_done{0};
    std::atomic<std::uint64_t> segments_total{0};
    std::atomic<std::uint64_t> bytes_done{0};
    std::atomic<std::uint64_t> bytes_total{0};
};

/// What became of one head's share.
struct HeadSync {
    std::uint64_t segments_sent = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t segments_there = 0; ///< that the head had already
    std::uint64_t roots_sent = 0;
    std::uint64_t damaged = 0; ///< that the spool lost; once nothing is held: `torgo heal`
    head::Waiting waiting;     ///< what is left for this head
    std::optional<Error> why;  ///< why something is left; nothing where the commit is held
};

struct SyncReport {
    std::vector<HeadSync> heads;
    std::size_t needed = 0; ///< heads that must have their share before it is committed
    bool held = false;      ///< records wait until that is so
    /// That wait and were damaged in the spool for so many heads that they can not be given back:
    /// what waits is held for good.
    std::size_t lost_packs = 0;
    bool complete() const noexcept;
};

/// For every head that answers: the segments that wait for it, then, when enough heads have theirs,
/// the batches, then the snapshots. What a head has durably leaves the spool, nothing before. A
/// head that takes nothing holds up no other. Idempotent: after a crash at any moment, again.
///
/// errors  those of the spool; `cancelled`. What is wrong with a head is in the report
/// cost    each segment is read once and hashed; a thread for each head
Result<SyncReport> sync(const head::Opener& opener, const Place& place, head::Spool& spool,
                        const std::stop_token& stop, SyncProgress& progress);

} // namespace torgo::repo
