#pragma once

#include "quantum/circuit.hpp"

namespace torgo::quantum {

/// Gates of the standard files by chance, with more controls of either value added by chance.
Circuit random_circuit(std::uint32_t qubits, int count, std::uint64_t seed);

/// The Fourier transform of all qubits, with the swaps at its end.
Circuit qft_circuit(std::uint32_t qubits);

} // namespace torgo::quantum
