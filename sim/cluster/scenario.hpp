#pragma once

#include "sim/cluster/cluster.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace torgo::sim {

struct ScenarioOptions {
    Defect defect = Defect::none;
    bool readable = false;
};

/// What became of one seed.
struct Outcome {
    std::uint64_t seed = 0;
    std::uint64_t trace_hash = 0;
    std::vector<std::string> violations;
    std::vector<std::string> trace; ///< where it was to be readable
    std::size_t acknowledged = 0;   ///< snapshots
    std::size_t owed = 0;           ///< of them, those that had to be there at the end
    std::size_t steps_done = 0;     ///< steps of clients that succeeded
    std::size_t steps_failed = 0;
    unsigned most_wrong = 0; ///< heads at once
    std::int64_t virtual_ns = 0;
};

/// One history: steps, faults and lies drawn from the seed, checkers after every step; then the
/// faults stop, and everything that was acknowledged must be restored, healed and checked.
Outcome run_scenario(std::uint64_t seed, const ScenarioOptions& options = {});

} // namespace torgo::sim
