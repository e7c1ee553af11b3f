#pragma once

#include "quantum/noise.hpp"

#include <map>
#include <stop_token>

namespace torgo::quantum {

struct RunSettings {
    std::uint64_t shots = 1024;
    std::uint64_t seed = 0;
    unsigned threads = 1;
    std::uint64_t memory_free = 0; ///< bytes that states and gates made ready may take
    Noise noise = {};
    std::stop_token stop = {};
};

struct Outcome {
    std::map<std::uint64_t, std::uint64_t> counts; ///< classical bits to how often
    bool one_state = false; ///< every shot was drawn from one state; else each had its own
};

/// Runs a circuit from all qubits zero, so many times.
///
/// The counts follow from circuit, seed and noise; threads change nothing.
/// errors  `limit_exceeded` where memory does not hold the state and the gates; `cancelled`
/// cost    2^n · 16 bytes, twice where each shot has its own state; then, too, each thread's. A
///         stop is seen within one pass over the state
Result<Outcome> run(const Circuit& circuit, const RunSettings& settings);

/// The state after all gates of a circuit without measurements, resets or conditions.
/// errors  `limit_exceeded`; `invalid_argument` where it has some; `cancelled`
Result<State> final_state(const Circuit& circuit, std::uint64_t memory_free, unsigned threads,
                          const std::stop_token& stop = {});

/// The circuit with a measurement of every qubit at its end when it has none; true when it was so.
bool measure_all_if_none(Circuit& circuit);

} // namespace torgo::quantum
