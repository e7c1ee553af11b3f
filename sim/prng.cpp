#include "sim/prng.hpp"

#include "base/ensure.hpp"

#include <bit>

namespace torgo::sim {

namespace {
std::uint64_t splitmix(std::uint64_t& state) {
    state += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
}
} // namespace

Prng::Prng(std::uint64_t seed) : m_state{} {
    for (auto& word : m_state)
        word = splitmix(seed);
}

std::uint64_t Prng::next() {
    const std::uint64_t result = std::rotl(m_state[1] * 5, 7) * 9;
    const std::uint64_t shifted = m_state[1] << 17U;
    m_state[2] ^= m_state[0];
    m_state[3] ^= m_state[1];
    m_state[1] ^= m_state[2];
    m_state[0] ^= m_state[3];
    m_state[2] ^= shifted;
    m_state[3] = std::rotl(m_state[3], 45);
    return result;
}

std::uint64_t Prng::below(std::uint64_t bound) {
    ENSURE(bound != 0);
    // 2^64 mod bound values are thrown away, so that every remainder is equally likely.
    const std::uint64_t surplus = (0 - bound) % bound;
    std::uint64_t value = next();
    while (value < surplus)
        value = next();
    return value % bound;
}

bool Prng::chance(std::uint64_t numerator, std::uint64_t denominator) {
    return below(denominator) < numerator;
}

void Prng::fill(ByteSpan out) {
    while (!out.empty()) {
        std::uint64_t word = next();
        const auto count = out.size() < sizeof word ? out.size() : sizeof word;
        for (std::size_t i = 0; i < count; ++i, word >>= 8U)
            out[i] = static_cast<std::uint8_t>(word);
        out = out.subspan(count);
    }
}

} // namespace torgo::sim
