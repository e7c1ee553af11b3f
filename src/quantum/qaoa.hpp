#pragma once

#include "quantum/circuit.hpp"

#include <stop_token>

namespace torgo::quantum {

/// Something to be made small: a sum over yes-no choices and over pairs of them. Bit i of an answer
/// is choice i.
struct Choices {
    struct Pair {
        std::uint32_t a = 0;
        std::uint32_t b = 0;
        double cost = 0; ///< when both are chosen
    };

    double constant = 0;
    std::vector<double> costs; ///< of each choice by itself
    std::vector<Pair> pairs;

    double cost(std::uint64_t answer) const;

    /// Adds weight · (number of chosen − wanted)².
    void want_exactly(std::size_t wanted, double weight);
};

/// The best answer by trying all. cost  2^choices · pairs
std::uint64_t best_by_trying_all(const Choices& choices);

struct QaoaResult {
    std::uint64_t best_sampled = 0;
    double mean_cost = 0;           ///< of what the circuit gives, exactly
    double probability_of_best = 0; ///< of the exact answer in one shot
    int evaluations = 0;            ///< circuits that the search for angles took
    Circuit circuit;                ///< with the angles found
};

/// The quantum approximate optimisation algorithm (Farhi, Goldstone, Gutmann 2014): angles found
/// with exact expectations from the state, then so many shots of which the best counts.
///
/// in  2 to 16 choices, at least one layer. A stop ends it with what it has, which is of no use
QaoaResult qaoa(const Choices& choices, std::size_t layers, std::uint64_t shots, std::uint64_t seed,
                const std::stop_token& stop = {});

} // namespace torgo::quantum
