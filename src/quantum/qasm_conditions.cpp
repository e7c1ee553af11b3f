#include "quantum/qasm_parser.hpp"

#include <algorithm>

namespace torgo::quantum {

namespace {
constexpr int depth_max = 64;

Condition negated(Condition condition) {
    condition.equal = !condition.equal;
    return condition;
}

bool reads(const Condition& condition, std::uint32_t bit) {
    return bit >= condition.first && bit - condition.first < condition.count;
}
} // namespace

// [QASM-12]
Result<Condition> Parser::compared(const Operand& operand) {
    const bool equal = m_tokens.now().is("==");
    if (!equal && (two() || !m_tokens.now().is("!=")))
        return fail_at(m_tokens.now().place,
                       "\"==\" is missing after the bits; here stands " + shown(m_tokens.now()));
    CHECK_OK(m_tokens.advance());
    const std::uint32_t count = operand.size();
    const auto most = count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
    const bool word = m_tokens.now().is_name("true") || m_tokens.now().is_name("false");
    std::uint64_t value = 0;
    if (word && !two() && operand.index) {
        value = m_tokens.now().is_name("true") ? 1 : 0;
        CHECK_OK(m_tokens.advance());
    } else {
        TRY(value, m_tokens.expect_integer(most, "the number that the bits are compared with"));
    }
    return Condition{operand.at(0), count, value, equal};
}

/// What stands between the parentheses of an `if`.
Result<Condition> Parser::condition() {
    TRY(const auto inverted, m_tokens.take("!"));
    if (inverted && two()) return fail_at(m_tokens.now().place, "\"!\" belongs to OpenQASM 3");
    TRY(const auto bits, operand(false));
    if (bits.index && two())
        return fail_at(bits.place, "OpenQASM 2 compares whole registers: if (c == 1)");
    const bool alone = m_tokens.now().is(")") || inverted;
    if (!alone) return compared(bits);
    if (bits.size() != 1)
        return fail_at(bits.place, "a register of several bits must be compared: if (" +
                                       bits.reg.name + " == 1)");
    return Condition{bits.at(0), 1, 1, !inverted};
}

Result<> Parser::block(int depth) {
    TRY(const auto open, m_tokens.take("{"));
    if (!open) return statement(depth + 1);
    while (!m_tokens.now().is("}")) {
        if (m_tokens.now().kind == TokenKind::end)
            return fail_at(m_tokens.now().place, "\"}\" is missing at the end of a block");
        CHECK_OK(statement(depth + 1));
    }
    return m_tokens.advance();
}

// [QASM-13]
Result<> Parser::check_block(std::size_t from, const Condition& condition, Place place) const {
    const auto& all = m_circuit.operations;
    if (all.size() - from <= 1) return {};
    for (auto i = from; i < all.size(); ++i)
        if (all[i].kind == Kind::measure && reads(condition, all[i].bit))
            return fail_at(place, "what stands under this condition measures into a bit that the "
                                  "condition reads: measure into another register");
    return {};
}

Result<> Parser::conditional(int depth) {
    const auto place = m_tokens.now().place;
    if (depth == depth_max) return fail_at(place, "conditions are nested too deep");
    CHECK_OK(m_tokens.advance());
    CHECK_OK(m_tokens.expect("(", "after \"if\""));
    TRY(const auto read, condition());
    CHECK_OK(m_tokens.expect(")", "after a condition"));
    const auto from = m_circuit.operations.size();
    m_conditions.push_back(read);
    if (two()) {
        const auto word = m_tokens.now();
        if (word.is_name("if") || word.is_name("barrier"))
            return fail_at(word.place, "a gate, measure or reset must stand after a condition");
        CHECK_OK(statement(depth + 1));
    } else {
        CHECK_OK(block(depth));
        if (m_tokens.now().is_name("else")) {
            CHECK_OK(m_tokens.advance());
            m_conditions.back() = negated(read);
            CHECK_OK(block(depth));
        }
    }
    m_conditions.pop_back();
    return check_block(from, read, place);
}

} // namespace torgo::quantum
