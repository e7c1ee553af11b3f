#pragma once

#include <cstdint>

namespace torgo::radio {

/// Virtual time in microseconds since the start of a run.
using Time = std::uint64_t;

inline constexpr Time never = ~Time{0};
inline constexpr Time millisecond = 1000;
inline constexpr Time second = 1'000'000;

/// A node's index in a run, in the order of its place (see Field), not of its address.
using NodeId = std::uint32_t;

inline constexpr unsigned node_bits = 24;
inline constexpr NodeId nodes_max = (1U << node_bits) - 1;
inline constexpr NodeId no_node = nodes_max;

} // namespace torgo::radio
