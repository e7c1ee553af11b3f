#pragma once

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "peer/receipt.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

/// What the ledgers of two ends show when they are laid side by side.
/// source  docs/spec/peer-protocol.md 6.3
namespace torgo::peer {

/// Labels of time that are further apart are called late.
inline constexpr std::int64_t late_after_ns = 300'000'000'000;

/// Why receipts may rightly be missing from a ledger.
enum class Cause : std::uint8_t {
    none,       ///< the ledger shows no reason
    dropped,    ///< older batches were dropped over the bound
    unfinished, ///< a process ended, or still runs, without having written them
    damaged,    ///< the batch that may hold it cannot be read or is not there
};

std::string_view name(Cause cause) noexcept;

/// Between these labels of time receipts may be missing from a ledger.
struct Gap {
    std::int64_t from_ns = 0;
    std::int64_t to_ns = 0;
    Cause cause = Cause::none;

    bool operator==(const Gap&) const = default;
};

/// What is wrong with a chain of batches.
struct ChainFault {
    enum class Kind : std::uint8_t {
        damaged,   ///< not in form, or not signed by its author
        foreign,   ///< of another author or repository
        missing,   ///< numbers are left out before it
        broken,    ///< does not name the batch before it
        rewritten, ///< not the batch of that number that was seen before
        cut,       ///< ends before a batch that was seen before
    };

    Kind kind = Kind::damaged;
    std::uint64_t number = 0; ///< of the batch

    bool operator==(const ChainFault&) const = default;
};

std::string_view name(ChainFault::Kind kind) noexcept;

/// The batch of a chain that was last seen, to be remembered between looks.
struct Seen {
    std::uint64_t number = 0;
    Digest digest;

    bool operator==(const Seen&) const = default;
};

/// A ledger as it was read.
struct Chain {
    std::vector<Receipt> receipts;
    std::vector<Gap> gaps;
    std::vector<ChainFault> faults;
    std::optional<Seen> last; ///< the newest batch that is sound
};

/// Reads batches in their order, and goes on after one that is not right.
/// in      `seen`, from an earlier look
/// cost    0.2 ms a batch, for its signature
Chain read_chain(std::span<const KeptBatch> batches, const PeerId& author, const RepoId& repository,
                 const std::optional<Seen>& seen);

/// One thing that two ledgers do not agree upon.
struct Difference {
    enum class Kind : std::uint8_t {
        lost,    ///< we saw it succeed, the other end has nothing of it
        extra,   ///< the other end saw it succeed, we have nothing of it
        altered, ///< the other end saw other content, size or outcome
        late,    ///< the labels of time are far apart
    };

    Kind kind = Kind::lost;
    Receipt receipt;              ///< ours; theirs of `extra`
    std::optional<Receipt> other; ///< theirs of `altered` and `late`
    Cause cause = Cause::none;    ///< what the ledger that lacks it says, of `lost` and `extra`

    bool operator==(const Difference&) const = default;
};

std::string_view name(Difference::Kind kind) noexcept;

/// Those of transfers with this other end.
std::vector<Receipt> receipts_with(std::span<const Receipt> all, const PeerId& other);

/// in      the receipts of one end for the other, and the gaps of both ledgers
/// out     ours in their order, then what is extra
std::vector<Difference> reconcile(std::span<const Receipt> ours, std::span<const Receipt> theirs,
                                  std::span<const Gap> our_gaps = {},
                                  std::span<const Gap> their_gaps = {},
                                  std::int64_t allowed_ns = late_after_ns);

} // namespace torgo::peer
