#pragma once

#include "base/id.hpp"

#include <cstdint>

namespace torgo::index {

/// Where a sealed chunk lies. The owner of the index keeps the table that turns `pack` into a
/// PackId.
struct Location {
    std::uint32_t pack = 0;   ///< number of the pack in the owner's table
    std::uint32_t offset = 0; ///< bytes from the pack's start

    bool operator==(const Location&) const = default;
};

struct Entry {
    ChunkId id;
    Location location;

    bool operator==(const Entry&) const = default;
};

/// 32 bytes that name what an index is about (a repository), so that the cache of another one is
/// never taken for it.
using Fingerprint = Digest;

} // namespace torgo::index
