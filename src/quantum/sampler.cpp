#include "quantum/sampler.hpp"

#include <algorithm>

namespace torgo::quantum {

namespace {
constexpr std::size_t part_most = 4096;
}

Sampler::Sampler(const State& state) : m_state(state), m_part(std::min(part_most, state.size())) {
    const auto all = state.amplitudes();
    double sum = 0;
    for (std::size_t from = 0; from < all.size(); from += m_part) {
        double part = 0;
        for (const auto& amplitude : all.subspan(from, m_part))
            part += std::norm(amplitude);
        m_until.push_back(sum += part);
    }
}

std::size_t Sampler::at(double draw) const {
    // The sum is 1 but for rounding: the draw is measured by it.
    const auto wanted = draw * m_until.back();
    const auto found = std::ranges::upper_bound(m_until, wanted);
    const auto part =
        std::min(static_cast<std::size_t>(found - m_until.begin()), m_until.size() - 1);
    const auto all = m_state.amplitudes();
    auto left = wanted - (part == 0 ? 0 : m_until[part - 1]);
    auto last = part * m_part;
    for (auto i = last; i < (part + 1) * m_part; ++i) {
        const auto probability = std::norm(all[i]);
        if (probability == 0) continue;
        last = i;
        if (left < probability) break;
        left -= probability;
    }
    return last;
}

} // namespace torgo::quantum
