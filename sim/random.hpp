#pragma once

#include "env/random.hpp"
#include "sim/prng.hpp"

#include <mutex>

namespace torgo::sim {

/// Bytes that look random and are the same for the same seed. Thread-safe, and then in the order in
/// which the threads come.
class Random final : public env::Random {
public:
    explicit Random(std::uint64_t seed) : m_prng(seed) {}

    void fill(ByteSpan out) override;

private:
    std::mutex m_mutex;
    Prng m_prng;
};

} // namespace torgo::sim
