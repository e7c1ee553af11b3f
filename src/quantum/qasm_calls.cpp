#include "quantum/qasm_parser.hpp"

#include <algorithm>
#include <array>

namespace torgo::quantum {

namespace {
constexpr std::size_t definitions_max = 1000;
constexpr std::size_t parts_max = 32; ///< parameters or qubits of one gate
constexpr std::uint64_t pow_max = 1024;

bool is_modifier(const Token& token) {
    return token.is_name("ctrl") || token.is_name("negctrl") || token.is_name("inv") ||
           token.is_name("pow");
}

std::string counted(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}
} // namespace

Result<Modifier> Parser::modifier() {
    const auto word = m_tokens.now();
    CHECK_OK(m_tokens.advance());
    Modifier out;
    out.what = word.text == "ctrl"      ? Modifier::What::ctrl
               : word.text == "negctrl" ? Modifier::What::negctrl
               : word.text == "pow"     ? Modifier::What::pow
                                        : Modifier::What::inv;
    TRY(const auto open, m_tokens.take("("));
    if (out.what == Modifier::What::inv && open) return fail_at(word.place, "inv takes no number");
    if (out.what == Modifier::What::pow && !open)
        return fail_at(word.place, "pow wants a number: pow(2) @");
    if (open) {
        TRY(const auto minus, m_tokens.take("-"));
        const bool power = out.what == Modifier::What::pow;
        if (minus && !power) return fail_at(word.place, "a number of controls is positive");
        const auto place = m_tokens.now().place;
        TRY(const auto number,
            m_tokens.expect_integer(power ? pow_max : parts_max,
                                    "the number of \"" + std::string(word.text) + "\""));
        if (number == 0 && !power) return fail_at(place, "at least one control is needed");
        out.count = static_cast<std::int64_t>(number) * (minus ? -1 : 1);
        CHECK_OK(m_tokens.expect(")", "after the number of a modifier"));
    }
    CHECK_OK(m_tokens.expect("@", "after a modifier"));
    return out;
}

Result<std::vector<Modifier>> Parser::modifiers() {
    std::vector<Modifier> out;
    while (!two() && is_modifier(m_tokens.now())) {
        if (out.size() == parts_max) return fail_at(m_tokens.now().place, "too many modifiers");
        TRY(out.emplace_back(), modifier());
    }
    return out;
}

/// The gate that a name stands for, its own definition first.
Result<Call> Parser::base(const Token& name) const {
    Call out;
    out.place = name.place;
    if (const auto own = m_defined.find(name.text); own != m_defined.end()) {
        out.what = Call::What::defined;
        out.defined = own->second;
        return out;
    }
    if (name.text == "U") {
        out.what = Call::What::u;
        return out;
    }
    if (!two() && name.text == "gphase") {
        out.what = Call::What::phase;
        return out;
    }
    const bool built_in = two() && name.text == "CX";
    out.standard = m_standard || built_in ? find_gate(name.text) : nullptr;
    if (out.standard != nullptr) return out;
    const bool left_out = !m_standard && find_gate(name.text) != nullptr;
    return fail_at(name.place,
                   "there is no gate " + shown(name) + ": " +
                       (left_out ? std::string("write include \"") +
                                       (two() ? "qelib1.inc" : "stdgates.inc") + "\"; before it"
                                 : "define it before it is used"));
}

Result<> Parser::check_counts(const Call& call, const Token& name) const {
    if (call.parameters.size() != call.parameters_wanted())
        return fail_at(name.place, shown(name) + " has " +
                                       counted(call.parameters_wanted(), "parameter") + ", not " +
                                       std::to_string(call.parameters.size()));
    if (call.qubits_wanted() > parts_max)
        return fail_at(name.place, "a gate of more than " + counted(parts_max, "qubit"));
    return {};
}

/// A gate's name and parameters, up to its qubits.
Result<Call> Parser::head(const Token& name, std::vector<Modifier> modifiers,
                          std::span<const std::string> parameters) {
    CHECK_OK(refuse(name));
    TRY(auto out, base(name));
    out.modifiers = std::move(modifiers);
    TRY(const auto open, m_tokens.take("("));
    if (open && !m_tokens.now().is(")")) {
        for (bool more = true; more;) {
            if (out.parameters.size() == parts_max)
                return fail_at(m_tokens.now().place, "too many parameters");
            TRY(out.parameters.emplace_back(), read_expression(m_tokens, parameters));
            TRY(more, m_tokens.take(","));
        }
    }
    if (open) CHECK_OK(m_tokens.expect(")", "after the parameters"));
    CHECK_OK(check_counts(out, name));
    return out;
}

Result<> Parser::call() {
    TRY(auto before, modifiers());
    TRY(const auto name, m_tokens.expect_name("a gate"));
    const bool bit = std::ranges::find(m_circuit.classical, name.text, &Register::name) !=
                     m_circuit.classical.end();
    if (!two() && bit && before.empty()) return assignment(name);
    return call_named(name, std::move(before));
}

Result<> Parser::call_named(const Token& name, std::vector<Modifier> modifiers) {
    TRY(const auto one, head(name, std::move(modifiers), {}));
    std::vector<Operand> operands;
    for (bool more = !m_tokens.now().is(";"); more;) {
        if (operands.size() == parts_max) return fail_at(m_tokens.now().place, "too many qubits");
        TRY(operands.emplace_back(), operand(true));
        TRY(more, m_tokens.take(","));
    }
    if (operands.size() != one.qubits_wanted())
        return fail_at(name.place, shown(name) + " acts on " +
                                       counted(one.qubits_wanted(), "qubit") + " here, not on " +
                                       std::to_string(operands.size()));
    CHECK_OK(broadcast(one, operands));
    return end_of_statement();
}

// [QASM-5] [QASM-6]
Result<> Parser::broadcast(const Call& call, const std::vector<Operand>& operands) {
    std::uint32_t times = 1;
    bool rows = false;
    for (const auto& one : operands) {
        if (one.index) continue;
        if (rows && one.reg.size != times)
            return fail_at(one.place, "registers of " + std::to_string(times) + " and of " +
                                          std::to_string(one.reg.size) +
                                          " qubits cannot stand in one statement");
        rows = true;
        times = one.reg.size;
    }
    for (std::uint32_t i = 0; i < times; ++i) {
        std::vector<Qubit> qubits;
        for (const auto& one : operands) {
            if (std::ranges::find(qubits, one.at(i)) != qubits.end())
                return fail_at(one.place, "the gate acts twice on qubit " +
                                              std::to_string(one.at(i) - one.reg.first) + " of \"" +
                                              one.reg.name + "\"");
            qubits.push_back(one.at(i));
        }
        CHECK_OK(m_expander.append(call, qubits, m_conditions));
    }
    return {};
}

/// Names parted by commas, up to `end`, which is taken.
Result<std::vector<std::string>> Parser::names(std::string_view what, std::string_view end) {
    std::vector<std::string> out;
    for (bool more = !m_tokens.now().is(end); more;) {
        TRY(const auto name, m_tokens.expect_name(what));
        CHECK_OK(refuse(name));
        const bool same = std::ranges::find(out, name.text) != out.end();
        if (same || name.text == "pi" || name.text == "π")
            return fail_at(name.place, "the name " + shown(name) + " is taken: choose another");
        if (out.size() == parts_max) return fail_at(name.place, "too many names");
        out.emplace_back(name.text);
        TRY(more, m_tokens.take(","));
    }
    CHECK_OK(m_tokens.expect(end, "after names"));
    return out;
}

// [QASM-9]
Result<> Parser::define() {
    CHECK_OK(m_tokens.advance());
    TRY(const auto name, m_tokens.expect_name("a gate's name"));
    CHECK_OK(check_free(name));
    if (m_defined.size() == definitions_max)
        return fail_at(name.place,
                       "more than " + counted(definitions_max, "gate") + " are defined");
    auto definition = std::make_shared<Definition>();
    definition->name = name.text;
    TRY(const auto open, m_tokens.take("("));
    if (open) {
        TRY(definition->parameters, names("a parameter's name", ")"));
    }
    TRY(definition->qubits, names("a qubit's name", "{"));
    if (definition->qubits.empty()) return fail_at(name.place, "a gate needs at least one qubit");
    while (!m_tokens.now().is("}")) {
        TRY(definition->body.emplace_back(), inner_call(*definition));
    }
    CHECK_OK(m_tokens.advance());
    m_defined[std::string(name.text)] = std::move(definition);
    return {};
}

/// A call in the body of a gate.
Result<Call> Parser::inner_call(const Definition& around) {
    TRY(auto before, modifiers());
    TRY(const auto name, m_tokens.expect_name("a gate or \"}\""));
    Call out;
    const bool is_barrier = name.text == "barrier";
    if (is_barrier && !before.empty()) return fail_at(name.place, "a barrier takes no modifier");
    if (is_barrier) {
        out.what = Call::What::barrier;
        out.place = name.place;
    } else {
        TRY(out, head(name, std::move(before), around.parameters));
    }
    for (bool more = !m_tokens.now().is(";"); more;) {
        TRY(const auto qubit, m_tokens.expect_name("a qubit of the gate"));
        const auto found = std::ranges::find(around.qubits, qubit.text);
        if (found == around.qubits.end())
            return fail_at(qubit.place, shown(qubit) + " is no qubit of the gate \"" + around.name +
                                            "\"; only those can stand in it, without an index");
        const auto index = static_cast<std::size_t>(found - around.qubits.begin());
        if (std::ranges::find(out.qubits, index) != out.qubits.end())
            return fail_at(qubit.place, "the gate acts twice on " + shown(qubit));
        out.qubits.push_back(index);
        TRY(more, m_tokens.take(","));
    }
    if (out.qubits.size() != out.qubits_wanted())
        return fail_at(name.place, shown(name) + " acts on " +
                                       counted(out.qubits_wanted(), "qubit") + " here, not on " +
                                       std::to_string(out.qubits.size()));
    CHECK_OK(end_of_statement());
    return out;
}

} // namespace torgo::quantum
