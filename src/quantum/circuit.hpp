#pragma once

#include "base/error.hpp"

#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Circuits of qubits and their exact simulation by state vectors. Nothing here is about the
/// program's own cryptography.
namespace torgo::quantum {

using Complex = std::complex<double>;
using Qubit = std::uint32_t;

inline constexpr std::size_t max_qubits = 32;
inline constexpr std::size_t max_bits = 64; ///< classical; a result is one word
inline constexpr std::size_t max_operations = 250'000;

/// A gate acts where all of its controls have these values.
struct Control {
    Qubit qubit = 0;
    bool value = true;

    bool operator==(const Control&) const = default;
};

/// A square matrix of 2^n rows, row after row. Bit i of a row or column number belongs to target i.
using Matrix = std::vector<Complex>;

enum class Kind : std::uint8_t { gate, measure, reset, barrier };

/// Classical bits as a number with `first` as bit 0, compared with a value.
struct Condition {
    std::uint32_t first = 0;
    std::uint32_t count = 1;
    std::uint64_t value = 0;
    bool equal = true; ///< else: must differ

    bool operator==(const Condition&) const = default;
    bool holds(std::uint64_t bits) const noexcept;
};

struct Operation {
    Kind kind = Kind::gate;
    std::string name; ///< without its controls; for people
    std::vector<double> parameters;
    std::vector<Control> controls;
    std::vector<Qubit> targets; ///< of a gate at most 2; none: a phase of the whole state
    Matrix matrix;              ///< of the targets; empty unless a gate
    std::uint32_t bit = 0;      ///< where a measurement's result goes
    std::vector<Condition> conditions;
};

/// A named row of qubits or of classical bits.
struct Register {
    std::string name;
    std::uint32_t first = 0;
    std::uint32_t size = 0;
};

struct Circuit {
    std::uint32_t qubits = 0;
    std::uint32_t bits = 0;
    std::vector<Register> quantum;
    std::vector<Register> classical;
    std::vector<Operation> operations;
};

/// A circuit of so many qubits without registers' names, one classical bit for each.
Circuit make_circuit(std::uint32_t qubits);

/// Rows times columns of two matrices of the same size.
Matrix product(const Matrix& left, const Matrix& right);

/// Transposed and conjugated: the inverse of a unitary matrix.
Matrix adjoint(const Matrix& matrix);

/// Nothing but its diagonal is other than zero.
bool is_diagonal(const Matrix& matrix) noexcept;

/// The rows that `matrix` becomes when the qubits `at` are some of `all`, and controls, too. Bit i
/// of its rows belongs to all[i].
///
/// in  `all` holds every target and every control
Matrix widened(const Matrix& matrix, const std::vector<Qubit>& at,
               const std::vector<Control>& controls, const std::vector<Qubit>& all);

/// A result as it is written: the highest bit left, registers parted by a space ([QASM-7]).
std::string bits_text(const Circuit& circuit, std::uint64_t bits);

} // namespace torgo::quantum
