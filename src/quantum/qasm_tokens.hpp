#pragma once

#include "quantum/qasm_lexer.hpp"

namespace torgo::quantum {

enum class Version : std::uint8_t { two, three };

/// The tokens of a file with the next one in sight, and what every part of the parser asks of them.
class Tokens {
public:
    explicit Tokens(std::string_view text) : m_lexer(text) {}

    /// Makes the next token the one in sight. The first call comes before all others.
    Result<> advance();

    const Token& now() const { return m_now; }

    /// Takes the symbol when it is in sight.
    Result<bool> take(std::string_view symbol);

    /// The symbol must be in sight.
    Result<> expect(std::string_view symbol, std::string_view what_for);

    /// A name must be in sight.
    Result<Token> expect_name(std::string_view what);

    /// A whole number up to `most` must be in sight.
    Result<std::uint64_t> expect_integer(std::uint64_t most, std::string_view what);

    Version version = Version::two;

private:
    Lexer m_lexer;
    Token m_now;
};

} // namespace torgo::quantum
