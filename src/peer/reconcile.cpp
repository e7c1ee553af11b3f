#include "peer/reconcile.hpp"

#include "crypto/hash.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace torgo::peer {

namespace {

using FaultKind = ChainFault::Kind;
using Key = std::tuple<TraceId, Transfer, Digest>;

constexpr auto long_ago = std::numeric_limits<std::int64_t>::min();
constexpr auto far_ahead = std::numeric_limits<std::int64_t>::max();

Key key_of(const Receipt& receipt) {
    return {receipt.trace, receipt.kind, receipt.subject};
}

/// An end that had no answer does not know how the transfer ended.
bool is_open(const Receipt& receipt) {
    return receipt.failure == Errc::unavailable || receipt.failure == Errc::timeout ||
           receipt.failure == Errc::cancelled;
}

bool agree(const Receipt& ours, const Receipt& theirs) {
    if (is_open(ours)) return true;
    const bool content =
        ours.content == theirs.content || ours.content.is_zero() || theirs.content.is_zero();
    return content && ours.bytes == theirs.bytes && ours.failure == theirs.failure;
}

std::uint64_t distance(std::int64_t a, std::int64_t b) {
    const auto [low, high] = std::minmax(a, b);
    return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
}

/// Clocks differ: a gap is as much wider as two labels of one transfer may be apart.
Cause cause_of(const Receipt& receipt, std::span<const Gap> gaps, std::int64_t allowed_ns) {
    const auto allowed = static_cast<std::uint64_t>(allowed_ns);
    for (const auto& gap : gaps) {
        const auto time = receipt.time_ns;
        const bool before = time < gap.from_ns && distance(time, gap.from_ns) > allowed;
        const bool after = time > gap.to_ns && distance(time, gap.to_ns) > allowed;
        if (!before && !after) return gap.cause;
    }
    return Cause::none;
}

/// The state of reading a chain.
class ChainReader {
public:
    ChainReader(const PeerId& author, const RepoId& repository, const std::optional<Seen>& seen)
        : m_author(author), m_repository(repository), m_seen(seen) {}

    void take(const KeptBatch& kept) {
        const auto batch = decode_batch(kept.bytes);
        if (!batch || batch->number != kept.number) {
            pass_over(kept.number, FaultKind::damaged);
            return;
        }
        if (batch->author() != m_author || batch->repository != m_repository) {
            pass_over(kept.number, FaultKind::foreign);
            return;
        }
        link(*batch, crypto::sha256(kept.bytes));
        m_out.receipts.insert(m_out.receipts.end(), batch->receipts.begin(), batch->receipts.end());
    }

    Chain finish() {
        if (m_torn) gap(m_time_ns, far_ahead, Cause::damaged);
        if (m_seen && (!m_out.last || m_out.last->number < m_seen->number)) {
            fault(FaultKind::cut, m_seen->number);
            gap(m_time_ns, far_ahead, Cause::damaged);
        }
        return std::move(m_out);
    }

private:
    void fault(FaultKind kind, std::uint64_t number) { m_out.faults.push_back({kind, number}); }

    void gap(std::int64_t from_ns, std::int64_t to_ns, Cause cause) {
        m_out.gaps.push_back({from_ns, to_ns, cause});
    }

    /// Its receipts are not known, nor its hash, which the next one names.
    void pass_over(std::uint64_t number, FaultKind kind) {
        check_number(number);
        fault(kind, number);
        m_previous.reset();
        m_next = number + 1;
        m_torn = true;
    }

    void check_number(std::uint64_t number) {
        const bool is_first = std::exchange(m_is_first, false);
        if (number == m_next) return;
        if (is_first) {
            m_dropped = m_out.gaps.size(); // ends where the first sound batch begins
            gap(long_ago, far_ahead, Cause::dropped);
            m_previous.reset();
            return;
        }
        fault(FaultKind::missing, number);
        m_previous.reset();
        m_torn = true;
    }

    void link(const LedgerBatch& batch, const Digest& digest) {
        const auto first_ns =
            batch.receipts.empty() ? batch.time_ns : batch.receipts.front().time_ns;
        check_number(batch.number);
        if (m_dropped) m_out.gaps[*std::exchange(m_dropped, std::nullopt)].to_ns = first_ns;
        if (m_previous && *m_previous != batch.previous) fault(FaultKind::broken, batch.number);
        if (m_torn) gap(m_time_ns, first_ns, Cause::damaged);
        m_torn = false;
        if (batch.unsure != 0)
            gap(time_before(batch.number + 1 - batch.unsure), batch.time_ns, Cause::unfinished);
        if (m_seen && m_seen->number == batch.number && m_seen->digest != digest)
            fault(FaultKind::rewritten, batch.number);
        m_times[batch.number] = batch.time_ns;
        m_time_ns = batch.time_ns;
        m_previous = digest;
        m_next = batch.number + 1;
        m_out.last = Seen{batch.number, digest};
    }

    /// When the batch before this number was closed.
    std::int64_t time_before(std::uint64_t number) const {
        const auto after = m_times.lower_bound(number);
        return after == m_times.begin() ? long_ago : std::prev(after)->second;
    }

    const PeerId& m_author;
    const RepoId& m_repository;
    const std::optional<Seen>& m_seen;
    Chain m_out;
    std::map<std::uint64_t, std::int64_t> m_times; ///< of closing, by number
    std::uint64_t m_next = 0;
    std::optional<Digest> m_previous = Digest{};
    std::int64_t m_time_ns = long_ago;
    bool m_is_first = true;
    std::optional<std::size_t>
        m_dropped;       ///< the gap of dropped batches, while its end is not known
    bool m_torn = false; ///< a batch before the next one is not known
};

/// Their receipts of one key, and whether we have one of it.
struct Counterparts {
    std::vector<const Receipt*> receipts;
    bool known = false;
};

} // namespace

std::string_view name(Cause cause) noexcept {
    static constexpr std::string_view names[] = {"none", "dropped", "unfinished", "damaged"};
    return names[static_cast<std::size_t>(cause)];
}

std::string_view name(ChainFault::Kind kind) noexcept {
    static constexpr std::string_view names[] = {"damaged", "foreign",   "missing",
                                                 "broken",  "rewritten", "cut"};
    return names[static_cast<std::size_t>(kind)];
}

std::string_view name(Difference::Kind kind) noexcept {
    static constexpr std::string_view names[] = {"lost", "extra", "altered", "late"};
    return names[static_cast<std::size_t>(kind)];
}

// PEER-34
Chain read_chain(std::span<const KeptBatch> batches, const PeerId& author, const RepoId& repository,
                 const std::optional<Seen>& seen) {
    ChainReader reader(author, repository, seen);
    for (const auto& batch : batches)
        reader.take(batch);
    return reader.finish();
}

std::vector<Receipt> receipts_with(std::span<const Receipt> all, const PeerId& other) {
    std::vector<Receipt> out;
    std::ranges::copy_if(all, std::back_inserter(out),
                         [&](const Receipt& receipt) { return receipt.other == other; });
    return out;
}

// PEER-35
std::vector<Difference> reconcile(std::span<const Receipt> ours, std::span<const Receipt> theirs,
                                  std::span<const Gap> our_gaps, std::span<const Gap> their_gaps,
                                  std::int64_t allowed_ns) {
    using Kind = Difference::Kind;
    std::map<Key, Counterparts> open;
    for (const auto& receipt : theirs)
        open[key_of(receipt)].receipts.push_back(&receipt);
    std::vector<Difference> out;
    for (const auto& receipt : ours) {
        auto& [candidates, known] = open[key_of(receipt)];
        known = true;
        if (candidates.empty()) {
            if (!receipt.failure)
                out.push_back(
                    {Kind::lost, receipt, std::nullopt, cause_of(receipt, their_gaps, allowed_ns)});
            continue;
        }
        // A link may make a request again under its trace: what fits best is its counterpart.
        const auto fits = std::ranges::find_if(
            candidates, [&](const auto* other) { return agree(receipt, *other); });
        const auto found = fits == candidates.end() ? candidates.begin() : fits;
        const auto& other = **found;
        if (fits == candidates.end())
            out.push_back({Kind::altered, receipt, other, Cause::none});
        else if (distance(receipt.time_ns, other.time_ns) > static_cast<std::uint64_t>(allowed_ns))
            out.push_back({Kind::late, receipt, other, Cause::none});
        candidates.erase(found);
    }
    for (const auto& receipt : theirs)
        if (!receipt.failure && !open[key_of(receipt)].known)
            out.push_back(
                {Kind::extra, receipt, std::nullopt, cause_of(receipt, our_gaps, allowed_ns)});
    return out;
}

} // namespace torgo::peer
