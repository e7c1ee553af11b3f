#pragma once

#include "quantum/circuit.hpp"

#include <map>
#include <string>

namespace torgo::quantum {

/// A picture (SVG): the circuit's wires and gates, and how often each result came up.
///
/// in  the counts of a run, or none
std::string picture_svg(const Circuit& circuit,
                        const std::map<std::uint64_t, std::uint64_t>& counts,
                        const std::string& title);

} // namespace torgo::quantum
