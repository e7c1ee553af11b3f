#include "quantum/test_circuits.hpp"

#include "base/chance.hpp"
#include "quantum/gates.hpp"

#include <algorithm>
#include <numbers>

namespace torgo::quantum {

Circuit random_circuit(std::uint32_t qubits, int count, std::uint64_t seed) {
    Circuit circuit = make_circuit(qubits);
    std::uint64_t draws = 0;
    const auto next = [&](std::size_t bound) {
        return below(mix(seed, draws++), static_cast<std::uint32_t>(bound));
    };
    while (circuit.operations.size() < static_cast<std::size_t>(count)) {
        const auto& gate = gates()[next(gates().size())];
        const std::size_t own = gate.controls + gate.targets;
        if (own > qubits) continue;
        std::vector<Qubit> all(qubits);
        for (Qubit q = 0; q < qubits; ++q)
            std::swap(all[q] = q, all[next(q + 1)]);
        std::vector<double> parameters;
        for (int i = 0; i < gate.parameters; ++i)
            parameters.push_back(6 * unit(mix(seed, draws++)) - 3);
        auto operation = gate_operation(gate, parameters, std::span(all).first(own));
        for (auto at = own; at < qubits && next(4) == 0; ++at)
            operation.controls.push_back({all[at], next(2) == 0});
        circuit.operations.push_back(std::move(operation));
    }
    return circuit;
}

Circuit qft_circuit(std::uint32_t qubits) {
    Circuit circuit = make_circuit(qubits);
    for (auto target = qubits; target-- > 0;) {
        add(circuit, "h", {target});
        for (auto other = target; other-- > 0;)
            add(circuit, "cp", {other, target},
                {std::numbers::pi / static_cast<double>(std::uint64_t{1} << (target - other))});
    }
    for (Qubit q = 0; q < qubits / 2; ++q)
        add(circuit, "swap", {q, qubits - 1 - q});
    return circuit;
}

} // namespace torgo::quantum
