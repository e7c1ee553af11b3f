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
inline constexpr double scenario_size_max = 1e6;      ///< metres

/// What docs/spec/mesh-scenario.md describes, with numbers in place of names. Nodes are counted in
/// the order of the file; the simulation has an order of its own (Field::node()).
struct Scenario {
    std::string name;
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
