#pragma once

#include "mesh/address.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace torgo::mesh {

/// Which network PDUs were seen lately, so that a flood ends (Mesh Protocol 1.1, 3.4.5.6). Exact
/// entries in sets of four, the oldest of a set making room: bounded, and one look costs four
/// comparisons whatever the size.
class MessageCache {
public:
    /// `entries`: a power of two, at least 4.
    explicit MessageCache(std::size_t entries);

    bool contains(bool ivi, Address src, std::uint32_t seq) const;

    /// Remembers it; to be called only for what has been authenticated.
    void insert(bool ivi, Address src, std::uint32_t seq);

    std::size_t heap_bytes() const { return m_entries.capacity() * sizeof m_entries[0]; }

private:
    static constexpr std::size_t ways = 4;

    std::size_t set_of(std::uint64_t entry) const;

    std::vector<std::uint64_t> m_entries; ///< 0: empty, as no source is address 0
};

} // namespace torgo::mesh
