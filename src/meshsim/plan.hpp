#pragma once

#include "meshsim/layout.hpp"
#include "radio/experiment.hpp"

#include <functional>
#include <string>
#include <vector>

namespace torgo::meshsim {

/// What the simulator said of one attempt.
struct Figures {
    std::uint64_t seed = 0;
    double in_time = 0;   ///< share of all readings that arrived within the target
    double delivered = 0; ///< share that arrived at all
    double p50_ms = 0;
    double p99_ms = 0;
    double connected = 0; ///< share of nodes with a way to an edge node of their network
};

/// One attempt of the search.
struct Round {
    Choice choice;
    std::size_t edges = 0;
    std::size_t relays = 0;
    std::size_t cells = 0;
    double busiest = 0;
    bool simulated = false;
    Figures figures;
    std::string verdict;
};

struct Plan {
    bool met = false; ///< with every seed that was tried
    Layout layout;
    std::vector<Figures> confirmed; ///< of the layout, by seed
    radio::Value scenario;          ///< of the layout: what was simulated, to be written
};

/// Runs a scenario; where a caller shows progress and stops the search.
using Simulate = std::function<Result<radio::Report>(radio::Scenario)>;

/// Looks for relays, TTL, edge nodes and cells with which the target is met.
///
/// Begins with as many hops as the latency may allow, since edge nodes need a cable, and changes
/// what the last simulation showed to be wrong. What is found is simulated with further seeds:
/// other shadows, other chances.
///
/// in      `tell` is called after each round
/// errors  those of `simulate`; `invalid_argument` where the scenario cannot be
Result<Plan> find_plan(const Survey& survey, const Simulate& simulate,
                       const std::function<void(const Round&)>& tell);

/// The scenario of a layout, complete.
radio::Value scenario_of(const Survey& survey, const Layout& layout, std::uint64_t seed);

} // namespace torgo::meshsim
