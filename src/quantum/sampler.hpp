#pragma once

#include "quantum/state.hpp"

namespace torgo::quantum {

/// Draws basis states by their probabilities, many from one state.
class Sampler {
public:
    /// cost  one pass. The state must outlive this and stay as it is.
    explicit Sampler(const State& state);

    /// The basis state that a uniform draw in [0, 1) means. cost  up to 2^12 amplitudes
    std::size_t at(double draw) const;

private:
    const State& m_state;
    std::vector<double> m_until; ///< sum of the probabilities up to the end of each part
    std::size_t m_part = 0;      ///< amplitudes of a part
};

} // namespace torgo::quantum
