#include "quantum/program.hpp"

#include <algorithm>

namespace torgo::quantum {

namespace {

/// Index of the first operation of the measurements at the end, barriers among them.
std::size_t first_of_last(const std::vector<Operation>& all) {
    auto out = all.size();
    while (out > 0) {
        const auto& one = all[out - 1];
        const bool measure = one.kind == Kind::measure && one.conditions.empty();
        if (!measure && one.kind != Kind::barrier) break;
        --out;
    }
    return out;
}

/// Moves measurements of qubits that nothing happens to afterwards behind everything else, where no
/// condition can see the difference.
std::vector<Operation> measured_last(const Circuit& circuit) {
    const auto& all = circuit.operations;
    const bool asks =
        std::ranges::any_of(all, [](const auto& one) { return !one.conditions.empty(); });
    if (asks) return all;
    std::vector<bool> later(all.size());
    std::vector<bool> used(max_qubits);
    std::uint64_t bits_later = 0;
    for (auto i = all.size(); i-- > 0;) {
        const auto& one = all[i];
        if (one.kind == Kind::barrier) continue;
        const bool free = one.kind == Kind::measure && !used[one.targets[0]];
        const auto bit = std::uint64_t{1} << one.bit;
        // A bit that is written twice keeps what the later measurement says.
        if (free && (bits_later & bit) == 0) {
            later[i] = true;
            continue;
        }
        if (one.kind == Kind::measure) bits_later |= bit;
        for (const auto qubit : one.targets)
            used[qubit] = true;
        for (const auto& control : one.controls)
            used[control.qubit] = true;
    }
    std::vector<Operation> out;
    for (const bool last : {false, true})
        for (std::size_t i = 0; i < all.size(); ++i)
            if (later[i] == last) out.push_back(all[i]);
    return out;
}

std::vector<Qubit> qubits_of(const Operation& gate) {
    auto out = gate.targets;
    for (const auto& control : gate.controls)
        out.push_back(control.qubit);
    return out;
}

class Maker {
public:
    Maker(std::uint32_t qubits, const Noise& noise, const PlanLimits& limits)
        : m_qubits(qubits), m_noise(noise), m_limits(limits) {}

    /// Takes the operation's content where it is a gate to be joined with others.
    Result<> add(Operation& one) {
        if (one.kind == Kind::barrier) return flush();
        const bool plain =
            one.kind == Kind::gate && one.conditions.empty() && !m_noise.after_gates();
        if (plain) {
            m_gates.push_back(std::move(one));
            return {};
        }
        CHECK_OK(flush());
        Piece piece;
        piece.kind = one.kind;
        piece.conditions = one.conditions;
        piece.bit = one.bit;
        if (one.kind == Kind::gate) {
            TRY(piece.plan, plan(std::span(&one, 1)));
            if (m_noise.after_gates()) piece.noisy = qubits_of(one);
        } else {
            piece.qubit = one.targets[0];
        }
        m_program.noisy_places += piece.noisy.size();
        m_program.pieces.push_back(std::move(piece));
        return {};
    }

    Result<> flush() {
        if (m_gates.empty()) return {};
        Piece piece;
        TRY(piece.plan, plan(m_gates));
        m_program.pieces.push_back(std::move(piece));
        m_gates.clear();
        return {};
    }

    Result<Plan> plan(std::span<const Operation> gates) {
        PlanSettings settings;
        settings.limits = m_limits;
        settings.limits.bytes -= m_program.bytes;
        TRY(auto out, make_plan(m_qubits, gates, settings));
        m_program.bytes += out.bytes;
        return out;
    }

    Program take() { return std::move(m_program); }

private:
    std::uint32_t m_qubits;
    const Noise& m_noise;
    const PlanLimits& m_limits;
    std::vector<Operation> m_gates;
    Program m_program;
};

bool is_fixed(const Piece& piece) {
    return piece.kind == Kind::gate && piece.conditions.empty() && piece.noisy.empty();
}

} // namespace

Result<Program> make_program(const Circuit& circuit, const Noise& noise, const PlanLimits& limits) {
    auto sorted = measured_last(circuit);
    const auto end = first_of_last(sorted);
    Maker maker(circuit.qubits, noise, limits);
    bool only_gates = true;
    for (std::size_t i = 0; i < end; ++i) {
        auto& one = sorted[i];
        only_gates = only_gates && (one.kind == Kind::gate || one.kind == Kind::barrier) &&
                     one.conditions.empty();
        CHECK_OK(maker.add(one));
    }
    CHECK_OK(maker.flush());
    Plan without_noise;
    const bool noise_only = only_gates && noise.after_gates() && noise.damping == 0;
    if (noise_only) {
        std::vector<Operation> gates;
        for (auto& one : std::span(sorted).first(end))
            if (one.kind == Kind::gate) gates.push_back(std::move(one));
        TRY(without_noise, maker.plan(gates));
    }
    auto out = maker.take();
    out.noise_only = noise_only;
    out.without_noise = std::move(without_noise);
    for (auto i = end; i < sorted.size(); ++i)
        if (sorted[i].kind == Kind::measure)
            out.last_measures.push_back({sorted[i].targets[0], sorted[i].bit});
    const auto chance = std::ranges::find_if_not(out.pieces, is_fixed);
    out.first_by_chance = static_cast<std::size_t>(chance - out.pieces.begin());
    return out;
}

} // namespace torgo::quantum
