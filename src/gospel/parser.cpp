#include "gospel/parser.hpp"

#include <algorithm>
#include <array>

namespace torgo::gospel {

namespace {
// Clauses of contracts are among them: a formula ends before one.
constexpr std::array<std::string_view, 39> keywords = {
    "and",      "as",       "begin",      "checks",    "consumes", "diverges", "do",    "else",
    "end",      "ensures",  "equivalent", "exception", "exists",   "external", "false", "forall",
    "fun",      "function", "if",         "in",        "include",  "let",      "match", "mod",
    "modifies", "module",   "mutable",    "not",       "of",       "old",      "open",  "pure",
    "raises",   "requires", "then",       "true",      "type",     "val",      "with"};

std::string shown(const Token& token) {
    switch (token.kind) {
    case TokenKind::end:
        return "the end";
    case TokenKind::text:
        return "a string";
    case TokenKind::character:
        return "a character";
    case TokenKind::contract:
    case TokenKind::document:
        return "a comment";
    default:
        return "`" + token.text + "`";
    }
}
} // namespace

bool is_keyword(std::string_view word) noexcept {
    return std::ranges::find(keywords, word) != keywords.end();
}

const Token& Parser::token(std::size_t ahead) const noexcept {
    return m_tokens[std::min(m_at + ahead, m_tokens.size() - 1)];
}

bool Parser::at_symbol(std::string_view symbol, std::size_t ahead) const noexcept {
    return token(ahead).kind == TokenKind::symbol && token(ahead).text == symbol;
}

bool Parser::at_word(std::string_view word) const noexcept {
    return token().kind == TokenKind::lower && token().text == word;
}

bool Parser::at_name(std::size_t ahead) const noexcept {
    const auto& next = token(ahead);
    return next.kind == TokenKind::lower && next.text != "_" && !is_keyword(next.text);
}

void Parser::skip() noexcept {
    if (m_at + 1 < m_tokens.size()) ++m_at;
}

bool Parser::take_symbol(std::string_view symbol) noexcept {
    if (!at_symbol(symbol)) return false;
    skip();
    return true;
}

bool Parser::take_word(std::string_view word) noexcept {
    if (!at_word(word)) return false;
    skip();
    return true;
}

std::unexpected<Fault> Parser::wrong(std::string text) const {
    return std::unexpected(Fault{token().at, std::move(text)});
}

std::unexpected<Fault> Parser::unexpected(std::string_view expected) const {
    return wrong(std::string(expected) + " is expected, not " + shown(token()));
}

Parsed<> Parser::expect_symbol(std::string_view symbol) {
    if (take_symbol(symbol)) return {};
    return unexpected("`" + std::string(symbol) + "`");
}

Parsed<> Parser::expect_word(std::string_view word) {
    if (take_word(word)) return {};
    return unexpected("`" + std::string(word) + "`");
}

Parsed<std::string> Parser::expect_name(std::string_view what) {
    if (!at_name()) return unexpected(what);
    auto name = token().text;
    skip();
    return name;
}

Parsed<TypeExpr> Parser::type() {
    const auto at = token().at;
    TRY(auto first, type_part());
    if (!at_symbol("*")) return first;
    TypeExpr out{.kind = TypeExpr::Kind::tuple, .at = at};
    out.parts.push_back(std::move(first));
    while (take_symbol("*")) {
        if (out.parts.size() >= type_parts_max) return wrong("a tuple of too many parts");
        TRY(auto next, type_part());
        out.parts.push_back(std::move(next));
    }
    return out;
}

Parsed<TypeExpr> Parser::type_part() {
    if (++m_depth > type_depth_max) return wrong("a type nested too deep");
    TRY(auto out, type_atom());
    std::size_t wraps = 0;
    while (at_name() || token().kind == TokenKind::upper) {
        if (token().kind == TokenKind::upper) return wrong("types of modules are not understood");
        if (++wraps > type_depth_max) return wrong("a type nested too deep");
        TypeExpr outer{.name = token().text, .at = token().at};
        outer.parts.push_back(std::move(out));
        out = std::move(outer);
        skip();
    }
    --m_depth;
    return out;
}

Parsed<TypeExpr> Parser::type_atom() {
    TypeExpr out{.name = token().text, .at = token().at};
    if (token().kind == TokenKind::variable) {
        out.kind = TypeExpr::Kind::variable;
        skip();
        return out;
    }
    if (at_name()) {
        skip();
        return out;
    }
    if (token().kind == TokenKind::upper) return wrong("types of modules are not understood");
    if (!take_symbol("(")) return unexpected("a type");
    TRY(auto inner, type());
    if (at_symbol("->")) return wrong("functions as arguments are not understood");
    if (at_symbol(",")) return wrong("types with several arguments are not understood");
    CHECK_OK(expect_symbol(")"));
    return inner;
}

Parsed<Pattern> Parser::pattern() {
    const auto at = token().at;
    TRY(auto first, pattern_cons());
    if (!at_symbol(",")) return first;
    Pattern out{.kind = Pattern::Kind::tuple, .at = at};
    out.parts.push_back(std::move(first));
    while (take_symbol(",")) {
        TRY(auto next, pattern_cons());
        out.parts.push_back(std::move(next));
    }
    return out;
}

Parsed<Pattern> Parser::pattern_cons() {
    if (++m_depth > expression_depth_max) return wrong("a pattern nested too deep");
    const auto at = token().at;
    TRY(auto head, pattern_atom());
    if (take_symbol("::")) {
        Pattern out{.kind = Pattern::Kind::cons, .at = at};
        out.parts.push_back(std::move(head));
        TRY(auto tail, pattern_cons());
        out.parts.push_back(std::move(tail));
        head = std::move(out);
    }
    --m_depth;
    return head;
}

Parsed<Pattern> Parser::pattern_atom() {
    Pattern out{.at = token().at};
    const auto kind = token().kind;
    if (take_word("_")) return out;
    if (at_name()) {
        out.kind = Pattern::Kind::name;
        out.word = token().text;
        skip();
        return out;
    }
    if (kind == TokenKind::upper) return pattern_constructor();
    if (at_symbol("(") || at_symbol("[")) return pattern_group();
    const bool negative = take_symbol("-") || take_symbol("-.");
    out.kind = Pattern::Kind::literal;
    TRY(out.literal, literal(negative));
    return out;
}

Parsed<Pattern> Parser::pattern_constructor() {
    Pattern out{.kind = Pattern::Kind::constructor, .word = token().text, .at = token().at};
    skip();
    const auto kind = token().kind;
    const bool argument = at_name() || at_word("_") || at_word("true") || at_word("false") ||
                          kind == TokenKind::upper || kind == TokenKind::integer ||
                          kind == TokenKind::real || kind == TokenKind::text ||
                          kind == TokenKind::character || at_symbol("(") || at_symbol("[");
    if (!argument) return out;
    if (++m_depth > expression_depth_max) return wrong("a pattern nested too deep");
    TRY(auto part, pattern_atom());
    --m_depth;
    out.parts.push_back(std::move(part));
    return out;
}

/// `()`, `(p)`, `[]` or `[p; q]`.
Parsed<Pattern> Parser::pattern_group() {
    Pattern out{.at = token().at};
    if (take_symbol("(")) {
        if (take_symbol(")")) {
            out.kind = Pattern::Kind::literal;
            return out;
        }
        TRY(out, pattern());
        CHECK_OK(expect_symbol(")"));
        return out;
    }
    skip();
    out.kind = Pattern::Kind::nil;
    if (take_symbol("]")) return out;
    return wrong("a list's pattern is written with `::`");
}

Parsed<Value> Parser::literal(bool negative) {
    const auto& next = token();
    if (next.kind == TokenKind::integer || next.kind == TokenKind::real) {
        TRY(const auto expr, number(negative));
        return expr.literal;
    }
    if (negative) return unexpected("a number");
    Value out;
    if (next.kind == TokenKind::text)
        out = Value::text(next.text);
    else if (next.kind == TokenKind::character)
        out = Value::character(static_cast<unsigned char>(next.text[0]));
    else if (at_word("true") || at_word("false"))
        out = Value::boolean(at_word("true"));
    else
        return unexpected("a pattern");
    skip();
    return out;
}

} // namespace torgo::gospel
