#include "quantum/plan.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace torgo::quantum {

namespace {

/// Qubits that every chunk holds where it has room: 1 KiB lies together in memory.
constexpr std::uint32_t together = 6;
/// Blocks left over by a run after which no more are looked at for it.
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

std::uint64_t bytes_of(const Step& step) {
    const auto own = sizeof(Step) + step.outer_qubits.size() * sizeof(Qubit);
    if (const auto* const dense = std::get_if<DenseStep>(&step.what))
        return own + (dense->re.size() + dense->im.size()) * sizeof(double);
    const auto& diagonal = std::get<DiagonalStep>(step.what);
    return own + diagonal.table.size() * sizeof(double) +
           diagonal.low_map.size() * sizeof(std::uint16_t) +
           diagonal.high_bits.size() * sizeof(std::uint32_t);
}

/// Puts blocks into runs, in an order that changes nothing.
class Runs {
public:
    Runs(const std::vector<Block>& blocks, std::uint32_t chunk_qubits)
        : m_blocks(blocks), m_chunk_qubits(chunk_qubits) {
        const auto others = static_cast<std::uint32_t>(dense_qubits_max);
        const auto fixed = chunk_qubits > others ? std::min(together, chunk_qubits - others) : 0;
        m_fixed = (std::size_t{1} << fixed) - 1;
    }

    bool done() const { return m_kept.empty() && m_next == m_blocks.size(); }

    /// The blocks of the next run: those that mix qubits of one chunk only, and that do not have
    /// to wait for one that is left.
    std::vector<std::size_t> take(std::size_t& chunk) {
        std::vector<std::size_t> out;
        m_waiting = 0;
        chunk = m_fixed;
        for (const auto block : std::exchange(m_kept, {}))
            (takes(block, chunk) ? out : m_kept).push_back(block);
        for (; m_next < m_blocks.size() && m_kept.size() < window; ++m_next)
            (takes(m_next, chunk) ? out : m_kept).push_back(m_next);
        chunk = filled(chunk, m_chunk_qubits);
        return out;
    }

private:
    bool takes(std::size_t number, std::size_t& chunk) {
        const auto& block = m_blocks[number];
        const auto wider = chunk | mixed(block);
        const bool fits = static_cast<std::uint32_t>(std::popcount(wider)) <= m_chunk_qubits;
        const auto own = touched(block);
        if (fits && (own & m_waiting) == 0) {
            chunk = wider;
            return true;
        }
        m_waiting |= own;
        return false;
    }

    const std::vector<Block>& m_blocks;
    std::uint32_t m_chunk_qubits;
    std::size_t m_fixed = 0;         ///< qubits that every chunk holds
    std::vector<std::size_t> m_kept; ///< blocks before m_next that no run has yet; at most `window`
    std::size_t m_next = 0;
    std::size_t m_waiting = 0; ///< qubits that a block left over touches
};

} // namespace

Result<Plan> make_plan(std::uint32_t qubits, std::span<const Operation> gates,
                       const PlanSettings& settings) {
    Plan plan;
    plan.qubits = qubits;
    plan.kernels = settings.kernels != nullptr ? settings.kernels : &best_kernels();
    TRY(auto blocks,
        settings.fused ? fuse(gates, settings.limits) : unfused(gates, settings.limits));
    for (auto& block : blocks.all)
        block = without_low_controls(std::move(block));
    Runs runs(blocks.all, std::min(qubits, settings.chunk_qubits));
    while (!runs.done()) {
        std::size_t chunk = 0;
        const auto taken = runs.take(chunk);
        ENSURE(!taken.empty());
        Run run;
        run.chunk = qubits_of(chunk);
        for (const auto number : taken) {
            const auto& block = blocks.all[number];
            run.steps.push_back(block.diagonal
                                    ? diagonal_step(block, run.chunk, plan.kernels->lanes)
                                    : dense_step(block, run.chunk, plan.kernels->lanes));
            plan.bytes += bytes_of(run.steps.back());
            CHECK_OK(settings.limits.check(blocks.bytes + plan.bytes));
        }
        plan.runs.push_back(std::move(run));
    }
    return plan;
}

} // namespace torgo::quantum
