#include "quantum/reference.hpp"

#include "base/ensure.hpp"

namespace torgo::quantum {

namespace {
bool controls_hold(const Operation& gate, std::size_t index) {
    for (const auto& control : gate.controls)
        if ((index >> control.qubit & 1U) != (control.value ? 1U : 0U)) return false;
    return true;
}

void apply_phase(std::span<Complex> amplitudes, const Operation& gate) {
    for (std::size_t i = 0; i < amplitudes.size(); ++i)
        if (controls_hold(gate, i)) amplitudes[i] *= gate.matrix[0];
}

void apply_one(std::span<Complex> amplitudes, const Operation& gate) {
    const auto bit = std::size_t{1} << gate.targets[0];
    const auto& m = gate.matrix;
    for (std::size_t i = 0; i < amplitudes.size(); ++i) {
        if ((i & bit) != 0 || !controls_hold(gate, i)) continue;
        const auto a = amplitudes[i];
        const auto b = amplitudes[i | bit];
        amplitudes[i] = m[0] * a + m[1] * b;
        amplitudes[i | bit] = m[2] * a + m[3] * b;
    }
}

void apply_two(std::span<Complex> amplitudes, const Operation& gate) {
    const auto low = std::size_t{1} << gate.targets[0];
    const auto high = std::size_t{1} << gate.targets[1];
    for (std::size_t i = 0; i < amplitudes.size(); ++i) {
        if ((i & (low | high)) != 0 || !controls_hold(gate, i)) continue;
        const std::size_t at[4] = {i, i | low, i | high, i | low | high};
        Complex before[4];
        for (std::size_t k = 0; k < 4; ++k)
            before[k] = amplitudes[at[k]];
        for (std::size_t row = 0; row < 4; ++row) {
            Complex sum{};
            for (std::size_t k = 0; k < 4; ++k)
                sum += gate.matrix[row * 4 + k] * before[k];
            amplitudes[at[row]] = sum;
        }
    }
}
} // namespace

void apply_reference(std::span<Complex> amplitudes, const Operation& gate) {
    ENSURE(gate.kind == Kind::gate && gate.targets.size() <= 2);
    if (gate.targets.empty()) apply_phase(amplitudes, gate);
    if (gate.targets.size() == 1) apply_one(amplitudes, gate);
    if (gate.targets.size() == 2) apply_two(amplitudes, gate);
}

} // namespace torgo::quantum
