#pragma once

#include "quantum/fusion.hpp"
#include "quantum/kernels.hpp"
#include "quantum/state.hpp"

#include <variant>

namespace torgo::quantum {

/// One step on a chunk. Qubits outside of the chunk are fixed there.
struct Step {
    std::variant<DenseStep, DiagonalStep> what;
    std::size_t outer_mask = 0;      ///< controls outside of the chunk, bits of an index
    std::size_t outer_value = 0;     ///< what they must be
    std::vector<Qubit> outer_qubits; ///< of a diagonal: choose the part of its table
};

/// Steps that go over the state once together: chunk by chunk, each chunk fetched into a buffer
/// that the processor's cache holds, worked on by all of them and put back.
struct Run {
    std::vector<Qubit> chunk; ///< ascending: the qubits whose values differ within a chunk
    std::vector<Step> steps;
};

/// Gates made ready for states of so many qubits.
struct Plan {
    std::uint32_t qubits = 0;
    const Kernels* kernels = nullptr;
    std::vector<Run> runs;
    std::uint64_t bytes = 0; ///< of the steps
};

struct PlanSettings {
    const Kernels* kernels = nullptr; ///< null: the best ones
    bool fused = true;
    std::uint32_t chunk_qubits = 14; ///< 256 KiB: half of an L2 cache of today
    PlanLimits limits = {};          ///< of blocks and steps together
};

/// in      gates only, on qubits below `qubits`
/// errors  those of the limits
/// cost    linear in the gates: each is looked at for at most 256 runs
Result<Plan> make_plan(std::uint32_t qubits, std::span<const Operation> gates,
                       const PlanSettings& settings = {});

/// Applies the gates. The result does not depend on the number of threads.
///
/// in    a state of the plan's qubits; after a stop it is of no use
/// cost  one pass over the state for each run; 256 KiB a thread. A stop is seen after one step on
///       one chunk
void execute(const Plan& plan, State& state, unsigned threads, const std::stop_token& stop = {});

} // namespace torgo::quantum
