#pragma once

#include "quantum/circuit.hpp"
#include "quantum/qasm_gates.hpp"

namespace torgo::quantum {

/// What a name stands for: a register, or one element of it.
struct Operand {
    Register reg;
    std::optional<std::uint32_t> index;
    Place place;

    /// How often a statement with it is done: once, or for each index.
    std::uint32_t size() const { return index ? 1 : reg.size; }

    std::uint32_t at(std::uint32_t i) const { return reg.first + (index ? *index : i); }
};

/// Reads statements one after another. The parts: statements in qasm_parser.cpp, calls of gates and
/// their definitions in qasm_calls.cpp, conditions in qasm_conditions.cpp.
class Parser {
public:
    explicit Parser(std::string_view text) : m_tokens(text) {}
    Parser(const Parser&) = delete; // m_expander refers to m_circuit
    Parser& operator=(const Parser&) = delete;

    Result<Circuit> read();

private:
    // Statements.
    Result<> version();
    Result<> statement(int depth);
    Result<> named_statement();
    Result<bool> declaration();
    Result<> include();
    Result<> declare(bool quantum, bool size_after_name);
    Result<> declare_register(const Token& name, bool quantum, std::uint64_t size);
    Result<std::uint64_t> size();
    Result<> measure();
    Result<> assignment(const Token& name);
    Result<> measure_into(const Operand& from, const Operand& to, Place place);
    Result<> reset();
    Result<> barrier();
    Result<> end_of_statement();

    // Calls.
    Result<> call();
    Result<> call_named(const Token& name, std::vector<Modifier> modifiers);
    Result<std::vector<Modifier>> modifiers();
    Result<Modifier> modifier();
    Result<Call> head(const Token& name, std::vector<Modifier> modifiers,
                      std::span<const std::string> parameters);
    Result<Call> base(const Token& name) const;
    Result<> check_counts(const Call& call, const Token& name) const;
    Result<> broadcast(const Call& call, const std::vector<Operand>& operands);
    Result<> define();
    Result<Call> inner_call(const Definition& around);
    Result<std::vector<std::string>> names(std::string_view what, std::string_view end);

    // Conditions.
    Result<> conditional(int depth);
    Result<Condition> condition();
    Result<Condition> compared(const Operand& operand);
    Result<> block(int depth);
    Result<> check_block(std::size_t from, const Condition& condition, Place place) const;

    // What they share.
    Result<Operand> operand(bool quantum);
    Result<Operand> operand_named(const Token& name, bool quantum);
    Result<> refuse(const Token& word) const;
    Result<> check_free(const Token& name) const;
    Result<> emit(Operation operation, Place place);

    bool two() const { return m_tokens.version == Version::two; }

    Tokens m_tokens;
    Circuit m_circuit;
    Expander m_expander{m_circuit.operations};
    std::map<std::string, std::shared_ptr<const Definition>, std::less<>> m_defined;
    std::vector<Condition> m_conditions;
    bool m_standard = false; ///< the standard gates are included
};

} // namespace torgo::quantum
