#pragma once

#include "radio/flood.hpp"
#include "radio/simulation.hpp"

#include <memory>
#include <vector>

namespace torgo::radio {

/// A small run put together by hand: what the validation and the tests stand on.
struct Laboratory {
    Laboratory();

    /// Returns the node's number.
    std::uint32_t add(const Point& at, std::uint8_t role = 0, std::uint8_t profile = 0);

    /// Flows name nodes by number here.
    Result<> start();
    Result<> finish();

    NodeId node(std::uint32_t number) const { return field->node(number); }

    const Counters& counters(std::uint32_t number) const {
        return simulation->counters(node(number));
    }

    Field::Plan plan; ///< no shadowing, no noise to speak of, one profile
    std::vector<FloodRole> roles;
    std::vector<std::uint8_t> role_of; ///< by number
    Run run;
    std::unique_ptr<Devices> devices; ///< flooding, unless set
    std::unique_ptr<Field> field;
    std::unique_ptr<Simulation> simulation;
};

} // namespace torgo::radio
