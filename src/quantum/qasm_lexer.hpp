#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace torgo::quantum {

/// Where something stands in a file; both count from 1, columns in bytes.
struct Place {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
};

/// `invalid_argument` "LINE:COLUMN: text".
std::unexpected<Error> fail_at(Place place, const std::string& text);

enum class TokenKind : std::uint8_t { name, integer, real, string, symbol, end };

struct Token {
    TokenKind kind = TokenKind::end;
    std::string_view text; ///< as written; of a string without its quotes
    Place place;
    double number = 0;         ///< of `integer` and `real`
    std::uint64_t integer = 0; ///< of `integer`

    bool is(std::string_view symbol) const { return kind == TokenKind::symbol && text == symbol; }

    bool is_name(std::string_view word) const { return kind == TokenKind::name && text == word; }
};

/// `"word"`, or "the end of the file".
std::string shown(const Token& token);

/// Cuts a file of OpenQASM into tokens, one at a time. The text outlives it and the tokens.
class Lexer {
public:
    explicit Lexer(std::string_view text) : m_text(text) {}

    /// The next one; at the end `end`, as often as asked.
    /// errors  `invalid_argument` for bytes that begin no token, an open comment or string, a
    ///         number out of range, a name that is too long
    Result<Token> next();

private:
    char at(std::size_t ahead = 0) const;
    void forward(std::size_t bytes);
    Result<> skip_blanks();
    std::size_t letter() const;
    Result<Token> name();
    Result<Token> number();
    Result<Token> string();
    Token taken(TokenKind kind, std::size_t bytes);

    std::string_view m_text;
    std::size_t m_at = 0;
    Place m_place;
};

} // namespace torgo::quantum
