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

/// The factors of a diagonal gate on all of its qubits, controls among them.
Matrix diagonal_on(const Operation& gate, const std::vector<Qubit>& all) {
    const auto place = [&](Qubit qubit) {
        return static_cast<std::size_t>(std::ranges::lower_bound(all, qubit) - all.begin());
    };
    const auto own = factors_of(gate.matrix, std::size_t{1} << gate.targets.size());
    Matrix out(std::size_t{1} << all.size(), Complex{1});
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto met = [&](const Control& one) {
            return (i >> place(one.qubit) & 1U) == (one.value ? 1U : 0U);
        };
        if (!std::ranges::all_of(gate.controls, met)) continue;
        std::size_t index = 0;
        for (std::size_t k = 0; k < gate.targets.size(); ++k)
            index |= (i >> place(gate.targets[k]) & 1U) << k;
        out[i] = own[index];
    }
    return out;
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
        out.matrix = diagonal_on(gate, all);
        out.qubits = std::move(all);
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
bool absorb(Blocks& blocks, std::vector<std::vector<Qubit>>& touched, const Block& gate) {
    const auto own = all_qubits(gate);
    const auto least = blocks.all.size() > window ? blocks.all.size() - window : 0;
    for (auto i = blocks.all.size(); i-- > least;) {
        auto& block = blocks.all[i];
        if (auto both = joined(block, gate, touched[i], own)) {
            blocks.bytes = blocks.bytes - bytes_of(block) + bytes_of(*both);
            block = std::move(*both);
            touched[i] = all_qubits(block);
            return true;
        }
        if (!disjoint(touched[i], own) && !(block.diagonal && gate.diagonal)) return false;
    }
    return false;
}

} // namespace

Result<> PlanLimits::check(std::uint64_t taken) const {
    if (stop.stop_requested()) return fail(Errc::cancelled, "the run was stopped");
    if (taken <= bytes) return {};
    return fail(Errc::limit_exceeded,
                "the gates of this circuit, made ready, need more memory than is free beside the "
                "state: use fewer gates or fewer qubits");
}

std::uint64_t bytes_of(const Block& block) {
    return sizeof(Block) + block.matrix.size() * sizeof(Complex) +
           block.qubits.size() * sizeof(Qubit) + block.controls.size() * sizeof(Control);
}

Result<Blocks> unfused(std::span<const Operation> gates, const PlanLimits& limits) {
    Blocks out;
    for (const auto& gate : gates) {
        out.all.push_back(block_of(gate));
        out.bytes += bytes_of(out.all.back());
        CHECK_OK(limits.check(out.bytes));
    }
    return out;
}

Result<Blocks> fuse(std::span<const Operation> gates, const PlanLimits& limits) {
    Blocks out;
    std::vector<std::vector<Qubit>> touched;
    for (const auto& gate : gates) {
        CHECK_OK(limits.check(out.bytes));
        auto block = block_of(gate);
        if (absorb(out, touched, block)) continue;
        out.bytes += bytes_of(block);
        touched.push_back(all_qubits(block));
        out.all.push_back(std::move(block));
    }
    CHECK_OK(limits.check(out.bytes));
    return out;
}

} // namespace torgo::quantum
