#include "quantum/plan.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <bit>

namespace torgo::quantum {

namespace {

/// Qubits that every chunk holds where it has room: 1 KiB lies together in memory.
constexpr std::uint32_t together = 6;
/// Blocks looked at for a run beyond the first that does not fit.
constexpr std::size_t window = 256;
/// Lowest qubits, which a register of the widest kernels may hold: no control of a step is among
/// them.
constexpr Qubit lane_qubits = 2;

/// The qubits whose amplitudes a block mixes.
std::size_t mixed(const Block& block) {
    std::size_t out = 0;
    if (block.diagonal) return out;
    for (const auto qubit : block.qubits)
        out |= std::size_t{1} << qubit;
    return out;
}

std::size_t touched(const Block& block) {
    std::size_t out = 0;
    for (const auto qubit : block.qubits)
        out |= std::size_t{1} << qubit;
    for (const auto& control : block.controls)
        out |= std::size_t{1} << control.qubit;
    return out;
}

/// Controls that a register would hold become part of the matrix.
Block without_low_controls(Block block) {
    std::vector<Control> kept;
    std::vector<Control> moved;
    for (const auto& control : block.controls)
        (control.qubit < lane_qubits ? moved : kept).push_back(control);
    if (moved.empty()) return block;
    auto all = block.qubits;
    for (const auto& control : moved)
        all.push_back(control.qubit);
    std::ranges::sort(all);
    block.matrix = widened(block.matrix, block.qubits, moved, all);
    block.qubits = std::move(all);
    block.controls = std::move(kept);
    return block;
}

/// The place of a qubit within a chunk.
Qubit local(const std::vector<Qubit>& chunk, Qubit qubit) {
    return static_cast<Qubit>(std::ranges::lower_bound(chunk, qubit) - chunk.begin());
}

bool holds(const std::vector<Qubit>& chunk, Qubit qubit) {
    return std::ranges::binary_search(chunk, qubit);
}

Step dense_step(const Block& block, const std::vector<Qubit>& chunk, std::uint32_t lanes) {
    Step out;
    std::vector<Qubit> qubits;
    for (const auto qubit : block.qubits)
        qubits.push_back(local(chunk, qubit));
    std::vector<Control> inner;
    for (const auto& control : block.controls) {
        const auto bit = std::size_t{1} << control.qubit;
        if (holds(chunk, control.qubit)) {
            inner.push_back({local(chunk, control.qubit), control.value});
            continue;
        }
        out.outer_mask |= bit;
        if (control.value) out.outer_value |= bit;
    }
    out.what =
        prepare_dense(block.matrix, qubits, inner, static_cast<std::uint32_t>(chunk.size()), lanes);
    return out;
}

/// The same factors for other qubits in another order; order[i] is the place in `block.qubits` of
/// what becomes bit i.
std::vector<Complex> reordered(const Block& block, const std::vector<std::size_t>& order) {
    std::vector<Complex> out(block.matrix.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        std::size_t from = 0;
        for (std::size_t bit = 0; bit < order.size(); ++bit)
            from |= (i >> bit & 1U) << order[bit];
        out[i] = block.matrix[from];
    }
    return out;
}

/// Qubits outside of the chunk become the highest bits of the table's index.
Step diagonal_step(const Block& block, const std::vector<Qubit>& chunk, std::uint32_t lanes) {
    Step out;
    std::vector<Qubit> qubits;
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < block.qubits.size(); ++i) {
        if (!holds(chunk, block.qubits[i])) continue;
        qubits.push_back(local(chunk, block.qubits[i]));
        order.push_back(i);
    }
    const auto size = static_cast<std::uint32_t>(chunk.size());
    for (std::size_t i = 0; i < block.qubits.size(); ++i) {
        if (holds(chunk, block.qubits[i])) continue;
        out.outer_qubits.push_back(block.qubits[i]);
        qubits.push_back(size + static_cast<Qubit>(out.outer_qubits.size()));
        order.push_back(i);
    }
    out.what = prepare_diagonal(reordered(block, order), qubits, size, lanes);
    return out;
}

std::vector<Qubit> qubits_of(std::size_t mask) {
    std::vector<Qubit> out;
    for (Qubit qubit = 0; mask >> qubit != 0; ++qubit)
        if ((mask >> qubit & 1U) != 0) out.push_back(qubit);
    return out;
}

/// The lowest qubits that are not there yet, until a chunk is full.
std::size_t filled(std::size_t mask, std::uint32_t wanted) {
    for (Qubit qubit = 0; static_cast<std::uint32_t>(std::popcount(mask)) < wanted; ++qubit)
        mask |= std::size_t{1} << qubit;
    return mask;
}

/// Takes the blocks of the next run out of `left`: those that mix qubits of one chunk only, and
/// that do not have to wait for one that is left.
std::vector<Block> take_run(std::vector<Block>& left, std::uint32_t chunk_qubits,
                            std::size_t& chunk) {
    std::vector<Block> out;
    std::vector<Block> kept;
    std::size_t waiting = 0;
    const auto others = static_cast<std::uint32_t>(dense_qubits_max);
    const auto fixed = chunk_qubits > others ? std::min(together, chunk_qubits - others) : 0;
    chunk = (std::size_t{1} << fixed) - 1;
    for (auto& block : left) {
        const auto wider = chunk | mixed(block);
        const bool fits = static_cast<std::uint32_t>(std::popcount(wider)) <= chunk_qubits;
        if (fits && kept.size() < window && (touched(block) & waiting) == 0) {
            chunk = wider;
            out.push_back(std::move(block));
            continue;
        }
        waiting |= touched(block);
        kept.push_back(std::move(block));
    }
    left = std::move(kept);
    chunk = filled(chunk, chunk_qubits);
    return out;
}

} // namespace

Plan make_plan(std::uint32_t qubits, std::span<const Operation> gates,
               const PlanSettings& settings) {
    Plan plan;
    plan.qubits = qubits;
    plan.kernels = settings.kernels != nullptr ? settings.kernels : &best_kernels();
    auto left = settings.fused ? fuse(gates) : unfused(gates);
    for (auto& block : left)
        block = without_low_controls(std::move(block));
    const auto chunk_qubits = std::min(qubits, settings.chunk_qubits);
    while (!left.empty()) {
        std::size_t chunk = 0;
        const auto blocks = take_run(left, chunk_qubits, chunk);
        ENSURE(!blocks.empty());
        Run run;
        run.chunk = qubits_of(chunk);
        for (const auto& block : blocks)
            run.steps.push_back(block.diagonal
                                    ? diagonal_step(block, run.chunk, plan.kernels->lanes)
                                    : dense_step(block, run.chunk, plan.kernels->lanes));
        plan.runs.push_back(std::move(run));
    }
    return plan;
}

} // namespace torgo::quantum
