#pragma once

#include "pack/entry.hpp"
#include "pack/ladder.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace torgo::pack {

/// Chunks that become one pack of `size` bytes.
struct Share {
    std::size_t chunks = 0;
    std::size_t size = 0;

    bool operator==(const Share&) const = default;
};

/// How the chunks of the last, not full pack of a session are dealt out over packs of the ladder,
/// so that little of them is padding.
///
/// in      `entries`, which fit into one pack of ladder.back() bytes
/// out     shares in the order of the chunks; none without chunks
/// cost    one pass over the entries for each pack
/// source  docs/spec/segment.md 1.4
std::vector<Share> shares(std::span<const Entry> entries);

} // namespace torgo::pack
