#include "quantum/qasm_parser.hpp"

#include "quantum/qasm.hpp"

#include <algorithm>
#include <array>

namespace torgo::quantum {

namespace {

// Words of OpenQASM that are refused by name (section 6 of docs/spec/openqasm-subset.md).
constexpr std::array refused_three = std::to_array<std::string_view>(
    {"angle",      "array",    "bool",    "box",    "break",         "cal",    "complex",
     "const",      "continue", "def",     "defcal", "defcalgrammar", "delay",  "duration",
     "durationof", "end",      "extern",  "float",  "for",           "in",     "input",
     "int",        "let",      "mutable", "nop",    "opaque",        "output", "pragma",
     "readonly",   "return",   "stretch", "switch", "uint",          "void",   "while"});

// Words that cannot name anything, as they mean something else.
constexpr std::array taken_words = std::to_array<std::string_view>(
    {"OPENQASM", "barrier", "creg", "gate", "if", "include", "measure", "qreg", "reset"});
constexpr std::array taken_three = std::to_array<std::string_view>(
    {"bit", "ctrl", "else", "euler", "false", "gphase", "inv", "negctrl", "pi", "pow", "qubit",
     "tau", "true", "π", "τ", "ℇ", "U"});
constexpr std::array taken_two = std::to_array<std::string_view>({"pi", "U", "CX"});

template <std::size_t N>
bool among(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

} // namespace

Result<Circuit> read_qasm(std::string_view text) {
    if (text.size() > max_file)
        return fail(Errc::limit_exceeded,
                    "1:1: the file has more than " + std::to_string(max_file) + " bytes");
    return Parser(text).read();
}

Result<Circuit> Parser::read() {
    CHECK_OK(m_tokens.advance());
    CHECK_OK(version());
    while (m_tokens.now().kind != TokenKind::end)
        CHECK_OK(statement(0));
    if (m_circuit.qubits == 0)
        return fail_at(m_tokens.now().place,
                       "the circuit has no qubits: declare some (qreg q[2];)");
    return std::move(m_circuit);
}

// [QASM-2]
Result<> Parser::version() {
    const auto missing = "the file must begin with its version: OPENQASM 2.0; or OPENQASM 3;";
    if (!m_tokens.now().is_name("OPENQASM")) return fail_at(m_tokens.now().place, missing);
    CHECK_OK(m_tokens.advance());
    const auto number = m_tokens.now();
    const bool is_number = number.kind == TokenKind::integer || number.kind == TokenKind::real;
    const bool is_two = number.text == "2.0" || number.text == "2";
    const bool is_three = number.text == "3" || number.text == "3.0" || number.text == "3.1";
    if (!is_number || (!is_two && !is_three))
        return fail_at(number.place,
                       "OpenQASM " + shown(number) + " is not read; 2.0, 3.0 and 3.1 are");
    m_tokens.version = is_two ? Version::two : Version::three;
    CHECK_OK(m_tokens.advance());
    return end_of_statement();
}

Result<> Parser::end_of_statement() {
    return m_tokens.expect(";", "at the end of a statement");
}

// [QASM-1]
Result<> Parser::refuse(const Token& word) const {
    const bool known = two() ? word.text == "opaque" : among(refused_three, word.text);
    if (!known || word.kind != TokenKind::name) return {};
    return fail_at(word.place, shown(word) + " is not in the subset of OpenQASM that is read "
                                             "(docs/spec/openqasm-subset.md): write the circuit "
                                             "without it");
}

Result<> Parser::check_free(const Token& name) const {
    CHECK_OK(refuse(name));
    const bool taken = among(taken_words, name.text) ||
                       (two() ? among(taken_two, name.text) : among(taken_three, name.text));
    const auto same = [&](const Register& one) {
        return one.name == name.text;
    };
    if (taken || m_defined.contains(name.text) || std::ranges::any_of(m_circuit.quantum, same) ||
        std::ranges::any_of(m_circuit.classical, same))
        return fail_at(name.place, "the name " + shown(name) + " is taken: choose another");
    return {};
}

Result<> Parser::emit(Operation operation, Place place) {
    operation.conditions = m_conditions;
    return m_expander.append(place, std::move(operation));
}

Result<> Parser::statement(int depth) {
    const auto word = m_tokens.now();
    CHECK_OK(refuse(word));
    if (word.kind != TokenKind::name)
        return fail_at(word.place, "a statement cannot begin with " + shown(word));
    if (word.text == "if") return conditional(depth);
    if (m_conditions.empty()) {
        TRY(const auto declared, declaration());
        if (declared) return {};
    }
    return named_statement();
}

Result<bool> Parser::declaration() {
    const auto word = m_tokens.now().text;
    if (word == "include") return include().transform([] { return true; });
    if (word == "gate") return define().transform([] { return true; });
    const bool old = word == "qreg" || word == "creg";
    const bool current = !two() && (word == "qubit" || word == "bit");
    if (!old && !current) return false;
    return declare(word.starts_with('q'), old).transform([] { return true; });
}

Result<> Parser::named_statement() {
    const auto word = m_tokens.now();
    const auto only_outside = std::to_array<std::string_view>(
        {"include", "gate", "qreg", "creg", "qubit", "bit", "OPENQASM", "else"});
    if (among(only_outside, word.text) && !(two() && word.text.ends_with("bit")))
        return fail_at(word.place, shown(word) + " cannot stand here");
    if (word.text == "measure") return measure();
    if (word.text == "reset") return reset();
    if (word.text == "barrier") return barrier();
    return call();
}

// [QASM-4]
Result<> Parser::include() {
    CHECK_OK(m_tokens.advance());
    const auto file = m_tokens.now();
    if (file.kind != TokenKind::string)
        return fail_at(file.place, "include wants \"qelib1.inc\" or \"stdgates.inc\"");
    if (file.text != "qelib1.inc" && file.text != "stdgates.inc")
        return fail_at(file.place,
                       "no other file is read: put the gates of " + shown(file) + " into this one");
    m_standard = true;
    CHECK_OK(m_tokens.advance());
    return end_of_statement();
}

Result<std::uint64_t> Parser::size() {
    const auto place = m_tokens.now().place;
    TRY(const auto out, m_tokens.expect_integer(1'000'000, "the size"));
    if (out == 0) return fail_at(place, "the size of a register must be at least 1");
    CHECK_OK(m_tokens.expect("]", "after a size"));
    return out;
}

Result<> Parser::declare(bool quantum, bool size_after_name) {
    CHECK_OK(m_tokens.advance());
    std::uint64_t count = 1;
    if (!size_after_name && m_tokens.now().is("[")) {
        CHECK_OK(m_tokens.advance());
        TRY(count, size());
    }
    TRY(const auto name, m_tokens.expect_name("a register's name"));
    CHECK_OK(check_free(name));
    if (size_after_name) {
        CHECK_OK(m_tokens.expect("[", "after the register's name"));
        TRY(count, size());
    }
    CHECK_OK(declare_register(name, quantum, count));
    if (quantum || size_after_name || !m_tokens.now().is("=")) return end_of_statement();
    return assignment(name);
}

// [QASM-3] [QASM-7]
Result<> Parser::declare_register(const Token& name, bool quantum, std::uint64_t size) {
    auto& total = quantum ? m_circuit.qubits : m_circuit.bits;
    const auto most = quantum ? max_qubits : max_bits;
    if (size > most - total)
        return fail(Errc::limit_exceeded,
                    fail_at(name.place, "").error().detail() + "with " + shown(name) +
                        " there are " + std::to_string(total + size) +
                        (quantum ? " qubits" : " classical bits") + "; at most " +
                        std::to_string(most) + " are possible");
    auto& registers = quantum ? m_circuit.quantum : m_circuit.classical;
    registers.push_back({std::string(name.text), total, static_cast<std::uint32_t>(size)});
    total += static_cast<std::uint32_t>(size);
    return {};
}

Result<Operand> Parser::operand(bool quantum) {
    TRY(const auto name, m_tokens.expect_name(quantum ? "a qubit or a register of qubits"
                                                      : "a bit or a register of bits"));
    return operand_named(name, quantum);
}

Result<Operand> Parser::operand_named(const Token& name, bool quantum) {
    const auto& registers = quantum ? m_circuit.quantum : m_circuit.classical;
    const auto found = std::ranges::find(registers, name.text, &Register::name);
    if (found == registers.end())
        return fail_at(name.place, "there is no register of " +
                                       std::string(quantum ? "qubits" : "bits") + " named " +
                                       shown(name));
    Operand out{*found, std::nullopt, name.place};
    TRY(const auto indexed, m_tokens.take("["));
    if (!indexed) return out;
    TRY(out.index, m_tokens.expect_integer(found->size - 1, "the index into " + shown(name)));
    CHECK_OK(m_tokens.expect("]", "after an index (ranges and sets are not read)"));
    return out;
}

Result<> Parser::measure() {
    const auto place = m_tokens.now().place;
    CHECK_OK(m_tokens.advance());
    TRY(const auto from, operand(true));
    CHECK_OK(m_tokens.expect("->", "after what is measured (a result must go somewhere)"));
    TRY(const auto to, operand(false));
    CHECK_OK(measure_into(from, to, place));
    return end_of_statement();
}

/// `= measure q;` after what takes the result.
Result<> Parser::assignment(const Token& name) {
    TRY(const auto to, operand_named(name, false));
    CHECK_OK(m_tokens.expect("=", "after a bit"));
    const auto word = m_tokens.now();
    if (!word.is_name("measure"))
        return fail_at(word.place, "bits are set by measuring only: write \"= measure q\"");
    CHECK_OK(m_tokens.advance());
    TRY(const auto from, operand(true));
    CHECK_OK(measure_into(from, to, word.place));
    return end_of_statement();
}

// [QASM-5]
Result<> Parser::measure_into(const Operand& from, const Operand& to, Place place) {
    if (from.size() != to.size())
        return fail_at(place, std::to_string(from.size()) + " qubits cannot be measured into " +
                                  std::to_string(to.size()) + " bits");
    for (std::uint32_t i = 0; i < from.size(); ++i) {
        Operation one;
        one.kind = Kind::measure;
        one.targets = {from.at(i)};
        one.bit = to.at(i);
        CHECK_OK(emit(std::move(one), place));
    }
    return {};
}

Result<> Parser::reset() {
    const auto place = m_tokens.now().place;
    CHECK_OK(m_tokens.advance());
    TRY(const auto what, operand(true));
    for (std::uint32_t i = 0; i < what.size(); ++i) {
        Operation one;
        one.kind = Kind::reset;
        one.targets = {what.at(i)};
        CHECK_OK(emit(std::move(one), place));
    }
    return end_of_statement();
}

Result<> Parser::barrier() {
    const auto place = m_tokens.now().place;
    CHECK_OK(m_tokens.advance());
    Operation one;
    one.kind = Kind::barrier;
    const bool all = m_tokens.now().is(";") && !two();
    for (Qubit q = 0; all && q < m_circuit.qubits; ++q)
        one.targets.push_back(q);
    for (bool more = !all; more;) {
        TRY(const auto what, operand(true));
        for (std::uint32_t i = 0; i < what.size(); ++i)
            if (std::ranges::find(one.targets, what.at(i)) == one.targets.end())
                one.targets.push_back(what.at(i));
        TRY(more, m_tokens.take(","));
    }
    CHECK_OK(emit(std::move(one), place));
    return end_of_statement();
}

} // namespace torgo::quantum
