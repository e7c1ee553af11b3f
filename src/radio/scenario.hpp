#pragma once

#include "radio/document.hpp"
#include "radio/flood.hpp"
#include "radio/simulation.hpp"

#include <string>
#include <vector>

namespace torgo::radio {

inline constexpr std::size_t scenario_nodes_max = 1'000'000;
inline constexpr std::size_t scenario_walls_max = 200'000;
inline constexpr std::size_t scenario_list_max = 200; ///< roles, flows, events, groups, profiles
/// Of the product's stack: unicast addresses of a network, bytes of a message (opcode included),
/// and the least of one that edge nodes pass on to another network.
inline constexpr std::size_t stack_addresses = 32'767;
inline constexpr std::size_t stack_payload_max = 255;
inline constexpr std::size_t stack_far_payload_min = 7;
inline constexpr double scenario_size_max = 1e6; ///< metres

/// What docs/spec/mesh-scenario.md describes, with numbers in place of names. Nodes are counted in
/// the order of the file; the simulation has an order of its own (Field::node()).
struct Scenario {
    /// What runs on the nodes.
    enum class Device : std::uint8_t { stack, flooding };

    std::string name;
    Device device = Device::stack;
    Field::Plan plan;
    std::vector<FloodRole> roles;
    std::vector<std::string> role_names;
    std::vector<std::string> groups;
    std::vector<FloodNode> nodes; ///< by number
    Run run;                      ///< nodes in it are numbers
    double link_error_max = 0.1;  ///< what counts as a link when connectivity is told
};

/// Reads a scenario strictly.
///
/// errors  `invalid_argument` "LINE:COLUMN: what is wrong"
Result<Scenario> read_scenario(const Value& document);

} // namespace torgo::radio
