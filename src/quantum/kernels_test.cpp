#include "quantum/gates.hpp"
#include "quantum/plan.hpp"
#include "quantum/reference.hpp"
#include "quantum/test_circuits.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numbers>

namespace torgo::quantum {

/// The kernel of four amplitudes a register, compiled for what every processor has: what AVX-512
/// runs, tested where there is none.
const Kernels& plain_kernels_of_four();

namespace {

constexpr double near = 1e-13;

double distance(std::span<const Complex> a, std::span<const Complex> b) {
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        most = std::max(most, std::abs(a[i] - b[i]));
    return most;
}

std::vector<const Kernels*> kernels_to_test() {
    std::vector<const Kernels*> out(kernels_here().begin(), kernels_here().end());
    out.push_back(&plain_kernels_of_four());
    return out;
}

State by_reference(const Circuit& circuit) {
    auto state = *State::make(circuit.qubits, state_bytes(circuit.qubits));
    for (const auto& gate : circuit.operations)
        apply_reference(state.amplitudes(), gate);
    return state;
}

RC_GTEST_PROP(Kernels, every_kernel_fused_or_not_agrees_with_the_reference, ()) {
    const auto qubits = *rc::gen::inRange<std::uint32_t>(1, 11);
    const auto count = *rc::gen::inRange(1, 60);
    const auto circuit = random_circuit(qubits, count, *rc::gen::arbitrary<std::uint64_t>());
    const auto truth = by_reference(circuit);
    for (const auto* kernels : kernels_to_test())
        for (const bool fused : {false, true})
            for (const std::uint32_t chunk : {6U, 7U, 14U}) {
                auto state = *State::make(qubits, state_bytes(qubits));
                const auto plan =
                    *make_plan(qubits, circuit.operations,
                               {.kernels = kernels, .fused = fused, .chunk_qubits = chunk});
                execute(plan, state, 1);
                RC_ASSERT(distance(truth.amplitudes(), state.amplitudes()) < near);
            }
}

TEST(Kernels, threads_change_no_bit_of_the_result) {
    const auto circuit = random_circuit(18, 80, 3);
    auto one = *State::make(18, state_bytes(18));
    auto many = *State::make(18, state_bytes(18));
    const auto plan = *make_plan(18, circuit.operations);
    execute(plan, one, 1);
    execute(plan, many, 5);
    EXPECT_EQ(distance(one.amplitudes(), many.amplitudes()), 0.0);
    EXPECT_LT(distance(one.amplitudes(), by_reference(circuit).amplitudes()), near);
}

TEST(Kernels, fusing_leaves_fewer_blocks_and_few_passes) {
    const auto qft = qft_circuit(20);
    EXPECT_EQ(qft.operations.size(), 220U); // as docs/quantum.md says
    EXPECT_LT(fuse(qft.operations)->all.size(), 60U);
    EXPECT_EQ(make_plan(20, qft.operations)->runs.size(), 3U);
}

TEST(Kernels, a_gate_with_more_controls_than_a_matrix_holds_is_right) {
    Circuit circuit = make_circuit(10);
    for (Qubit q = 0; q < 10; ++q)
        add(circuit, "h", {q});
    auto gate = gate_operation(*find_gate("ry"), std::vector{0.3}, std::vector<Qubit>{4});
    for (const Qubit q : {0U, 1U, 2U, 3U, 5U, 6U, 7U, 8U, 9U})
        gate.controls.push_back({q, q % 3 != 0});
    circuit.operations.push_back(gate);
    auto phase = gate_operation(*find_gate("z"), {}, std::vector<Qubit>{9});
    for (Qubit q = 0; q < 9; ++q)
        phase.controls.push_back({q, true});
    circuit.operations.push_back(phase);
    for (const auto* kernels : kernels_to_test()) {
        auto state = *State::make(10, state_bytes(10));
        execute(*make_plan(10, circuit.operations, {.kernels = kernels}), state, 1);
        EXPECT_LT(distance(state.amplitudes(), by_reference(circuit).amplitudes()), near)
            << kernels->name;
    }
}

// Closed forms: of a basis state x the transform has amplitudes exp(2πi·x·k / 2^n) / 2^(n/2).
TEST(Kernels, a_fourier_transform_of_a_basis_state_is_the_closed_form) {
    constexpr std::uint32_t qubits = 9;
    constexpr std::size_t size = 512;
    for (const std::size_t x : {0UL, 1UL, 200UL, 511UL}) {
        auto circuit = make_circuit(qubits);
        for (Qubit q = 0; q < qubits; ++q)
            if ((x >> q & 1U) != 0) add(circuit, "x", {q});
        const auto qft = qft_circuit(qubits);
        circuit.operations.insert(circuit.operations.end(), qft.operations.begin(),
                                  qft.operations.end());
        auto state = *State::make(qubits, state_bytes(qubits));
        execute(*make_plan(qubits, circuit.operations), state, 1);
        for (std::size_t k = 0; k < size; ++k) {
            const auto angle = 2 * std::numbers::pi * static_cast<double>(x * k % size) / size;
            EXPECT_LT(std::abs(state.amplitudes()[k] - std::polar(1 / std::sqrt(512.0), angle)),
                      1e-13);
        }
    }
}

TEST(State, more_than_memory_holds_is_refused_with_what_would_fit) {
    const auto state = State::make(20, state_bytes(20) - 1);
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().code(), Errc::limit_exceeded);
    EXPECT_TRUE(state.error().detail().contains("20 qubits needs 0.02 GiB"));
    EXPECT_TRUE(state.error().detail().contains("at most 19 qubits"));
}

TEST(State, collapsing_keeps_what_was_measured_and_its_norm) {
    auto circuit = make_circuit(3);
    add(circuit, "ry", {1}, {1.0});
    add(circuit, "cx", {1, 2});
    auto state = *State::make(3, state_bytes(3));
    execute(*make_plan(3, circuit.operations), state, 1);
    const auto one = std::pow(std::sin(0.5), 2);
    EXPECT_NEAR(state.probability_of_one(1), one, 1e-15);
    EXPECT_NEAR(state.probability_of_one(2), one, 1e-15);
    state.collapse(1, true, one);
    EXPECT_NEAR(state.probability_of_one(2), 1, 1e-15);
}

} // namespace
} // namespace torgo::quantum
