#pragma once

#include "quantum/circuit.hpp"

#include <string_view>

namespace torgo::quantum {

inline constexpr std::size_t max_file = std::size_t{1} << 20U;

/// Reads a circuit written in the subset of OpenQASM 2 and 3 of docs/spec/openqasm-subset.md.
///
/// errors  `invalid_argument` or `limit_exceeded`, "LINE:COLUMN: what is wrong and what to do"
/// cost    linear in the text, and at most 8 · max_operations steps of writing gates out: calls,
///         parts of their parameters, and operations that modifiers and conditions touch. At most
///         max_operations operations at a time
Result<Circuit> read_qasm(std::string_view text);

} // namespace torgo::quantum
