#pragma once

#include "base/chance.hpp"

// The draws of the simulated radio, made of those of base/chance.hpp.
namespace torgo::radio {

using torgo::below;
using torgo::mix;
using torgo::unit;

/// Normal with mean 0 and deviation 1, cut off at ± `limit`.
double normal(std::uint64_t bits, double limit);

/// The draws of one node, one after another.
class Chance {
public:
    Chance(std::uint64_t seed, std::uint32_t& counter) : m_seed(seed), m_counter(counter) {}

    std::uint64_t next() { return mix(m_seed, m_counter++); }

    std::uint32_t below(std::uint32_t bound) { return radio::below(next(), bound); }

    double unit() { return radio::unit(next()); }

private:
    std::uint64_t m_seed;
    std::uint32_t& m_counter;
};

} // namespace torgo::radio
