#pragma once

#include "quantum/state.hpp"

#include <stop_token>
#include <string_view>

namespace torgo::quantum {

/// A product of Pauli operators: X where only `x` has a bit, Z where only `z` has, Y where both.
struct PauliWord {
    std::size_t x = 0;
    std::size_t z = 0;

    auto operator<=>(const PauliWord&) const = default;
};

struct PauliTerm {
    double coefficient = 1;
    PauliWord word;
};

/// A Hermitian operator.
using PauliSum = std::vector<PauliTerm>;

/// "0.5*Z0*Z1 - X2 + 1.25": factors parted by `*`, each a number or X, Y, Z or I with its qubit.
/// errors  `invalid_argument` for anything else, and for qubits from `qubits` on
Result<PauliSum> read_pauli_sum(std::string_view text, std::uint32_t qubits);

/// ⟨state|sum|state⟩; of no use after a stop. cost  one pass for each term
double expectation(const State& state, const PauliSum& sum, const std::stop_token& stop = {});

/// What a sum does to a vector of amplitudes.
std::vector<Complex> applied(const PauliSum& sum, std::span<const Complex> amplitudes);

/// The product of two words is a word times i^power; power 0 to 3.
struct PauliProduct {
    PauliWord word;
    unsigned power = 0;
};
PauliProduct multiplied(const PauliWord& left, const PauliWord& right);

} // namespace torgo::quantum
