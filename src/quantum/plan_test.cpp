// What plans cost: time linear in the gates, memory that is counted, and a stop that is seen.
#include "quantum/gates.hpp"
#include "quantum/plan.hpp"
#include "quantum/reference.hpp"
#include "quantum/runner.hpp"
#include "quantum/test_circuits.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace torgo::quantum {
namespace {

/// A phase where the qubits have the bits of `values`.
Operation phase(const std::vector<Qubit>& qubits, std::size_t values, double angle) {
    Operation out;
    out.name = "phase";
    out.parameters = {angle};
    out.matrix = {std::polar(1.0, angle)};
    for (std::size_t i = 0; i < qubits.size(); ++i)
        out.controls.push_back({qubits[i], (values >> i & 1U) != 0});
    return out;
}

/// Pairs of qubits far apart: a chunk holds few of them, so runs are many and short.
Circuit far_pairs(std::size_t gates) {
    auto out = make_circuit(max_qubits);
    std::uint64_t chance = 1;
    for (std::size_t i = 0; i < gates; ++i) {
        chance = chance * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
        const auto a = static_cast<Qubit>((chance >> 40U) % max_qubits);
        const auto b = static_cast<Qubit>((chance >> 50U) % max_qubits);
        if (a != b) add(out, "rxx", {a, b}, {0.1});
    }
    return out;
}

TEST(Plan, its_time_grows_with_the_gates_and_not_with_their_square) {
    const auto circuit = far_pairs(max_operations);
    const auto begin = std::chrono::steady_clock::now();
    const auto plan = make_plan(max_qubits, circuit.operations, {.fused = false});
    ASSERT_TRUE(plan);
    EXPECT_GT(plan->runs.size(), 10'000U);
    // Tenths of that; as long as this for each gate to be moved in each run.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST(Plan, blocks_and_steps_count_against_the_memory) {
    constexpr std::uint32_t qubits = 16;
    auto circuit = make_circuit(qubits);
    for (std::uint32_t i = 0; i < 200; ++i) {
        add(circuit, "h", {i % qubits});
        circuit.operations.push_back(phase({3, 4, 5, 6, 7, 8, 9, 10}, 255, 0.1 * i));
    }
    const auto plan = *make_plan(qubits, circuit.operations);
    EXPECT_GT(plan.bytes, 100'000U);
    const auto small = make_plan(qubits, circuit.operations, {.limits = {.bytes = plan.bytes}});
    ASSERT_FALSE(small); // the blocks that the steps are made of are not free
    EXPECT_EQ(small.error().code(), Errc::limit_exceeded);
    add_measure(circuit, 0, 0);
    const auto outcome = run(circuit, {.shots = 1, .memory_free = state_bytes(qubits) + 4096});
    ASSERT_FALSE(outcome);
    EXPECT_TRUE(outcome.error().detail().contains("the gates of this circuit"));
    EXPECT_TRUE(run(circuit, {.shots = 1, .memory_free = state_bytes(qubits) + (1U << 24U)}));
}

TEST(Plan, a_diagonal_with_controls_of_both_values_is_right) {
    constexpr std::uint32_t qubits = 9;
    auto circuit = make_circuit(qubits);
    for (Qubit q = 0; q < qubits; ++q)
        add(circuit, "ry", {q}, {0.3 + q});
    circuit.operations.push_back(phase({7, 0, 3, 5, 2, 8, 1, 4}, 0xA6, 0.7));
    circuit.operations.push_back(phase({6, 2}, 0, 1.1));
    Operation turn = gate_operation(*find_gate("rzz"), std::vector{0.9}, std::vector<Qubit>{5, 1});
    turn.controls = {{8, false}, {0, true}, {3, true}};
    circuit.operations.push_back(turn);
    for (const bool fused : {false, true}) {
        auto state = *State::make(qubits, state_bytes(qubits));
        execute(*make_plan(qubits, circuit.operations, {.fused = fused}), state, 1);
        auto truth = *State::make(qubits, state_bytes(qubits));
        for (const auto& gate : circuit.operations)
            apply_reference(truth.amplitudes(), gate);
        for (std::size_t i = 0; i < state.size(); ++i)
            EXPECT_LT(std::abs(state.amplitudes()[i] - truth.amplitudes()[i]), 1e-13);
    }
}

TEST(Plan, a_stop_ends_everything_that_takes_long) {
    auto circuit = qft_circuit(10);
    std::stop_source stop;
    stop.request_stop();
    const auto memory = std::uint64_t{1} << 24U;
    const auto plan = make_plan(10, circuit.operations, {.limits = {.stop = stop.get_token()}});
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().code(), Errc::cancelled);
    EXPECT_EQ(final_state(circuit, memory, 1, stop.get_token()).error().code(), Errc::cancelled);
    // No step is done any more.
    auto state = *State::make(10, state_bytes(10));
    execute(*make_plan(10, circuit.operations), state, 1, stop.get_token());
    EXPECT_EQ(state.amplitudes()[0], Complex{1});
    EXPECT_TRUE(measure_all_if_none(circuit));
    const auto outcome = run(circuit, {.memory_free = memory, .stop = stop.get_token()});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), Errc::cancelled);
}

} // namespace
} // namespace torgo::quantum
