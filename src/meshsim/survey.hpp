#pragma once

#include "radio/scenario.hpp"

#include <cstdint>
#include <vector>

namespace torgo::meshsim {

/// What a plan is to reach.
struct Target {
    double latency_ms = 100;
    double share = 0.99;      ///< of all readings, within latency_ms
    double delivered = 0.999; ///< of all readings, ever
    double period_s = 60;
    std::uint8_t size = 8;
};

/// What may be built, and how cautiously.
struct Equipment {
    std::uint8_t hops_max = 3;
    std::uint8_t redundancy = 2;       ///< relays or edge nodes that hear each sensor
    double margin_db = 6;              ///< kept back from each link for what walls do not tell
    std::uint32_t cell_sensors = 1000; ///< of one network, about
    double sensor_power_dbm = 0;
    double relay_power_dbm = 0;
};

/// A place on a wall where there is power, and perhaps a network socket.
struct Socket {
    radio::Place at;
    bool network = false;
};

/// A building, what is in it, and what is wanted of it: docs/spec/mesh-plan.md.
struct Survey {
    std::string name;
    Target target;
    Equipment equipment;
    std::uint64_t seed = 1;
    radio::Phy phy;
    double floor_height_m = 3.5;
    std::vector<radio::Wall> walls;
    std::vector<radio::Place> sensors;
    std::vector<Socket> sockets;
    radio::Table building; ///< the file's own name, seed, radio, wall and room, for the scenario
};

/// Reads a plan's file strictly.
///
/// errors  `invalid_argument` "LINE:COLUMN: what is wrong"
Result<Survey> read_survey(const radio::Value& document);

} // namespace torgo::meshsim
