#pragma once

#include "base/error.hpp"

#include <string>
#include <vector>

namespace torgo::radio {

/// One figure that the simulator gives beside one that is known.
struct Check {
    std::string group;
    std::string what;
    std::string source; ///< closed form, or whose measurement
    double expected = 0;
    double measured = 0;
    std::string unit;
    double tolerance = 0; ///< relative, unless `absolute`
    enum class Kind : std::uint8_t {
        relative,
        absolute,
        at_most,
        at_least,
        shown
    } kind = Kind::relative;

    bool holds() const;
};

/// The experiments, one group each. Every one is a run of its own with a fixed seed; all together
/// take some seconds.
///
/// errors  those of Simulation::run
Result<std::vector<Check>> check_two_nodes();
Result<std::vector<Check>> check_aloha();
Result<std::vector<Check>> check_capture();
Result<std::vector<Check>> check_ti_line();
Result<std::vector<Check>> check_silabs_line();
Result<std::vector<Check>> check_density();

/// All of them, in this order.
Result<std::vector<Check>> check_all();

/// What no check could show, a sentence each.
std::vector<std::string> not_validated();

} // namespace torgo::radio
