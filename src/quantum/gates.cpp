#include "quantum/gates.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace torgo::quantum {

namespace {

using Values = std::span<const double>;

constexpr Complex i{0, 1};
constexpr double half_root = std::numbers::sqrt2 / 2;
constexpr double quarter_turn = std::numbers::pi / 4;

Complex turn(double angle) {
    return {std::cos(angle), std::sin(angle)};
}

Matrix diagonal(Complex zero, Complex one) {
    return {zero, 0, 0, one};
}

Matrix identity(Values) {
    return diagonal(1, 1);
}

Matrix x(Values) {
    return {0, 1, 1, 0};
}

Matrix y(Values) {
    return {0, -i, i, 0};
}

Matrix z(Values) {
    return diagonal(1, -1);
}

Matrix h(Values) {
    return {half_root, half_root, half_root, -half_root};
}

Matrix s(Values) {
    return diagonal(1, i);
}

Matrix sdg(Values) {
    return diagonal(1, -i);
}

Matrix t(Values) {
    return diagonal(1, turn(quarter_turn));
}

Matrix tdg(Values) {
    return diagonal(1, turn(-quarter_turn));
}

Matrix sx(Values) {
    return {Complex{0.5, 0.5}, Complex{0.5, -0.5}, Complex{0.5, -0.5}, Complex{0.5, 0.5}};
}

Matrix sxdg(Values) {
    return {Complex{0.5, -0.5}, Complex{0.5, 0.5}, Complex{0.5, 0.5}, Complex{0.5, -0.5}};
}

Matrix rx(Values p) {
    const auto c = std::cos(p[0] / 2);
    const auto sine = -i * std::sin(p[0] / 2);
    return {c, sine, sine, c};
}

Matrix ry(Values p) {
    const auto c = std::cos(p[0] / 2);
    const auto sine = std::sin(p[0] / 2);
    return {c, -sine, sine, c};
}

Matrix rz(Values p) {
    return diagonal(turn(-p[0] / 2), turn(p[0] / 2));
}

Matrix phase(Values p) {
    return diagonal(1, turn(p[0]));
}

Matrix u2(Values p) {
    return u_matrix(std::numbers::pi / 2, p[0], p[1]);
}

Matrix u3(Values p) {
    return u_matrix(p[0], p[1], p[2]);
}

Matrix cu(Values p) {
    auto out = u3(p);
    for (auto& entry : out)
        entry *= turn(p[3]);
    return out;
}

Matrix swap(Values) {
    return {1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1};
}

Matrix iswap(Values) {
    return {1, 0, 0, 0, 0, 0, i, 0, 0, i, 0, 0, 0, 0, 0, 1};
}

Matrix rxx(Values p) {
    const Complex c = std::cos(p[0] / 2);
    const auto n = -i * std::sin(p[0] / 2);
    return {c, 0, 0, n, 0, c, n, 0, 0, n, c, 0, n, 0, 0, c};
}

Matrix ryy(Values p) {
    const Complex c = std::cos(p[0] / 2);
    const auto n = -i * std::sin(p[0] / 2);
    return {c, 0, 0, -n, 0, c, n, 0, 0, n, c, 0, -n, 0, 0, c};
}

Matrix rzz(Values p) {
    const auto same = turn(-p[0] / 2);
    const auto other = turn(p[0] / 2);
    return {same, 0, 0, 0, 0, other, 0, 0, 0, 0, other, 0, 0, 0, 0, same};
}

// Sorted by name: find_gate() halves.
constexpr Gate table[] = {
    {"CX", "x", 0, 1, 1, x},
    {"c3sqrtx", "sx", 0, 3, 1, sx},
    {"c3x", "x", 0, 3, 1, x},
    {"c4x", "x", 0, 4, 1, x},
    {"ccx", "x", 0, 2, 1, x},
    {"ccz", "z", 0, 2, 1, z},
    {"ch", "h", 0, 1, 1, h},
    {"cp", "p", 1, 1, 1, phase},
    {"cphase", "p", 1, 1, 1, phase},
    {"crx", "rx", 1, 1, 1, rx},
    {"cry", "ry", 1, 1, 1, ry},
    {"crz", "rz", 1, 1, 1, rz},
    {"cswap", "swap", 0, 1, 2, swap},
    {"csx", "sx", 0, 1, 1, sx},
    {"cu", "u", 4, 1, 1, cu},
    {"cu1", "p", 1, 1, 1, phase},
    {"cu3", "u", 3, 1, 1, u3},
    {"cx", "x", 0, 1, 1, x},
    {"cy", "y", 0, 1, 1, y},
    {"cz", "z", 0, 1, 1, z},
    {"h", "h", 0, 0, 1, h},
    {"id", "id", 0, 0, 1, identity},
    {"iswap", "iswap", 0, 0, 2, iswap},
    {"p", "p", 1, 0, 1, phase},
    {"phase", "p", 1, 0, 1, phase},
    {"rx", "rx", 1, 0, 1, rx},
    {"rxx", "rxx", 1, 0, 2, rxx},
    {"ry", "ry", 1, 0, 1, ry},
    {"ryy", "ryy", 1, 0, 2, ryy},
    {"rz", "rz", 1, 0, 1, rz},
    {"rzz", "rzz", 1, 0, 2, rzz},
    {"s", "s", 0, 0, 1, s},
    {"sdg", "sdg", 0, 0, 1, sdg},
    {"swap", "swap", 0, 0, 2, swap},
    {"sx", "sx", 0, 0, 1, sx},
    {"sxdg", "sxdg", 0, 0, 1, sxdg},
    {"t", "t", 0, 0, 1, t},
    {"tdg", "tdg", 0, 0, 1, tdg},
    {"u", "u", 3, 0, 1, u3},
    {"u1", "p", 1, 0, 1, phase},
    {"u2", "u2", 2, 0, 1, u2},
    {"u3", "u", 3, 0, 1, u3},
    {"x", "x", 0, 0, 1, x},
    {"y", "y", 0, 0, 1, y},
    {"z", "z", 0, 0, 1, z},
};

} // namespace

std::span<const Gate> gates() noexcept {
    return table;
}

const Gate* find_gate(std::string_view name) noexcept {
    static_assert(std::ranges::is_sorted(table, {}, &Gate::name));
    const auto* const found = std::ranges::lower_bound(table, name, {}, &Gate::name);
    return found != std::ranges::end(table) && found->name == name ? found : nullptr;
}

// [QASM-8]
Matrix u_matrix(double theta, double phi, double lambda) {
    const auto c = std::cos(theta / 2);
    const auto sine = std::sin(theta / 2);
    return {c, -turn(lambda) * sine, turn(phi) * sine, turn(phi) * turn(lambda) * c};
}

Operation gate_operation(const Gate& gate, std::span<const double> parameters,
                         std::span<const Qubit> qubits) {
    ENSURE(parameters.size() == gate.parameters && qubits.size() == gate.controls + gate.targets);
    Operation out;
    out.name = gate.shown;
    out.parameters.assign(parameters.begin(), parameters.end());
    for (const auto qubit : qubits.first(gate.controls))
        out.controls.push_back({qubit, true});
    out.targets.assign(qubits.begin() + gate.controls, qubits.end());
    out.matrix = gate.matrix(parameters);
    return out;
}

void add(Circuit& circuit, std::string_view name, const std::vector<Qubit>& qubits,
         const std::vector<double>& parameters) {
    const auto* const gate = find_gate(name);
    ENSURE(gate != nullptr);
    circuit.operations.push_back(gate_operation(*gate, parameters, qubits));
}

void add_measure(Circuit& circuit, Qubit qubit, std::uint32_t bit) {
    Operation out;
    out.kind = Kind::measure;
    out.targets = {qubit};
    out.bit = bit;
    circuit.operations.push_back(std::move(out));
}

} // namespace torgo::quantum
