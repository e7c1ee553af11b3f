#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "peer/order.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// How the audits of other heads went, and when one of them is lost by it.
/// source  docs/spec/node.md 2
namespace torgo::node {

/// The audits of one head that were missed or failed since the last one that it passed.
struct Streak {
    std::uint32_t misses = 0;
    std::uint64_t lasted_s = 0; ///< time between them that this program saw pass

    /// in  `since_last_s`, since the audit before; 0 where that was before a restart
    void miss(std::uint64_t since_last_s) noexcept;

    void pass() noexcept { *this = {}; }

    bool is_lost(const peer::LossRule& rule) const noexcept {
        return misses >= rule.misses && lasted_s >= rule.lost_after_s;
    }

    bool operator==(const Streak&) const = default;
};

/// One for each head of an order. Small, so that a restart does not forget.
struct Tally {
    std::vector<Streak> heads;

    /// The head that the rule calls lost and that has been so for longest; nothing where there is
    /// none that the order lets take over.
    /// in  `places`, of the heads; empty for one that is not to be looked at
    std::optional<unsigned> lost(const peer::Order& order,
                                 const std::vector<std::string>& places) const;

    bool operator==(const Tally&) const = default;
};

Bytes encode(const Tally& tally);

/// errors  `corrupt`, `unsupported`
Result<Tally> decode_tally(ByteView bytes);

} // namespace torgo::node
