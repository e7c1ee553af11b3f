#include "gospel/checker.hpp"
#include "gospel/parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace torgo::gospel {

namespace {
// From loose to tight. `not` stands between the logic and the comparisons, as in Gospel.
constexpr int level_implication = 1;
constexpr int level_or = 2;
constexpr int level_and = 3;
constexpr int level_comparison = 4;
constexpr int level_join = 5;
constexpr int level_cons = 6;
constexpr int level_sum = 7;
constexpr int level_product = 8;
constexpr int level_power = 9;

struct Row {
    Op op;
    std::string_view spelling;
    int level;
    bool right;
};

constexpr std::array<Row, 29> rows = {{
    {Op::implies, "->", level_implication, true},
    {Op::iff, "<->", level_implication, true},
    {Op::or_else, "||", level_or, true},
    {Op::either, "\\/", level_or, true},
    {Op::and_then, "&&", level_and, true},
    {Op::both, "/\\", level_and, true},
    {Op::negation, "not", 0, false},
    {Op::equal, "=", level_comparison, false},
    {Op::unequal, "<>", level_comparison, false},
    {Op::less, "<", level_comparison, false},
    {Op::at_most, "<=", level_comparison, false},
    {Op::greater, ">", level_comparison, false},
    {Op::at_least, ">=", level_comparison, false},
    {Op::member, "in", level_comparison, false},
    {Op::cons, "::", level_cons, true},
    {Op::append, "@", level_join, true},
    {Op::join, "^", level_join, true},
    {Op::plus, "+", level_sum, false},
    {Op::minus, "-", level_sum, false},
    {Op::times, "*", level_product, false},
    {Op::divide, "/", level_product, false},
    {Op::modulo, "mod", level_product, false},
    {Op::real_plus, "+.", level_sum, false},
    {Op::real_minus, "-.", level_sum, false},
    {Op::real_times, "*.", level_product, false},
    {Op::real_divide, "/.", level_product, false},
    {Op::power, "**", level_power, true},
    {Op::negate, "-", 0, false},
    {Op::real_negate, "-.", 0, false},
}};
} // namespace

std::string_view spelling(Op op) noexcept {
    return rows[static_cast<std::size_t>(op)].spelling;
}

/// One more level, if there is room for it.
Parsed<Expr> Parser::make(Expr expr) const {
    for (const auto& part : expr.parts)
        expr.depth = std::max(expr.depth, part.depth + 1);
    if (expr.depth > expression_depth_max)
        return std::unexpected(Fault{expr.at, "an expression nested too deep"});
    return expr;
}

Parsed<Expr> Parser::expression() {
    return binary(level_implication);
}

std::optional<Parser::BinaryOp> Parser::binary_op() const noexcept {
    const auto& next = token();
    const bool word = next.kind == TokenKind::lower;
    if (!word && next.kind != TokenKind::symbol) return std::nullopt;
    for (const auto& row : rows) {
        if (row.level == 0 || row.spelling != next.text) continue;
        if (row.op == Op::member && m_in_ends) return std::nullopt;
        return BinaryOp{row.op, row.level, row.right};
    }
    return std::nullopt;
}

Parsed<Expr> Parser::binary(int level) {
    if (++m_depth > expression_depth_max) return wrong("an expression nested too deep");
    TRY(auto left, operand());
    while (const auto op = binary_op()) {
        if (op->level < level) break;
        if (is_comparison(op->op)) {
            TRY(left, comparison(std::move(left)));
            continue;
        }
        const auto at = token().at;
        skip();
        TRY(auto right, binary(op->right ? op->level : op->level + 1));
        Expr both{.kind = Expr::Kind::binary, .ops = {op->op}, .at = at};
        both.parts.push_back(std::move(left));
        both.parts.push_back(std::move(right));
        TRY(left, make(std::move(both)));
    }
    if (at_symbol("==") || at_symbol("!="))
        return wrong("equality of places is not understood; write = or <>");
    --m_depth;
    return left;
}

/// `a < b <= c` means that all of it holds.
Parsed<Expr> Parser::comparison(Expr first) {
    Expr out{.kind = Expr::Kind::compare, .at = token().at};
    out.parts.push_back(std::move(first));
    for (auto op = binary_op(); op && is_comparison(op->op); op = binary_op()) {
        skip();
        out.ops.push_back(op->op);
        TRY(auto next, binary(level_comparison + 1));
        out.parts.push_back(std::move(next));
    }
    if (out.ops.size() > 1 && std::ranges::contains(out.ops, Op::member))
        return std::unexpected(Fault{out.at, "`in` has no place in a chain of comparisons"});
    return make(std::move(out));
}

Parsed<Expr> Parser::operand() {
    const auto at = token().at;
    if (take_word("not")) {
        Expr out{.kind = Expr::Kind::unary, .ops = {Op::negation}, .at = at};
        TRY(auto inner, binary(level_comparison));
        out.parts.push_back(std::move(inner));
        return make(std::move(out));
    }
    if (at_symbol("-") || at_symbol("-.")) return negated();
    return application();
}

/// A minus right before digits belongs to the number: the least integer has no positive twin.
Parsed<Expr> Parser::negated() {
    if (++m_depth > expression_depth_max) return wrong("an expression nested too deep");
    Expr out{.kind = Expr::Kind::unary, .at = token().at};
    out.ops.push_back(take_symbol("-") ? Op::negate : Op::real_negate);
    if (out.ops[0] == Op::real_negate) skip();
    const auto kind = token().kind;
    const bool is_number = kind == TokenKind::integer || kind == TokenKind::real;
    auto inner = is_number ? number(true) : operand();
    --m_depth;
    if (!inner || is_number) return inner;
    out.parts.push_back(*std::move(inner));
    return make(std::move(out));
}

bool Parser::starts_argument() const noexcept {
    switch (token().kind) {
    case TokenKind::upper:
    case TokenKind::integer:
    case TokenKind::real:
    case TokenKind::text:
    case TokenKind::character:
        return true;
    case TokenKind::lower:
        return at_name() || at_word("true") || at_word("false") || at_word("old");
    case TokenKind::symbol:
        return at_symbol("(") || at_symbol("[");
    default:
        return false;
    }
}

Parsed<Expr> Parser::application() {
    TRY(auto head, postfix());
    if (!starts_argument()) return head;
    if (head.kind == Expr::Kind::constructor && head.parts.empty()) {
        TRY(auto argument, postfix());
        head.parts.push_back(std::move(argument));
        return make(std::move(head));
    }
    if (head.kind != Expr::Kind::name) return unexpected("an operator");
    head.kind = Expr::Kind::call;
    return arguments(std::move(head));
}

Parsed<Expr> Parser::arguments(Expr call) {
    while (starts_argument()) {
        TRY(auto argument, postfix());
        call.parts.push_back(std::move(argument));
    }
    return make(std::move(call));
}

Parsed<Expr> Parser::postfix() {
    const auto at = token().at;
    if (take_word("old")) {
        if (++m_depth > expression_depth_max) return wrong("an expression nested too deep");
        Expr out{.kind = Expr::Kind::old, .at = at};
        TRY(auto inner, postfix());
        --m_depth;
        out.parts.push_back(std::move(inner));
        return make(std::move(out));
    }
    TRY(auto out, primary());
    while (true) {
        const bool close = m_at > 0 && m_tokens[m_at - 1].end == token().at;
        if (!at_symbol(".") && !(at_symbol("[") && close)) return out;
        TRY(out, suffix(std::move(out)));
    }
}

/// `.field`, `.(i)`, `.[i]` or `[i]`.
Parsed<Expr> Parser::suffix(Expr of) {
    if (take_symbol("[")) return index(std::move(of), "]");
    Expr out{.kind = Expr::Kind::field, .at = of.at};
    skip();
    if (take_symbol("(")) return index(std::move(of), ")");
    if (take_symbol("[")) return index(std::move(of), "]");
    TRY(out.word, expect_name("a field"));
    out.parts.push_back(std::move(of));
    return make(std::move(out));
}

Parsed<Expr> Parser::index(Expr of, std::string_view close) {
    Expr out{.kind = Expr::Kind::index, .at = of.at};
    if (at_symbol("..")) return wrong("slices are not understood");
    const bool in_ends = std::exchange(m_in_ends, false);
    TRY(auto place, expression());
    m_in_ends = in_ends;
    if (at_symbol("..")) return wrong("slices are not understood");
    if (at_symbol("->")) return wrong("changed functions are not understood");
    CHECK_OK(expect_symbol(close));
    out.parts.push_back(std::move(of));
    out.parts.push_back(std::move(place));
    return make(std::move(out));
}

Parsed<Expr> Parser::number(bool negative) {
    const auto& next = token();
    Expr out{.at = next.at};
    const auto digits = (negative ? "-" : "") + next.text;
    const char* const end = digits.data() + digits.size();
    if (next.kind == TokenKind::integer) {
        std::int64_t integer = 0;
        if (std::from_chars(digits.data(), end, integer).ec != std::errc())
            return wrong(digits + " is outside 64 bits");
        out.literal = Value::integer(integer);
    } else {
        double real = 0;
        if (std::from_chars(digits.data(), end, real).ec != std::errc())
            return wrong(digits + " is no finite float");
        out.literal = Value::real(real);
    }
    skip();
    return out;
}

Parsed<Expr> Parser::primary() {
    const auto& next = token();
    Expr out{.at = next.at};
    switch (next.kind) {
    case TokenKind::integer:
    case TokenKind::real:
        return number(false);
    case TokenKind::text:
    case TokenKind::character: {
        TRY(out.literal, literal(false));
        return out;
    }
    case TokenKind::upper:
        return path();
    case TokenKind::lower:
        return word_primary();
    case TokenKind::symbol:
        return symbol_primary();
    default:
        return unexpected("an expression");
    }
}

Parsed<Expr> Parser::symbol_primary() {
    if (at_symbol("(")) return parenthesised();
    if (at_symbol("[")) return list_literal();
    if (at_symbol("{")) return wrong("building records is not understood");
    if (at_symbol("!")) return wrong("references are not understood");
    return unexpected("an expression");
}

/// `()`, `(e)` or `(e, f)`.
Parsed<Expr> Parser::parenthesised() {
    Expr out{.at = token().at};
    skip();
    if (take_symbol(")")) return out;
    const bool in_ends = std::exchange(m_in_ends, false);
    TRY(out, open_tuple());
    m_in_ends = in_ends;
    if (at_symbol(":")) return wrong("types of expressions are not understood");
    CHECK_OK(expect_symbol(")"));
    return out;
}

Parsed<Expr> Parser::open_tuple() {
    const auto at = token().at;
    TRY(auto first, expression());
    if (!at_symbol(",")) return first;
    Expr out{.kind = Expr::Kind::tuple, .at = at};
    out.parts.push_back(std::move(first));
    while (take_symbol(",")) {
        TRY(auto next, expression());
        out.parts.push_back(std::move(next));
    }
    return make(std::move(out));
}

Parsed<Expr> Parser::list_literal() {
    Expr out{.kind = Expr::Kind::list, .at = token().at};
    skip();
    const bool in_ends = std::exchange(m_in_ends, false);
    while (!at_symbol("]")) {
        TRY(auto item, expression());
        out.parts.push_back(std::move(item));
        if (!take_symbol(";")) break;
    }
    m_in_ends = in_ends;
    CHECK_OK(expect_symbol("]"));
    return make(std::move(out));
}

/// `Some`, `Red`, `List.length`. The standard library's own name is left out.
Parsed<Expr> Parser::path() {
    Expr out{.kind = Expr::Kind::constructor, .word = token().text, .at = token().at};
    skip();
    while (at_symbol(".") && (token(1).kind == TokenKind::upper || at_name(1))) {
        skip();
        if (out.word == "Gospelstdlib" || out.word == "Stdlib")
            out.word = token().text;
        else
            out.word += "." + token().text;
        const bool last = token().kind == TokenKind::lower;
        skip();
        if (!last) continue;
        out.kind = Expr::Kind::name;
        return out;
    }
    return out;
}

Parsed<Expr> Parser::word_primary() {
    Expr out{.at = token().at};
    if (at_word("true") || at_word("false")) {
        out.literal = Value::boolean(at_word("true"));
        skip();
        return out;
    }
    if (at_word("let")) return let_in();
    if (at_word("if")) return if_else();
    if (at_word("match")) return match();
    if (at_word("forall") || at_word("exists")) return quantifier();
    if (at_word("fun") || at_word("function"))
        return wrong("functions as values are not understood");
    out.kind = Expr::Kind::name;
    TRY(out.word, expect_name("an expression"));
    return out;
}

Parsed<Expr> Parser::let_in() {
    Expr out{.kind = Expr::Kind::let_in, .at = token().at};
    skip();
    TRY(auto bound, pattern());
    out.patterns.push_back(std::move(bound));
    if (!at_symbol("=")) return unexpected("`=`");
    skip();
    const bool in_ends = std::exchange(m_in_ends, true);
    TRY(auto value, open_tuple());
    m_in_ends = in_ends;
    CHECK_OK(expect_word("in"));
    TRY(auto body, expression());
    out.parts.push_back(std::move(value));
    out.parts.push_back(std::move(body));
    return make(std::move(out));
}

Parsed<Expr> Parser::if_else() {
    Expr out{.kind = Expr::Kind::if_else, .at = token().at};
    skip();
    for (const std::string_view before : {"then", "else", ""}) {
        TRY(auto part, expression());
        out.parts.push_back(std::move(part));
        if (!before.empty()) CHECK_OK(expect_word(before));
    }
    return make(std::move(out));
}

Parsed<Expr> Parser::match() {
    Expr out{.kind = Expr::Kind::match, .at = token().at};
    skip();
    TRY(auto of, open_tuple());
    out.parts.push_back(std::move(of));
    CHECK_OK(expect_word("with"));
    take_symbol("|");
    do {
        CHECK_OK(match_case(out));
    } while (take_symbol("|"));
    return make(std::move(out));
}

Parsed<> Parser::match_case(Expr& out) {
    TRY(auto of, pattern());
    if (at_symbol("|")) return wrong("alternatives in a pattern are not understood");
    if (at_word("when")) return wrong("`when` is not understood");
    CHECK_OK(expect_symbol("->"));
    TRY(auto body, expression());
    out.patterns.push_back(std::move(of));
    out.parts.push_back(std::move(body));
    return {};
}

Parsed<Expr> Parser::quantifier() {
    Expr out{.kind = at_word("forall") ? Expr::Kind::forall : Expr::Kind::exists, .at = token().at};
    skip();
    do {
        CHECK_OK(binder_group(out.binders));
    } while (take_symbol(","));
    CHECK_OK(expect_symbol("."));
    TRY(auto body, expression());
    out.parts.push_back(std::move(body));
    return make(std::move(out));
}

/// `i j : int`; the type is that of all of them.
Parsed<> Parser::binder_group(std::vector<Binder>& binders) {
    const auto first = binders.size();
    do {
        if (binders.size() >= locals_max)
            return std::unexpected(Fault{token().at, "too many names"});
        Binder next{.at = token().at};
        TRY(next.name, expect_name("a variable"));
        binders.push_back(std::move(next));
    } while (at_name());
    if (!take_symbol(":")) return {};
    const auto depth = std::exchange(m_depth, 0);
    TRY(auto of_all, type());
    m_depth = depth;
    const auto shared = std::make_shared<const TypeExpr>(std::move(of_all));
    for (auto i = first; i < binders.size(); ++i)
        binders[i].type = shared;
    return {};
}

} // namespace torgo::gospel
