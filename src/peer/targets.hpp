#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "peer/exchange.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace torgo::peer {

inline constexpr std::size_t max_target = 512;
/// The most names that one page of a list may have; also the ids of one `have`.
inline constexpr std::size_t max_page = 65536;
/// The most cells that one request has combined. source  PEER-41
inline constexpr std::size_t max_combined_cells = 64;

enum class Route : std::uint8_t {
    node_status,
    join,
    repository_status,
    segment,
    audit,
    have,
    segments,
    root,
    roots,
    receipts, ///< a client's, to be kept
    repositories,
    combined,
    ledger, ///< the node's receipts
    mirror, ///< a client's, as the node keeps them
};

/// What a request is about. Fields that the route does not have keep their defaults.
struct Target {
    Route route = Route::node_status;
    RepoId repository;
    SegmentId segment;  ///< of `segment`, `audit`, `combined`; of `segments`, what the page follows
    std::string root;   ///< of `root`; of `roots`, what the page follows
    std::string prefix; ///< of `roots`
    std::size_t max = 0; ///< of `segments` and `roots`, 1 to max_page; of `combined`, the cells, 1
                         ///< to max_combined_cells
    std::uint64_t first = 0; ///< of `combined`, the first cell
    std::uint8_t factor = 0; ///< of `combined`
    std::uint64_t from = 0;  ///< of `ledger` and `mirror`: number of the first batch
    PeerId author;           ///< of `mirror`

    bool operator==(const Target&) const = default;
};

/// The one spelling of a target. in  a target whose fields are in their bounds
std::string format_target(const Target& target);

/// The inverse. errors  `unsupported` for what is no target, `invalid_argument` for one with a
/// wrong field. source  docs/spec/peer-protocol.md 2
Result<Target> parse_target(std::string_view text);

/// Whether a route is asked with this method.
bool allows(Route route, Method method) noexcept;

/// A part of a segment: from `first` to `last`, both in it.
struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    bool operator==(const Range&) const = default;
};

/// "bytes=A-B", and its strict inverse. errors  `invalid_argument`. source  PEER-9
std::string format_range(const Range& range);
Result<Range> parse_range(std::string_view text);

} // namespace torgo::peer
