#pragma once

#include <bit>
#include <cstdint>

// Numbers that look random and follow from what they belong to: a seed, a node, a counter, a pair.
// So a draw needs no generator that somebody must ask first, and no order of threads changes it.
// Not for secrets.
namespace torgo {

/// One 64-bit word thoroughly mixed (the finalizer of splitmix64, Steele et al. 2014).
constexpr std::uint64_t mix(std::uint64_t x) {
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ x >> 30U) * 0xBF58476D1CE4E5B9U;
    x = (x ^ x >> 27U) * 0x94D049BB133111EBU;
    return x ^ x >> 31U;
}

constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    return mix(mix(a) ^ std::rotl(b, 32));
}

constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    return mix(mix(a, b) ^ std::rotl(c, 17));
}

/// Uniform in [0, 1) with 53 bits.
constexpr double unit(std::uint64_t bits) {
    return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

/// Uniform in 0 … bound − 1; 0 when bound is 0.
constexpr std::uint32_t below(std::uint64_t bits, std::uint32_t bound) {
    return static_cast<std::uint32_t>((bits >> 32U) * bound >> 32U);
}

} // namespace torgo
