#pragma once

#include "mesh/address.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace torgo::mesh {

/// Which network PDUs were seen lately, so that a flood ends (Mesh Protocol 1.1, 3.4.5.6). Exact
/// entries of five bytes in sets of four, the oldest of a set making room: bounded, and one look
/// costs four comparisons whatever the size.
class MessageCache {
public:
    /// `entries`: a power of two, at least 4.
    explicit MessageCache(std::size_t entries);

    bool contains(bool ivi, Address src, std::uint32_t seq) const;

    /// Remembers it; to be called only for what has been authenticated.
    void insert(bool ivi, Address src, std::uint32_t seq);

    /// Brings small caches nearer to the processor, for contains().
    void expect() const { __builtin_prefetch(m_sets.data()); }

    std::size_t heap_bytes() const { return m_sets.capacity() * sizeof(Set); }

private:
    static constexpr std::size_t ways = 4;

    /// 40 bits each: a unicast address has 15. 0: empty, as no source is address 0.
    struct Set {
        std::array<std::uint32_t, ways> low{};
        std::array<std::uint8_t, ways> high{};
    };

    std::size_t set_of(std::uint64_t entry) const;

    std::vector<Set> m_sets;
};

} // namespace torgo::mesh
