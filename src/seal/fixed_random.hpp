#pragma once

#include "env/random.hpp"

#include <cstdint>

namespace torgo::seal {

/// Repeatable bytes for tests (splitmix64); no secret may come from it.
class FixedRandom final : public env::Random {
public:
    explicit FixedRandom(std::uint64_t seed) : m_state(seed) {}

    void fill(ByteSpan out) override {
        for (auto& byte : out)
            byte = static_cast<std::uint8_t>(next() >> 56U);
    }

    std::uint64_t next() {
        m_state += 0x9E3779B97F4A7C15U;
        auto z = m_state;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

private:
    std::uint64_t m_state;
};

} // namespace torgo::seal
