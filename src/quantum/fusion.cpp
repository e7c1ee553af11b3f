#include "quantum/fusion.hpp"

#include "base/ensure.hpp"
#include "quantum/kernels.hpp"

#include <algorithm>
#include <optional>

namespace torgo::quantum {

namespace {

/// Blocks that a gate may move past. More finds little.
constexpr std::size_t window = 48;

std::vector<Qubit> sorted(std::vector<Qubit> qubits) {
    std::ranges::sort(qubits);
    const auto same = std::ranges::unique(qubits);
    qubits.erase(same.begin(), same.end());
    return qubits;
}

std::vector<Qubit> all_qubits(const Block& block) {
    auto out = block.qubits;
    for (const auto& control : block.controls)
        out.push_back(control.qubit);
    return sorted(std::move(out));
}

std::vector<Complex> factors_of(const Matrix& matrix, std::size_t rows) {
    std::vector<Complex> out(rows);
    for (std::size_t i = 0; i < rows; ++i)
        out[i] = matrix[i * rows + i];
    return out;
}

Matrix matrix_of(const std::vector<Complex>& factors) {
    const auto rows = factors.size();
    Matrix out(rows * rows);
    for (std::size_t i = 0; i < rows; ++i)
        out[i * rows + i] = factors[i];
    return out;
}

/// A phase under controls is a diagonal gate on one of them.
Operation with_target(Operation gate) {
    if (!gate.targets.empty() || gate.controls.empty()) return gate;
    const auto last = gate.controls.back();
    gate.controls.pop_back();
    gate.targets = {last.qubit};
    const auto phase = gate.matrix[0];
    gate.matrix = last.value ? Matrix{1, 0, 0, phase} : Matrix{phase, 0, 0, 1};
    return gate;
}

Block block_of(const Operation& operation) {
    const auto gate = with_target(operation);
    Block out;
    auto all = gate.targets;
    for (const auto& control : gate.controls)
        all.push_back(control.qubit);
    all = sorted(std::move(all));
    if (is_diagonal(gate.matrix) && all.size() <= diagonal_qubits_max) {
        out.diagonal = true;
        out.qubits = all;
        const auto wide = widened(gate.matrix, gate.targets, gate.controls, all);
        out.matrix = factors_of(wide, std::size_t{1} << all.size());
        return out;
    }
    out.qubits = sorted(gate.targets);
    out.controls = gate.controls;
    out.matrix = widened(gate.matrix, gate.targets, {}, out.qubits);
    return out;
}

/// What going through the state with it takes, in multiplications of an amplitude: one for each
/// column of the matrix, and about two for fetching and storing.
double cost(const Block& block) {
    if (block.diagonal) return 3;
    const auto whole = 2.0 + static_cast<double>(std::size_t{1} << block.qubits.size());
    return block.controls.empty() ? whole : whole / 2 + 1;
}

bool disjoint(const std::vector<Qubit>& a, const std::vector<Qubit>& b) {
    return std::ranges::none_of(a,
                                [&](Qubit qubit) { return std::ranges::binary_search(b, qubit); });
}

Matrix dense_on(const Block& block, const std::vector<Qubit>& all) {
    return widened(block.diagonal ? matrix_of(block.matrix) : block.matrix, block.qubits,
                   block.controls, all);
}

std::vector<Complex> factors_on(const Block& block, const std::vector<Qubit>& all) {
    std::vector<Complex> out(std::size_t{1} << all.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        std::size_t index = 0;
        for (std::size_t k = 0, found = 0; k < all.size() && found < block.qubits.size(); ++k)
            if (all[k] == block.qubits[found]) index |= (i >> k & 1U) << found++;
        out[i] = block.matrix[index];
    }
    return out;
}

/// Both as one block, `first` applied first; nothing where that would not be cheaper.
std::optional<Block> joined(const Block& first, const Block& second,
                            const std::vector<Qubit>& first_all,
                            const std::vector<Qubit>& second_all) {
    auto all = first_all;
    all.insert(all.end(), second_all.begin(), second_all.end());
    all = sorted(std::move(all));
    Block out;
    if (first.diagonal && second.diagonal) {
        if (all.size() > diagonal_qubits_max) return std::nullopt;
        out.diagonal = true;
        out.matrix = factors_on(first, all);
        const auto more = factors_on(second, all);
        for (std::size_t i = 0; i < more.size(); ++i)
            out.matrix[i] *= more[i];
        out.qubits = std::move(all);
        return out;
    }
    if (all.size() > dense_qubits_max) return std::nullopt;
    out.qubits = all;
    if (cost(out) > cost(first) + cost(second)) return std::nullopt;
    out.matrix = product(dense_on(second, all), dense_on(first, all));
    return out;
}

/// Joins the gate to a block that it can move back to. False: it stays by itself.
bool absorb(std::vector<Block>& blocks, std::vector<std::vector<Qubit>>& touched,
            const Block& gate) {
    const auto own = all_qubits(gate);
    const auto least = blocks.size() > window ? blocks.size() - window : 0;
    for (auto i = blocks.size(); i-- > least;) {
        if (auto both = joined(blocks[i], gate, touched[i], own)) {
            blocks[i] = std::move(*both);
            touched[i] = all_qubits(blocks[i]);
            return true;
        }
        if (!disjoint(touched[i], own) && !(blocks[i].diagonal && gate.diagonal)) return false;
    }
    return false;
}

} // namespace

std::vector<Block> unfused(std::span<const Operation> gates) {
    std::vector<Block> out;
    for (const auto& gate : gates)
        out.push_back(block_of(gate));
    return out;
}

std::vector<Block> fuse(std::span<const Operation> gates) {
    std::vector<Block> out;
    std::vector<std::vector<Qubit>> touched;
    for (const auto& gate : gates) {
        auto block = block_of(gate);
        if (absorb(out, touched, block)) continue;
        touched.push_back(all_qubits(block));
        out.push_back(std::move(block));
    }
    return out;
}

} // namespace torgo::quantum
