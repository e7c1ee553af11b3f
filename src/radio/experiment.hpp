#pragma once

#include "radio/connectivity.hpp"
#include "radio/scenario.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace torgo::radio {

struct NodeReport {
    std::uint32_t number = 0;
    std::uint8_t role = 0;
    std::uint16_t network = 0;
    std::int16_t floor = 0;
    Point at;
    bool relay = false;
    bool edge = false;
    bool alive = true;
    std::uint16_t hops = 0; ///< to an edge node; Connectivity::no_way
    std::uint32_t expected = 0;
    std::uint32_t arrived = 0;
    Counters counters;
    std::vector<std::uint32_t> neighbours; ///< numbers over good links; only of small networks
};

/// What came of a run, for tables and pictures.
struct Report {
    std::string name;
    std::uint64_t seed = 0;
    double virtual_s = 0;
    std::size_t networks = 0;
    double links_per_node = 0;
    double bytes_per_node = 0;
    std::uint64_t trace = 0;
    std::uint64_t messages = 0;
    std::uint64_t expected = 0;
    std::uint64_t arrived = 0;
    std::uint64_t surplus = 0;
    Histogram latency;
    Totals totals;
    Connectivity before; ///< at the start, without other traffic
    Connectivity after;  ///< at the end
    double link_error_max = 0;
    std::vector<std::string> role_names;
    std::vector<NodeReport> nodes; ///< by number
    std::vector<Wall> walls;

    double delivered() const {
        return expected == 0 ? 1 : static_cast<double>(arrived) / static_cast<double>(expected);
    }
};

/// Nodes above which pictures show areas, not nodes and links.
inline constexpr std::size_t drawn_links_max = 1500;

using DevicesMaker = std::function<std::unique_ptr<Devices>(
    const Field& field, const Scenario& scenario, const std::vector<Flow>& flows)>;

/// Runs a scenario with flooding, or with the devices that `maker` makes.
///
/// in  `threads` does not change what comes out
Result<Report> run_scenario(Scenario scenario, unsigned threads,
                            const std::function<bool(const Progress&)>& keep_going = {},
                            const DevicesMaker& maker = {});

} // namespace torgo::radio
