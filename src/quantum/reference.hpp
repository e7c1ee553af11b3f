#pragma once

#include "quantum/circuit.hpp"

#include <span>

namespace torgo::quantum {

/// Applies one gate to a state as the definition says, one amplitude after another: what the fast
/// kernels are held against.
///
/// in    2^n amplitudes; a gate whose qubits are below n
/// cost  2^n · 2^targets multiplications
void apply_reference(std::span<Complex> amplitudes, const Operation& gate);

} // namespace torgo::quantum
