#include "quantum/kernels.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <bit>

namespace torgo::quantum {

namespace {

/// Registers whose place in a diagonal's table is looked up and not gathered bit by bit.
constexpr std::uint32_t low_map_bits_max = 7;

std::uint32_t lane_bits(std::uint32_t lanes) {
    return static_cast<std::uint32_t>(std::countr_zero(lanes));
}

std::vector<const Kernels*> detect() {
    std::vector<const Kernels*> out = {&base_kernels()};
#ifdef __x86_64__
    const bool fma = __builtin_cpu_supports("fma") != 0;
    if (fma && __builtin_cpu_supports("avx2") != 0) out.push_back(&avx2_kernels());
    if (fma && __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
        __builtin_cpu_supports("avx512vl") != 0)
        out.push_back(&avx512_kernels());
#endif
    return out;
}

std::size_t mask_of(const std::vector<Control>& controls) {
    std::size_t out = 0;
    for (const auto& control : controls)
        out |= std::size_t{1} << control.qubit;
    return out;
}

/// For each target the qubit that its rows lie apart in memory by; empty when there are too few.
std::vector<Qubit> slots_of(const std::vector<Qubit>& qubits, std::size_t controls,
                            std::uint32_t state_qubits, std::uint32_t lanes) {
    const auto inside = lane_bits(lanes);
    auto used = controls;
    for (const auto qubit : qubits)
        used |= std::size_t{1} << qubit;
    std::vector<Qubit> out;
    Qubit partner = inside;
    for (const auto qubit : qubits) {
        if (qubit >= inside) {
            out.push_back(qubit);
            continue;
        }
        while (partner < state_qubits && (used >> partner & 1U) != 0)
            ++partner;
        if (partner >= state_qubits) return {};
        out.push_back(partner++);
    }
    return out;
}

} // namespace

std::span<const Kernels* const> kernels_here() {
    static const auto here = detect();
    return here;
}

const Kernels& best_kernels() {
    return *kernels_here().back();
}

DenseView view(const DenseStep& step) noexcept {
    return {.re = step.re.data(),
            .im = step.im.data(),
            .offsets = step.offsets.data(),
            .taken = step.taken,
            .value = step.value,
            .targets = step.targets,
            .lows = step.lows,
            .low = {step.low[0], step.low[1]},
            .real = step.real};
}

DiagonalView view(const DiagonalStep& step, std::size_t part) noexcept {
    return {.table = step.table.data() + part * step.part_size,
            .low_map = step.low_map.data(),
            .low_map_size = step.low_map.size(),
            .high_bits = step.high_bits.data(),
            .high_count = static_cast<std::uint32_t>(step.high_bits.size()),
            .high_first = step.high_first};
}

const Kernels& kernels_of(const Kernels& best, std::uint32_t lanes) noexcept {
    return lanes == best.lanes ? best : base_kernels();
}

DenseStep prepare_dense(const Matrix& matrix, const std::vector<Qubit>& qubits,
                        const std::vector<Control>& controls, std::uint32_t state_qubits,
                        std::uint32_t lanes) {
    ENSURE(!qubits.empty() && qubits.size() <= dense_qubits_max);
    const auto mask = mask_of(controls);
    const bool lane_control = (mask & (lanes - 1)) != 0;
    auto slots = slots_of(qubits, mask, state_qubits, lanes);
    if (slots.empty() || lane_control || state_qubits < lane_bits(lanes)) {
        ENSURE(lanes > 1);
        return prepare_dense(matrix, qubits, controls, state_qubits, 1);
    }
    DenseStep out;
    out.lanes = lanes;
    out.targets = static_cast<std::uint32_t>(qubits.size());
    out.taken = mask | (lanes - 1);
    for (const auto& control : controls)
        if (control.value) out.value |= std::size_t{1} << control.qubit;
    for (std::size_t i = 0; i < qubits.size(); ++i) {
        if (qubits[i] < lane_bits(lanes)) out.low[out.lows++] = qubits[i];
        out.taken |= std::size_t{1} << slots[i];
        for (std::size_t row = 0; row < std::size_t{1} << qubits.size(); ++row)
            if ((row >> i & 1U) != 0) out.offsets[row] |= std::size_t{1} << slots[i];
    }
    out.real = std::ranges::all_of(matrix, [](Complex c) { return c.imag() == 0; });
    for (const auto& entry : matrix) {
        out.re.push_back(entry.real());
        out.im.push_back(entry.imag());
    }
    return out;
}

DiagonalStep prepare_diagonal(const std::vector<Complex>& factors, const std::vector<Qubit>& qubits,
                              std::uint32_t state_qubits, std::uint32_t lanes) {
    if (state_qubits < lane_bits(lanes)) lanes = 1;
    const auto inside = lane_bits(lanes);
    DiagonalStep out;
    out.lanes = lanes;
    const auto lows = static_cast<std::size_t>(
        std::ranges::count_if(qubits, [&](Qubit qubit) { return qubit < inside; }));
    const auto entries = factors.size() >> lows;
    out.table.resize(entries * 4 * lanes);
    for (std::size_t entry = 0; entry < entries; ++entry)
        for (std::uint32_t lane = 0; lane < lanes; ++lane) {
            std::size_t index = entry << lows;
            for (std::size_t i = 0; i < lows; ++i)
                index |= std::size_t{lane >> qubits[i] & 1U} << i;
            auto* const re = &out.table[entry * 4 * lanes + std::size_t{2} * lane];
            auto* const im = re + std::size_t{2} * lanes;
            re[0] = re[1] = factors[index].real();
            im[0] = -factors[index].imag();
            im[1] = factors[index].imag();
        }
    const auto map_bits = std::min(low_map_bits_max, state_qubits - inside);
    out.low_map.resize(std::size_t{1} << map_bits);
    out.part_size = 4 * std::size_t{lanes};
    std::uint32_t place = 0;
    for (auto i = lows; i < qubits.size() && qubits[i] < state_qubits; ++i, ++place) {
        out.part_size *= 2;
        const auto bit = qubits[i] - inside;
        if (bit >= map_bits) {
            if (out.high_bits.empty()) out.high_first = place;
            out.high_bits.push_back(bit);
            continue;
        }
        for (std::size_t number = 0; number < out.low_map.size(); ++number)
            if ((number >> bit & 1U) != 0)
                out.low_map[number] = static_cast<std::uint16_t>(out.low_map[number] | 1U << place);
    }
    return out;
}

} // namespace torgo::quantum
