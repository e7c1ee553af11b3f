#include "quantum/gates.hpp"
#include "quantum/pauli.hpp"
#include "quantum/qasm.hpp"
#include "quantum/runner.hpp"

#include <gtest/gtest.h>
#include <jsoncons/json.hpp>

#include <cmath>
#include <fstream>

namespace torgo::quantum {
namespace {

using jsoncons::json;

constexpr std::uint64_t memory = std::uint64_t{1} << 28U;

/// Made by tests/vectors/make_quantum_vectors.py with Qiskit Aer; its version stands in the file.
const json& vectors() {
    static const json all = [] {
        std::ifstream file(std::string(TORGO_VECTORS) + "/quantum.json");
        return json::parse(file);
    }();
    return all;
}

std::vector<Complex> complexes(const json& numbers) {
    std::vector<Complex> out;
    for (std::size_t i = 0; i < numbers.size(); i += 2)
        out.emplace_back(numbers[i].as<double>(), numbers[i + 1].as<double>());
    return out;
}

Circuit circuit_of(const json& one) {
    auto circuit = read_qasm(one["qasm"].as<std::string>());
    EXPECT_TRUE(circuit) << one["qasm"].as<std::string>() << circuit.error().detail();
    return circuit ? *circuit : Circuit{};
}

/// The column of a circuit's matrix that belongs to a basis state.
State column(const Circuit& circuit, std::size_t index) {
    Circuit whole = circuit;
    whole.operations.clear();
    for (Qubit q = 0; q < circuit.qubits; ++q)
        if ((index >> q & 1U) != 0) add(whole, "x", {q});
    whole.operations.insert(whole.operations.end(), circuit.operations.begin(),
                            circuit.operations.end());
    return *final_state(whole, memory, 1);
}

TEST(Aer, every_gate_has_the_same_matrix) {
    std::size_t seen = 0;
    for (const auto& one : vectors()["gates"].array_range()) {
        const auto circuit = circuit_of(one);
        const auto matrix = complexes(one["unitary"]);
        const auto rows = std::size_t{1} << circuit.qubits;
        for (std::size_t k = 0; k < rows; ++k) {
            const auto state = column(circuit, k);
            for (std::size_t row = 0; row < rows; ++row)
                EXPECT_LT(std::abs(state.amplitudes()[row] - matrix[row * rows + k]), 1e-12)
                    << one["name"].as<std::string>() << " row " << row << " column " << k;
        }
        ++seen;
    }
    EXPECT_EQ(seen, gates().size() + 1); // U belongs to the language
}

void expect_same_states(const json& all) {
    for (const auto& one : all.array_range()) {
        const auto state = final_state(circuit_of(one), memory, 2);
        ASSERT_TRUE(state);
        const auto wanted = complexes(one["state"]);
        Complex overlap{};
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            overlap += std::conj(wanted[i]) * state->amplitudes()[i];
            EXPECT_LT(std::abs(wanted[i] - state->amplitudes()[i]), 1e-12)
                << one["name"].as<std::string>();
        }
        EXPECT_GE(std::norm(overlap), 1 - 1e-12) << one["name"].as<std::string>();
    }
}

TEST(Aer, random_circuits_end_in_the_same_states) {
    expect_same_states(vectors()["circuits"]);
    EXPECT_GE(vectors()["circuits"].size(), 7U);
}

// QASM-8 QASM-10
TEST(Aer, modifiers_and_own_gates_of_version_three_mean_the_same) {
    expect_same_states(vectors()["three"]);
    EXPECT_GE(vectors()["three"].size(), 8U);
}

/// Two samples of the same distribution differ by more than this once in 10^5: mean and deviation
/// of chi-square, its upper tail by Wilson and Hilferty's cube.
double chi_square_limit(double freedom) {
    const auto spread = 2 / (9 * freedom);
    return freedom * std::pow(1 - spread + 4.265 * std::sqrt(spread), 3);
}

void expect_same_counts(const json& one, const Outcome& ours, const Circuit& circuit,
                        std::uint64_t shots) {
    std::map<std::string, std::pair<double, double>> both;
    double aer_shots = 0;
    for (const auto& item : one["counts"].object_range()) {
        both[std::string(item.key())].first = item.value().as<double>();
        aer_shots += item.value().as<double>();
    }
    for (const auto& [bits, count] : ours.counts)
        both[bits_text(circuit, bits)].second = static_cast<double>(count);
    const auto ratio = std::sqrt(static_cast<double>(shots) / aer_shots);
    double sum = 0;
    double cells = 0;
    const auto add = [&](double theirs, double of_ours) {
        sum += std::pow(theirs * ratio - of_ours / ratio, 2) / (theirs + of_ours);
        ++cells;
    };
    // Those that hardly ever come up say nothing by chi-square each, but together.
    std::pair<double, double> rare;
    for (const auto& [bits, pair] : both) {
        if (pair.first + pair.second >= 10) {
            add(pair.first, pair.second);
            continue;
        }
        rare.first += pair.first;
        rare.second += pair.second;
    }
    if (rare.first + rare.second >= 10) add(rare.first, rare.second);
    ASSERT_GE(cells, 2);
    EXPECT_LT(sum, chi_square_limit(cells - 1)) << one["name"].as<std::string>();
}

TEST(Aer, counts_are_the_same_by_chi_square) {
    for (const auto& one : vectors()["counts"].array_range()) {
        const auto circuit = circuit_of(one);
        const auto outcome = run(circuit, {.shots = 30'000, .seed = 5, .memory_free = memory});
        ASSERT_TRUE(outcome);
        EXPECT_EQ(outcome->one_state, one["name"].as<std::string>() == "bell");
        expect_same_counts(one, *outcome, circuit, 30'000);
    }
}

TEST(Aer, noise_is_the_same_by_chi_square) {
    for (const auto& one : vectors()["noise"].array_range()) {
        const auto circuit = circuit_of(one);
        const auto noise = read_noise(one["name"].as<std::string>() + "=" +
                                      std::to_string(one["value"].as<double>()));
        ASSERT_TRUE(noise);
        RunSettings settings{.shots = 60'000, .seed = 11, .threads = 2, .memory_free = memory};
        settings.noise = *noise;
        const auto outcome = run(circuit, settings);
        ASSERT_TRUE(outcome);
        expect_same_counts(one, *outcome, circuit, 60'000);
    }
}

} // namespace
} // namespace torgo::quantum
