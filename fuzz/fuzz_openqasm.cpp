// Circuits come from strangers. What is accepted must be a circuit that can be run: every qubit and
// bit is there, every matrix is unitary.
#include "base/ensure.hpp"
#include "quantum/qasm.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace torgo::quantum;

bool is_unitary(const Matrix& matrix) {
    const auto unit = product(matrix, adjoint(matrix));
    const auto rows = static_cast<std::size_t>(std::lround(std::sqrt(matrix.size())));
    for (std::size_t i = 0; i < unit.size(); ++i)
        if (std::abs(unit[i] - Complex{i / rows == i % rows ? 1.0 : 0.0}) > 1e-9) return false;
    return true;
}

void check(const Circuit& circuit, const Operation& one) {
    std::uint64_t seen = 0;
    const auto see = [&](Qubit qubit) {
        ENSURE(qubit < circuit.qubits && (seen >> qubit & 1U) == 0);
        seen |= std::uint64_t{1} << qubit;
    };
    for (const auto qubit : one.targets)
        see(qubit);
    for (const auto& control : one.controls)
        see(control.qubit);
    ENSURE(one.kind != Kind::measure || one.bit < circuit.bits);
    ENSURE(one.kind == Kind::gate || one.controls.empty());
    if (one.kind == Kind::gate) ENSURE(is_unitary(one.matrix));
    for (const auto& condition : one.conditions)
        ENSURE(condition.first + condition.count <= circuit.bits);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto circuit = read_qasm({reinterpret_cast<const char*>(data), size});
    if (!circuit) {
        ENSURE(circuit.error().detail().contains(':'));
        return 0;
    }
    ENSURE(circuit->qubits >= 1 && circuit->qubits <= max_qubits && circuit->bits <= max_bits);
    ENSURE(circuit->operations.size() <= max_operations);
    for (const auto& one : circuit->operations)
        check(*circuit, one);
    return 0;
}
