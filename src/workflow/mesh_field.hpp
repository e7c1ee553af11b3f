#pragma once

#include <cstdint>
#include <string>

namespace torgo::workflow {

inline constexpr std::int64_t mesh_nodes_min = 2;

/// The scenario of docs/spec/mesh-scenario.md with so many nodes: sensors in a square, one for
/// 7.5 m², and an edge node every 12 m; a reading of each a minute, for six seconds.
std::string mesh_scenario(std::uint32_t nodes, std::uint32_t seed);

} // namespace torgo::workflow
