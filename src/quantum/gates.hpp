#pragma once

#include "quantum/circuit.hpp"

#include <span>
#include <string_view>

namespace torgo::quantum {

/// A gate of the standard files ([QASM-7] and section 2 of docs/spec/openqasm-subset.md).
struct Gate {
    std::string_view name;
    std::string_view shown; ///< name in a drawing, where controls are dots
    std::uint8_t parameters = 0;
    std::uint8_t controls = 0;
    std::uint8_t targets = 1;
    Matrix (*matrix)(std::span<const double> parameters) = nullptr;
};

/// All of them, by name.
std::span<const Gate> gates() noexcept;

/// Null when there is none of that name.
const Gate* find_gate(std::string_view name) noexcept;

/// U(θ, φ, λ) as [QASM-8] says.
Matrix u_matrix(double theta, double phi, double lambda);

/// A gate of the standard files as an operation, its controls first among the qubits.
///
/// in  as many parameters and qubits as the gate has
Operation gate_operation(const Gate& gate, std::span<const double> parameters,
                         std::span<const Qubit> qubits);

/// Adds a gate by its name: for circuits that the program makes itself.
void add(Circuit& circuit, std::string_view name, const std::vector<Qubit>& qubits,
         const std::vector<double>& parameters = {});

void add_measure(Circuit& circuit, Qubit qubit, std::uint32_t bit);

} // namespace torgo::quantum
