#pragma once

#include "base/error.hpp"
#include "quantum/state.hpp"

#include <string_view>

namespace torgo::quantum {

/// What goes wrong by chance, as probabilities. All but `readout` happen after each gate, to each
/// of its qubits by itself, in this order.
struct Noise {
    double bit_flip = 0;     ///< X
    double phase_flip = 0;   ///< Z
    double depolarizing = 0; ///< the qubit's state is forgotten: none, X, Y or Z, each in a quarter
    double damping = 0;      ///< amplitude damping: a 1 becomes 0
    double readout = 0;      ///< a measurement tells the other value; the qubit is as it was

    bool after_gates() const noexcept {
        return bit_flip > 0 || phase_flip > 0 || depolarizing > 0 || damping > 0;
    }
};

/// "bitflip=0.01,readout=0.02"; further names are phaseflip, depolarizing, damping.
/// errors  `invalid_argument`
Result<Noise> read_noise(std::string_view text);

/// The draws of one shot, one after another. The same for the same seed and shot.
class Draws {
public:
    Draws(std::uint64_t seed, std::uint64_t shot);

    /// Uniform in [0, 1).
    double next();

    /// Uniform words.
    std::uint64_t next_word();

private:
    std::uint64_t m_key;
    std::uint64_t m_counter = 0;
};

/// What befalls a qubit after a gate, drawn from `draws` and done to the state.
/// cost  one pass or two for each that happens; with damping always
void apply_noise(const Noise& noise, State& state, Qubit qubit, Draws& draws);

/// The same draws, where nothing depends on the state: whether anything happens.
///
/// in  noise without damping
bool noise_strikes(const Noise& noise, Draws& draws);

/// A measurement by chance; the state is what it leaves.
bool measure(State& state, Qubit qubit, Draws& draws);

/// X on one qubit.
void flip(State& state, Qubit qubit);

} // namespace torgo::quantum
