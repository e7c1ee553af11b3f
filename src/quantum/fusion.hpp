#pragma once

#include "quantum/circuit.hpp"

#include <span>

namespace torgo::quantum {

/// Several gates as one: a matrix with controls, or a diagonal.
struct Block {
    bool diagonal = false;
    std::vector<Qubit> qubits;     ///< ascending: of the matrix, or of the diagonal's table
    std::vector<Control> controls; ///< of a matrix
    Matrix matrix;                 ///< of a diagonal its 2^n factors
};

/// Joins gates into fewer blocks, where going through the state once with a larger matrix costs
/// less than several times with smaller ones. Gates change places only where they commute.
///
/// in    gates only: no measurement, no condition, no barrier
/// cost  linear in the gates
std::vector<Block> fuse(std::span<const Operation> gates);

/// Each gate as a block of its own.
std::vector<Block> unfused(std::span<const Operation> gates);

} // namespace torgo::quantum
