#include "quantum/qasm_tokens.hpp"

namespace torgo::quantum {

Result<> Tokens::advance() {
    TRY(m_now, m_lexer.next());
    return {};
}

Result<bool> Tokens::take(std::string_view symbol) {
    if (!m_now.is(symbol)) return false;
    CHECK_OK(advance());
    return true;
}

Result<> Tokens::expect(std::string_view symbol, std::string_view what_for) {
    if (m_now.is(symbol)) return advance();
    return fail_at(m_now.place, "\"" + std::string(symbol) + "\" is missing " +
                                    std::string(what_for) + "; here stands " + shown(m_now));
}

Result<Token> Tokens::expect_name(std::string_view what) {
    if (m_now.kind != TokenKind::name)
        return fail_at(m_now.place, std::string(what) + " is missing; here stands " + shown(m_now));
    auto out = m_now;
    CHECK_OK(advance());
    return out;
}

Result<std::uint64_t> Tokens::expect_integer(std::uint64_t most, std::string_view what) {
    if (m_now.kind != TokenKind::integer)
        return fail_at(m_now.place,
                       std::string(what) + " must be a whole number; here stands " + shown(m_now));
    if (m_now.integer > most)
        return fail_at(m_now.place, std::string(what) + " is " + std::string(m_now.text) +
                                        ", at most " + std::to_string(most) + " is possible");
    const auto out = m_now.integer;
    CHECK_OK(advance());
    return out;
}

} // namespace torgo::quantum
