#pragma once

#include "gospel/value.hpp"

#include <cstdint>
#include <stop_token>
#include <string_view>

namespace torgo::workflow {

struct Shots {
    std::uint64_t count = 1024;
    std::uint64_t seed = 0;
    unsigned threads = 1;
    std::uint64_t memory_free = 0;
};

/// Simulates a circuit in OpenQASM; how often each result came, by its bits.
///
/// errors  those of quantum::read_qasm and quantum::run
Result<gospel::Value> counts_of(std::string_view qasm, const Shots& shots,
                                const std::stop_token& stop);

} // namespace torgo::workflow
