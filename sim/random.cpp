#include "sim/random.hpp"

namespace torgo::sim {

void Random::fill(ByteSpan out) {
    const std::lock_guard lock(m_mutex);
    m_prng.fill(out);
}

} // namespace torgo::sim
