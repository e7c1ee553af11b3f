#pragma once

#include "quantum/circuit.hpp"

#include <limits>
#include <span>
#include <stop_token>

namespace torgo::quantum {

/// Several gates as one: a matrix with controls, or a diagonal.
struct Block {
    bool diagonal = false;
    std::vector<Qubit> qubits;     ///< ascending: of the matrix, or of the diagonal's table
    std::vector<Control> controls; ///< of a matrix
    Matrix matrix;                 ///< of a diagonal its 2^n factors
};

/// What it takes in memory, but for what the allocator adds.
std::uint64_t bytes_of(const Block& block);

struct Blocks {
    std::vector<Block> all;
    std::uint64_t bytes = 0; ///< of all
};

/// What making gates ready may take.
struct PlanLimits {
    std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
    std::stop_token stop = {};

    /// errors  `limit_exceeded` where more than that was taken; `cancelled` after a stop
    Result<> check(std::uint64_t taken) const;
};

/// Joins gates into fewer blocks, where going through the state once with a larger matrix costs
/// less than several times with smaller ones. Gates change places only where they commute.
///
/// in      gates only: no measurement, no condition, no barrier
/// errors  those of `limits`
/// cost    linear in the gates
Result<Blocks> fuse(std::span<const Operation> gates, const PlanLimits& limits = {});

/// Each gate as a block of its own.
Result<Blocks> unfused(std::span<const Operation> gates, const PlanLimits& limits = {});

} // namespace torgo::quantum
