#pragma once

#include "quantum/noise.hpp"
#include "quantum/plan.hpp"

namespace torgo::quantum {

/// Gates that run without a look at chance or bits, or one step that needs one.
struct Piece {
    Kind kind = Kind::gate; ///< gate, measure or reset
    Plan plan;              ///< of gates
    Qubit qubit = 0;
    std::uint32_t bit = 0;
    std::vector<Condition> conditions;
    std::vector<Qubit> noisy; ///< what noise befalls after the gate
};

struct LastMeasure {
    Qubit qubit = 0;
    std::uint32_t bit = 0;
};

/// A circuit in pieces that are run one after another.
struct Program {
    std::vector<Piece> pieces;
    /// Measurements after which nothing happens to what they measured: drawn together.
    std::vector<LastMeasure> last_measures;
    std::size_t first_by_chance = 0; ///< pieces before it are the same in every shot
    std::size_t noisy_places = 0;    ///< qubits after gates, of the whole circuit
    bool noise_only = false;         ///< whether noise strikes a shot is known before it is run
    Plan without_noise;              ///< all gates, where `noise_only`
    std::uint64_t bytes = 0;         ///< of all plans
};

/// errors  those of the limits, which hold for all plans together
Result<Program> make_program(const Circuit& circuit, const Noise& noise, const PlanLimits& limits);

} // namespace torgo::quantum
