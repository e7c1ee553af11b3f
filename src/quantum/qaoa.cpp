#include "quantum/qaoa.hpp"

#include "base/ensure.hpp"
#include "quantum/gates.hpp"
#include "quantum/minimise.hpp"
#include "quantum/noise.hpp"
#include "quantum/plan.hpp"
#include "quantum/sampler.hpp"

#include <cmath>

namespace torgo::quantum {

namespace {

constexpr std::size_t choices_max = 16;
constexpr int grid = 16; ///< points a side, of the first layer's two angles
constexpr double angle_max = 1.5;
constexpr int evaluations_a_layer = 120;

class Search {
public:
    explicit Search(const Choices& choices)
        : m_choices(choices), m_qubits(static_cast<std::uint32_t>(choices.costs.size())) {
        for (std::uint64_t answer = 0; answer < std::uint64_t{1} << m_qubits; ++answer)
            m_costs.push_back(choices.cost(answer));
        double mean = 0;
        double square = 0;
        for (const auto cost : m_costs) {
            mean += cost / static_cast<double>(m_costs.size());
            square += cost * cost / static_cast<double>(m_costs.size());
        }
        const auto variance = square - mean * mean;
        m_scale = variance > 0 ? 1 / std::sqrt(variance) : 1;
    }

    /// Angles: for each layer one of the costs, one of the mixing.
    Circuit circuit(const std::vector<double>& angles) const {
        Circuit out = make_circuit(m_qubits);
        for (Qubit q = 0; q < m_qubits; ++q)
            add(out, "h", {q});
        for (std::size_t layer = 0; layer < angles.size(); layer += 2) {
            add_costs(out, angles[layer] * m_scale);
            for (Qubit q = 0; q < m_qubits; ++q)
                add(out, "rx", {q}, {2 * angles[layer + 1]});
        }
        return out;
    }

    State state(const std::vector<double>& angles) const {
        auto out = *State::make(m_qubits, state_bytes(m_qubits));
        execute(*make_plan(m_qubits, circuit(angles).operations), out, 1);
        return out;
    }

    double mean(const std::vector<double>& angles) const {
        const auto end = state(angles);
        double out = 0;
        for (std::size_t i = 0; i < end.size(); ++i)
            out += std::norm(end.amplitudes()[i]) * m_costs[i];
        return out;
    }

private:
    /// exp(−i·angle·cost): with x = (1 − z) / 2 a choice becomes a turn about Z, a pair one of
    /// both.
    void add_costs(Circuit& out, double angle) const {
        std::vector<double> fields(m_qubits);
        for (std::size_t i = 0; i < m_qubits; ++i)
            fields[i] = -m_choices.costs[i] / 2;
        for (const auto& pair : m_choices.pairs) {
            fields[pair.a] -= pair.cost / 4;
            fields[pair.b] -= pair.cost / 4;
            add(out, "rzz", {pair.a, pair.b}, {angle * pair.cost / 2});
        }
        for (Qubit q = 0; q < m_qubits; ++q)
            add(out, "rz", {q}, {2 * angle * fields[q]});
    }

    const Choices& m_choices;
    std::uint32_t m_qubits;
    std::vector<double> m_costs;
    double m_scale = 1; ///< so that angles are of order one
};

std::vector<double> first_angles(const Search& search, int& evaluations,
                                 const std::stop_token& stop) {
    std::vector<double> out = {0, 0};
    double least = search.mean(out);
    for (int a = 1; a <= grid; ++a)
        for (int b = 1; b <= grid && !stop.stop_requested(); ++b) {
            const std::vector<double> at = {angle_max * a / grid, angle_max * b / grid};
            const auto value = search.mean(at);
            ++evaluations;
            if (value < least) {
                least = value;
                out = at;
            }
        }
    return out;
}

std::vector<double> best_angles(const Search& search, std::size_t layers, int& evaluations,
                                const std::stop_token& stop) {
    auto angles = first_angles(search, evaluations, stop);
    for (std::size_t layer = 1; layer <= layers; ++layer) {
        // A new layer begins as one that does little more than the last.
        if (layer > 1) {
            const auto last = angles[2 * layer - 4];
            angles.push_back(last);
            angles.push_back(0.05);
        }
        const auto found =
            minimise([&](const std::vector<double>& at) { return search.mean(at); }, angles, 0.1,
                     evaluations_a_layer * static_cast<int>(layer), stop);
        evaluations += found.evaluations;
        angles = found.at;
    }
    return angles;
}

} // namespace

double Choices::cost(std::uint64_t answer) const {
    auto out = constant;
    for (std::size_t i = 0; i < costs.size(); ++i)
        if ((answer >> i & 1U) != 0) out += costs[i];
    for (const auto& pair : pairs)
        if ((answer >> pair.a & answer >> pair.b & 1U) != 0) out += pair.cost;
    return out;
}

void Choices::want_exactly(std::size_t wanted, double weight) {
    const auto k = static_cast<double>(wanted);
    constant += weight * k * k;
    for (std::uint32_t a = 0; a < costs.size(); ++a) {
        costs[a] += weight * (1 - 2 * k);
        for (auto b = a + 1; b < costs.size(); ++b)
            pairs.push_back({a, b, 2 * weight});
    }
}

std::uint64_t best_by_trying_all(const Choices& choices) {
    std::uint64_t out = 0;
    for (std::uint64_t answer = 1; answer < std::uint64_t{1} << choices.costs.size(); ++answer)
        if (choices.cost(answer) < choices.cost(out)) out = answer;
    return out;
}

QaoaResult qaoa(const Choices& choices, std::size_t layers, std::uint64_t shots, std::uint64_t seed,
                const std::stop_token& stop) {
    ENSURE(choices.costs.size() >= 2 && choices.costs.size() <= choices_max && layers >= 1);
    const Search search(choices);
    QaoaResult out;
    const auto angles = best_angles(search, layers, out.evaluations, stop);
    out.circuit = search.circuit(angles);
    out.mean_cost = search.mean(angles);
    const auto state = search.state(angles);
    const Sampler sampler(state);
    for (std::uint64_t shot = 0; shot < shots && !stop.stop_requested(); ++shot) {
        const auto answer = sampler.at(Draws(seed, shot).next());
        if (shot == 0 || choices.cost(answer) < choices.cost(out.best_sampled))
            out.best_sampled = answer;
    }
    out.probability_of_best = std::norm(state.amplitudes()[best_by_trying_all(choices)]);
    return out;
}

} // namespace torgo::quantum
