#pragma once

#include "radio/field.hpp"

#include <vector>

namespace torgo::radio {

/// Who could reach whom if nothing else were on the air.
struct Connectivity {
    std::size_t relays = 0;
    std::size_t components = 0;      ///< pieces of the graph of relays; 1 when all hang together
    std::size_t largest = 0;         ///< relays in the largest piece
    std::size_t nodes = 0;           ///< that are switched on
    std::size_t reach_edge = 0;      ///< nodes with a way to an edge node
    std::vector<std::uint16_t> hops; ///< to the next edge node, by node; no_way where there is none

    static constexpr std::uint16_t no_way = 0xFFFF;
};

/// in      by node: does it relay, is it an edge node, is it on, its network; a link counts when
/// its
///         packet error, both ways, is at most `error_max` for full packets
/// cost    a pass over all links
Connectivity connectivity(const Field& field, const std::vector<bool>& relays,
                          const std::vector<bool>& edges, const std::vector<bool>& on,
                          const std::vector<std::uint16_t>& networks, double error_max);

} // namespace torgo::radio
