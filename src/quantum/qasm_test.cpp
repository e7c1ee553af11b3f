#include "quantum/pauli.hpp"
#include "quantum/qasm.hpp"
#include "quantum/runner.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <cmath>

namespace torgo::quantum {
namespace {

constexpr std::uint64_t memory = std::uint64_t{1} << 24U;
const std::string two = "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n";
const std::string three = "OPENQASM 3.0;\ninclude \"stdgates.inc\";\n";

Circuit read(const std::string& text) {
    auto circuit = read_qasm(text);
    EXPECT_TRUE(circuit) << text << "\n" << circuit.error().detail();
    return circuit ? *circuit : Circuit{};
}

/// Words that the refusal of a text must hold.
void expect_refused(const std::string& text, const std::string& why) {
    const auto circuit = read_qasm(text);
    ASSERT_FALSE(circuit) << text;
    EXPECT_TRUE(circuit.error().detail().contains(why)) << text << "\n" << circuit.error().detail();
}

TEST(Qasm, a_statement_about_registers_is_one_for_each_index) { // QASM-5 QASM-7
    const auto c = read(two + "qreg q[2]; qreg r[2]; creg c[2]; h q; cx q, r; cx q[0], r; "
                              "measure r -> c;");
    ASSERT_EQ(c.operations.size(), 2U + 2 + 2 + 2);
    EXPECT_EQ(c.operations[3].controls[0].qubit, 1U);
    EXPECT_EQ(c.operations[3].targets[0], 3U);
    EXPECT_EQ(c.operations[5].controls[0].qubit, 0U);
    EXPECT_EQ(c.operations[7].bit, 1U);
    expect_refused(two + "qreg q[2]; qreg r[3]; cx q, r;", "registers of 2 and of 3 qubits");
}

TEST(Qasm, what_is_wrong_is_told_with_line_column_and_name) { // QASM-1 QASM-2 QASM-4
    expect_refused("qreg q[1];", "1:1: the file must begin with its version");
    expect_refused("OPENQASM 4.0;", "1:10: OpenQASM \"4.0\" is not read");
    expect_refused("OPENQASM \"3.0\";", "1:10: OpenQASM \"3.0\" is not read");
    expect_refused(two + "qreg q[2];\n  opaque magic q;", "4:3: \"opaque\" is not in the subset");
    expect_refused(three + "qubit q;\nfor uint i in [0:3] { h q; }", "4:1: \"for\" is not in");
    expect_refused(two + "qreg q[2]; foo q[0];", "there is no gate \"foo\"");
    expect_refused("OPENQASM 2.0; qreg q[1]; h q[0];", "write include \"qelib1.inc\"; before it");
    expect_refused(two + "include \"other.inc\";", "no other file is read");
    expect_refused(two + "qreg q[2]; h q[2];", "is 2, at most 1 is possible");
    expect_refused(two + "qreg q[2]; rx q[0];", "\"rx\" has 1 parameter, not 0");
    expect_refused(two + "qreg q[2]; cx q[0];", "acts on 2 qubits here, not on 1");
    expect_refused(two + "qreg q[2]; h q[0]", "\";\" is missing");
    expect_refused(two + "qreg q[2]; /* open", "is not closed");
    expect_refused(two, "the circuit has no qubits");
    expect_refused(three + "qubit[2] q; h q[0:1];", "ranges and sets are not read");
}

TEST(Qasm, a_qubit_cannot_be_named_twice_in_one_gate) { // QASM-6
    expect_refused(two + "qreg q[3]; cx q[1], q[1];", "acts twice on qubit 1 of \"q\"");
    expect_refused(two + "qreg q[3]; cx q, q[1];", "acts twice on qubit 1");
    expect_refused(two + "gate g a, b { cx a, a; } qreg q[2];", "acts twice on \"a\"");
}

TEST(Qasm, an_own_gate_knows_only_what_was_before_it) { // QASM-9
    const auto c =
        read(two + "gate twice(a) x { rz(a / 2) x; rz(a / 2) x; } qreg q[1]; twice(pi) q[0];");
    ASSERT_EQ(c.operations.size(), 2U);
    EXPECT_NEAR(c.operations[1].parameters[0], std::acos(-1) / 2, 1e-15);
    expect_refused(two + "gate g a { g a; } qreg q[1];", "there is no gate \"g\"");
    expect_refused(two + "gate g a { h a; } gate g a { x a; } qreg q[1];", "\"g\" is taken");
    expect_refused(two + "qreg q[1]; gate g a { h q; }", "\"q\" is no qubit of the gate");
    // Other programs write out gates that their own files lack.
    const auto own = read(two + "gate iswap a, b { s a; s b; } qreg q[2]; iswap q[0], q[1];");
    EXPECT_EQ(own.operations.size(), 2U);
}

TEST(Qasm, an_expression_without_a_finite_value_is_refused) { // QASM-11
    expect_refused(two + "qreg q[1]; rx(1 / 0) q[0];", "no finite number");
    expect_refused(two + "qreg q[1]; rx(ln(-1)) q[0];", "no finite number");
    expect_refused(two + "gate g(a) x { rx(1 / a) x; } qreg q[1]; g(0) q[0];", "no finite number");
    expect_refused(two + "qreg q[1]; rx(2 ** 3) q[0];", "belongs to OpenQASM 3");
    const auto c = read(two + "qreg q[1]; rx(-2^2 + 3 * (1 - 0.5e1) / 2) q[0];");
    EXPECT_EQ(c.operations[0].parameters[0], -10.0);
    const auto powers = read(three + "qubit q; rx(2 ** 3 ** 2) q; rx(τ / tau) q;");
    EXPECT_EQ(powers.operations[0].parameters[0], 512.0);
    EXPECT_EQ(powers.operations[1].parameters[0], 1.0);
}

TEST(Qasm, conditions_read_registers_and_bits) { // QASM-12
    const auto c = read(three + "qubit[2] q; bit[2] c; bit d; c = measure q; "
                                "if (c == 2) { x q[0]; } else { y q[0]; if (!c[0]) z q[1]; }");
    ASSERT_EQ(c.operations.size(), 5U);
    EXPECT_EQ(c.operations[2].conditions, (std::vector<Condition>{{0, 2, 2, true}}));
    EXPECT_EQ(c.operations[3].conditions, (std::vector<Condition>{{0, 2, 2, false}}));
    EXPECT_EQ(c.operations[4].conditions,
              (std::vector<Condition>{{0, 2, 2, false}, {0, 1, 1, false}}));
    expect_refused(two + "qreg q[1]; creg c[2]; if (c == 4) x q[0];", "at most 3 is possible");
    expect_refused(three + "qubit q; bit[2] c; if (c) x q;", "must be compared");
}

TEST(Qasm, a_condition_may_not_be_changed_by_what_stands_under_it) { // QASM-13
    expect_refused(three + "qubit[2] q; bit c; if (c) { c = measure q[0]; x q[1]; }",
                   "measures into a bit that the condition reads");
    expect_refused(two + "qreg q[2]; creg c[2]; if (c == 0) measure q -> c;",
                   "measures into a bit");
    read(two + "qreg q[2]; creg c[2]; if (c == 0) measure q[0] -> c[0];");
}

TEST(Qasm, what_would_fill_the_memory_is_refused_before_it_does) { // QASM-3
    expect_refused(two + "qreg q[33];", "there are 33 qubits; at most 32");
    expect_refused(two + "qreg q[1]; creg c[65];", "65 classical bits; at most 64");
    std::string doubled = three + "gate g0 a { x a; x a; }\n";
    std::string empty = three + "gate g0 a { }\n";
    for (int i = 1; i < 60; ++i) {
        const auto before = "g" + std::to_string(i - 1) + " a; ";
        const auto line = "gate g" + std::to_string(i) + " a { " + before + before + "}\n";
        doubled += line;
        empty += line;
    }
    expect_refused(doubled + "qubit q; g59 q;", "more than 250000 operations");
    expect_refused(empty + "qubit q; g59 q;", "more than 2000000 steps");
    expect_refused(three + "qubit q; pow(1024) @ pow(1024) @ x q;", "more than 250000");
    expect_refused(two + "qreg q[1]; rx(" + std::string(5000, '(') + "1", "nested deeper than 64");
    expect_refused(two + "qreg q[1]; rx(" + std::string(5000, '-') + "1) q[0];", "nested deeper");
    expect_refused(std::string(max_file + 1, ' '), "more than 1048576 bytes");
    std::string ifs = three + "qubit q; bit c; ";
    for (int i = 0; i < 100; ++i)
        ifs += "if (c) ";
    expect_refused(ifs + "x q;", "nested too deep");
}

/// Levels of gates, each of which does this with the one before it, called at the end.
std::string levels(const std::string& first, const std::string& each, int count) {
    std::string out = three + "gate g0 a { " + first + " }\n";
    for (int i = 1; i < count; ++i) {
        auto line = "gate g" + std::to_string(i) + " a { " + each + each + "}\n";
        for (auto at = line.find('*'); at != std::string::npos; at = line.find('*'))
            line.replace(at, 1, "g" + std::to_string(i - 1) + " a; ");
        out += line;
    }
    return out + "qubit q; g" + std::to_string(count - 1) + " q;";
}

// Each would be written out for minutes or years, and leaves few operations or none.
TEST(Qasm, what_takes_long_to_write_out_is_refused_quickly) { // QASM-3
    std::string value = "0";
    for (int i = 0; i < 400; ++i)
        value += "+1";
    std::string shell = "*";
    for (int i = 0; i < 30; ++i)
        shell.insert(0, "inv @ ");
    std::string nested = three + "qubit q; bit c; gate g a { pow(1000) @ x a; } ";
    for (int i = 0; i < 60; ++i)
        nested += "if (c) ";
    nested += "pow(100) @ g q;";
    const auto begin = std::chrono::steady_clock::now();
    for (const auto& text :
         {levels("pow(0) @ pow(1024) @ x a;", "*", 50),
          levels("rx(" + value + ") a;", "pow(0) @ *", 50), levels("", shell, 20),
          levels("pow(1000) @ x a;", "pow(0) @ " + shell, 20), nested,
          three + "qubit q; gate g a { pow(1000) @ x a; } pow(0) @ pow(200) @ " +
              std::string(std::string_view("inv @ inv @ inv @ inv @ inv @ inv @ inv @ inv @ "
                                           "inv @ inv @ inv @ inv @ inv @ inv @ inv @ inv @ ")) +
              "pow(1) @ inv @ inv @ pow(200) @ g q;"}) {
        const auto circuit = read_qasm(text);
        ASSERT_FALSE(circuit) << text;
        EXPECT_EQ(circuit.error().code(), Errc::limit_exceeded) << circuit.error().detail();
        EXPECT_TRUE(circuit.error().detail().contains("more than 2000000 steps"))
            << circuit.error().detail();
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST(Qasm, powers_repeat_what_is_right_of_them_and_a_power_of_0_is_nothing) { // QASM-10
    const auto c = read(three + "qubit[2] q; gate g a { s a; t a; } pow(-2) @ g q[0]; "
                                "pow(0) @ g q[0]; ctrl @ pow(2) @ g q[0], q[1]; y q[1];");
    std::string names;
    for (const auto& one : c.operations)
        names += one.name + std::to_string(one.controls.size()) + " ";
    EXPECT_EQ(names, "t†0 s†0 t†0 s†0 s1 t1 s1 t1 y0 ");
}

TEST(Run, the_same_seed_gives_the_same_counts_whatever_the_threads) {
    const auto bell = read(two + "qreg q[2]; creg c[2]; h q[0]; cx q[0], q[1]; measure q -> c;");
    RunSettings one{.shots = 5000, .seed = 9, .threads = 1, .memory_free = memory};
    one.noise = *read_noise("bitflip=0.05,readout=0.02,damping=0.01");
    auto many = one;
    many.threads = 3;
    auto other = one;
    other.seed = 10;
    const auto counts = run(bell, one)->counts;
    EXPECT_EQ(counts, run(bell, many)->counts);
    EXPECT_NE(counts, run(bell, other)->counts);
    EXPECT_EQ(counts.size(), 4U);
}

TEST(Run, registers_are_written_with_the_first_one_last) { // QASM-7
    const auto c =
        read(two + "qreg q[3]; creg a[1]; creg b[2]; x q[0]; x q[2]; measure q[0] -> a[0]; "
                   "measure q[1] -> b[0]; measure q[2] -> b[1];");
    const auto outcome = run(c, {.shots = 3, .memory_free = memory});
    ASSERT_EQ(outcome->counts.size(), 1U);
    EXPECT_EQ(bits_text(c, outcome->counts.begin()->first), "10 1");
}

TEST(Run, a_state_that_memory_does_not_hold_is_refused) {
    const auto c = read(two + "qreg q[21]; creg c[1]; h q[0]; measure q[0] -> c[0];");
    const auto outcome = run(c, {.shots = 3, .memory_free = memory});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code(), Errc::limit_exceeded);
    // A shot with chance in its middle needs a second state to start from.
    const auto chance = read(two + "qreg q[20]; creg c[1]; h q[0]; measure q[0] -> c[0]; h q[0];");
    EXPECT_FALSE(run(chance, {.shots = 3, .memory_free = memory + 100}));
}

TEST(Noise, what_is_no_probability_is_refused) {
    EXPECT_FALSE(read_noise("bitflip=1.5"));
    EXPECT_FALSE(read_noise("bitflip=-0.1"));
    EXPECT_FALSE(read_noise("bitflip=nan"));
    EXPECT_FALSE(read_noise("thunder=0.1"));
    EXPECT_FALSE(read_noise("bitflip"));
    EXPECT_EQ(read_noise("readout=0.25")->readout, 0.25);
}

TEST(Pauli, expectations_are_the_known_ones) {
    const auto state =
        final_state(read(two + "qreg q[2]; ry(0.6) q[0]; cx q[0], q[1];"), memory, 1);
    const auto value = [&](const char* text) {
        return expectation(*state, *read_pauli_sum(text, 2));
    };
    EXPECT_NEAR(value("Z0"), std::cos(0.6), 1e-15);
    EXPECT_NEAR(value("Z0*Z1"), 1, 1e-15);
    EXPECT_NEAR(value("X0*X1"), std::sin(0.6), 1e-15);
    EXPECT_NEAR(value("Y0*Y1"), -std::sin(0.6), 1e-15);
    EXPECT_NEAR(value("2 - 0.5*Z1 + I0"), 3 - std::cos(0.6) / 2, 1e-15);
    for (const auto* wrong : {"", "Z", "Z2", "Z0*", "Q0", "Z0 Z0", "Z0*X0", "1e999"})
        EXPECT_FALSE(read_pauli_sum(wrong, 2)) << wrong;
}

RC_GTEST_PROP(Pauli, a_product_of_words_acts_as_one_after_the_other, ()) {
    const auto word = [] {
        return PauliWord{*rc::gen::inRange<std::size_t>(0, 16),
                         *rc::gen::inRange<std::size_t>(0, 16)};
    };
    const auto a = word();
    const auto b = word();
    std::vector<Complex> state(16);
    state[*rc::gen::inRange<std::size_t>(0, 16)] = 1;
    const auto one_by_one = applied({{1, a}}, applied({{1, b}}, state));
    const auto both = multiplied(a, b);
    auto at_once = applied({{1, both.word}}, state);
    for (unsigned i = 0; i < both.power; ++i)
        for (auto& amplitude : at_once)
            amplitude *= Complex{0, 1};
    RC_ASSERT(one_by_one == at_once);
}

} // namespace
} // namespace torgo::quantum
