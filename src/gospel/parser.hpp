#pragma once

#include "gospel/lexer.hpp"
#include "gospel/tree.hpp"

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// Types, patterns and expressions from tokens, by recursive descent. Interfaces are read by
// interface_parser.cpp, which stands on this.
namespace torgo::gospel {

inline constexpr std::uint32_t expression_depth_max = 100;
inline constexpr std::size_t type_depth_max = 16;
inline constexpr std::size_t type_parts_max = 256; ///< of one tuple

template <class T = void>
using Parsed = std::expected<T, Fault>;

class Parser {
public:
    /// `tokens` ends with one of kind `end`, and outlives the parser.
    explicit Parser(std::span<const Token> tokens) : m_tokens(tokens) {}

    Parsed<Expr> expression();
    Parsed<TypeExpr> type();
    /// Not a tuple.
    Parsed<TypeExpr> type_part();
    /// A tuple needs no parentheses.
    Parsed<Pattern> pattern();

    const Token& token(std::size_t ahead = 0) const noexcept;
    bool at_end() const noexcept { return token().kind == TokenKind::end; }
    bool at_symbol(std::string_view symbol, std::size_t ahead = 0) const noexcept;
    bool at_word(std::string_view word) const noexcept;
    /// A lower-case name that is no keyword.
    bool at_name(std::size_t ahead = 0) const noexcept;
    bool take_symbol(std::string_view symbol) noexcept;
    bool take_word(std::string_view word) noexcept;
    void skip() noexcept;
    /// After an error: what was begun is forgotten.
    void recover() noexcept {
        m_depth = 0;
        m_in_ends = false;
    }

    Parsed<> expect_symbol(std::string_view symbol);
    Parsed<> expect_word(std::string_view word);
    Parsed<std::string> expect_name(std::string_view what);
    std::unexpected<Fault> wrong(std::string text) const;
    /// "… instead of …": what was expected, and what stands there.
    std::unexpected<Fault> unexpected(std::string_view expected) const;

private:
    struct BinaryOp {
        Op op{};
        int level = 0;
        bool right = false;
    };

    Parsed<Expr> make(Expr expr) const;
    Parsed<Expr> binary(int level);
    Parsed<Expr> comparison(Expr first);
    Parsed<Expr> operand();
    Parsed<Expr> negated();
    Parsed<Expr> application();
    Parsed<Expr> arguments(Expr call);
    Parsed<Expr> postfix();
    Parsed<Expr> suffix(Expr of);
    Parsed<Expr> index(Expr of, std::string_view close);
    Parsed<Expr> primary();
    Parsed<Expr> number(bool negative);
    Parsed<Expr> symbol_primary();
    Parsed<Expr> parenthesised();
    Parsed<Expr> list_literal();
    Parsed<Expr> path();
    Parsed<Expr> word_primary();
    Parsed<Expr> let_in();
    Parsed<Expr> if_else();
    Parsed<Expr> match();
    Parsed<> match_case(Expr& out);
    Parsed<Expr> quantifier();
    Parsed<> binder_group(std::vector<Binder>& binders);
    Parsed<Expr> open_tuple();
    Parsed<TypeExpr> type_atom();
    Parsed<Pattern> pattern_cons();
    Parsed<Pattern> pattern_atom();
    Parsed<Pattern> pattern_constructor();
    Parsed<Pattern> pattern_group();
    Parsed<Value> literal(bool negative);
    std::optional<BinaryOp> binary_op() const noexcept;
    bool starts_argument() const noexcept;

    std::span<const Token> m_tokens;
    std::size_t m_at = 0;
    std::uint32_t m_depth = 0;
    bool m_in_ends = false; ///< `in` ends what is being read, and is no operator
};

bool is_keyword(std::string_view word) noexcept;

} // namespace torgo::gospel
