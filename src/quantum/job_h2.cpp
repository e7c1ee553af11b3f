// Two electrons in the two orbitals that the basis STO-3G gives a hydrogen molecule, as four qubits
// (spin orbitals) by the transformation of Jordan and Wigner.
#include "base/ensure.hpp"
#include "quantum/gates.hpp"
#include "quantum/hydrogen.hpp"
#include "quantum/jobs.hpp"
#include "quantum/minimise.hpp"
#include "quantum/plan.hpp"

#include <array>
#include <cmath>
#include <map>
#include <numbers>

namespace torgo::quantum {

namespace {

using Words = std::map<PauliWord, Complex>;

constexpr double negligible = 1e-12;
constexpr std::uint32_t qubits = 4;

Words times(const Words& left, const Words& right) {
    constexpr Complex powers[] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    Words out;
    for (const auto& [a, by_a] : left)
        for (const auto& [b, by_b] : right) {
            const auto both = multiplied(a, b);
            out[both.word] += by_a * by_b * powers[both.power];
        }
    return out;
}

/// Takes an electron out of a spin orbital, or puts one in.
Words ladder(std::size_t orbital, bool put) {
    const auto bit = std::size_t{1} << orbital;
    const auto below = bit - 1;
    return {{{bit, below}, {0.5, 0}}, {{bit, below | bit}, {0, put ? -0.5 : 0.5}}};
}

void add_scaled(Words& sum, const Words& more, double by) {
    for (const auto& [word, coefficient] : more)
        sum[word] += coefficient * by;
}

/// |0011⟩ turned towards |1100⟩: both electrons from the lower orbital to the upper one.
Circuit ansatz(double angle) {
    Circuit out = make_circuit(qubits);
    add(out, "x", {0});
    add(out, "x", {1});
    const auto half = std::numbers::pi / 2;
    for (const Qubit q : {0U, 1U, 2U})
        add(out, "h", {q});
    add(out, "rx", {3}, {half});
    for (const Qubit q : {0U, 1U, 2U})
        add(out, "cx", {q, q + 1});
    add(out, "rz", {3}, {angle});
    for (const Qubit q : {2U, 1U, 0U})
        add(out, "cx", {q, q + 1});
    for (const Qubit q : {0U, 1U, 2U})
        add(out, "h", {q});
    add(out, "rx", {3}, {-half});
    return out;
}

double energy(const PauliSum& hamiltonian, double angle) {
    auto state = *State::make(qubits, state_bytes(qubits));
    execute(*make_plan(qubits, ansatz(angle).operations), state, 1);
    return expectation(state, hamiltonian);
}

} // namespace

PauliSum hydrogen_sum(const Hydrogen& molecule) {
    Words sum = {{{0, 0}, molecule.repulsion}};
    // Spin orbital 2·orbital + spin.
    for (std::size_t p = 0; p < 2; ++p)
        for (std::size_t spin = 0; spin < 2; ++spin)
            add_scaled(sum, times(ladder(2 * p + spin, true), ladder(2 * p + spin, false)),
                       molecule.one[p]);
    for (std::size_t pqrs = 0; pqrs < 16; ++pqrs)
        for (std::size_t spins = 0; spins < 4; ++spins) {
            const auto p = pqrs & 1U;
            const auto q = pqrs >> 1U & 1U;
            const auto r = pqrs >> 2U & 1U;
            const auto s = pqrs >> 3U & 1U;
            const auto a = spins & 1U;
            const auto b = spins >> 1U;
            const auto put = times(ladder(2 * p + a, true), ladder(2 * r + b, true));
            const auto taken = times(ladder(2 * s + b, false), ladder(2 * q + a, false));
            add_scaled(sum, times(put, taken), molecule.two[p][q][r][s] / 2);
        }
    PauliSum out;
    for (const auto& [word, coefficient] : sum) {
        ENSURE(std::abs(coefficient.imag()) < negligible);
        if (std::abs(coefficient.real()) > negligible) out.push_back({coefficient.real(), word});
    }
    return out;
}

double exact_energy(const Hydrogen& m) {
    const auto low = 2 * m.one[0] + m.two[0][0][0][0];
    const auto high = 2 * m.one[1] + m.two[1][1][1][1];
    const auto mixing = m.two[0][1][0][1];
    return m.repulsion + (low + high) / 2 - std::hypot((high - low) / 2, mixing);
}

JobReport h2_job(const JobSettings& settings, double bond) {
    const auto molecule = hydrogen(bond);
    const auto hamiltonian = hydrogen_sum(molecule);
    const auto found =
        minimise([&](const std::vector<double>& at) { return energy(hamiltonian, at[0]); }, {0.0},
                 0.2, 200, settings.stop);
    JobReport out;
    out.title = "Energy of a hydrogen molecule, by VQE";
    out.problem = {"bond length " + digits(bond, 3) + " ångström, basis STO-3G",
                   "4 qubits: two orbitals with two spins; " + std::to_string(hamiltonian.size()) +
                       " Pauli words"};
    out.value = found.value;
    out.exact_value = exact_energy(molecule);
    out.answer = digits(out.value, 8) + " hartree";
    out.exact = digits(out.exact_value, 8) + " hartree";
    out.unit = "hartree";
    out.same = std::abs(out.value - out.exact_value) < 1e-6;
    out.figures = {{"without correlation (Hartree-Fock)", digits(energy(hamiltonian, 0), 8)},
                   {"circuits", std::to_string(found.evaluations)},
                   {"angle", digits(found.at[0], 6)}};
    out.note =
        "The exact answer is the root of a quadratic equation. Molecules where quantum "
        "computers would help have hundreds of orbitals; and expectations here are exact from "
        "the state, where a quantum computer would have to measure many thousand times for "
        "each.";
    out.circuit = ansatz(found.at[0]);
    return out;
}

} // namespace torgo::quantum
