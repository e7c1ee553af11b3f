#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstdint>

namespace torgo::sim {

/// Pseudo-random numbers that are the same on every machine and library for the same seed. Not for
/// secrets. One thread at a time.
///
/// source  xoshiro256** 1.0 and splitmix64, Blackman & Vigna 2018
class Prng {
public:
    explicit Prng(std::uint64_t seed);

    std::uint64_t next();

    /// Uniform in 0 … `bound` − 1; `bound` is not 0.
    std::uint64_t below(std::uint64_t bound);

    /// True `numerator` times out of `denominator`.
    bool chance(std::uint64_t numerator, std::uint64_t denominator);

    void fill(ByteSpan out);

private:
    std::array<std::uint64_t, 4> m_state{};
};

} // namespace torgo::sim
