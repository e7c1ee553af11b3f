// How formulas are read: the printed form has all parentheses.
#include "gospel/parser.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>

namespace torgo::gospel {
namespace {

Parsed<Expr> read(std::string_view text) {
    std::vector<Token> tokens;
    if (auto fault = tokenize(text, 0, static_cast<Offset>(text.size()), tokens))
        return std::unexpected(*fault);
    Parser parser(tokens);
    TRY(auto out, parser.expression());
    if (!parser.at_end()) return parser.unexpected("the end");
    return out;
}

std::string shape(std::string_view text) {
    const auto expr = read(text);
    return expr ? print(*expr) : "error at " + std::to_string(expr.error().at);
}

std::string error_of(std::string_view text) {
    const auto expr = read(text);
    return expr ? "none" : expr.error().text;
}

// [GOSPEL-10]
TEST(Formula, operators_bind_from_loose_to_tight) {
    EXPECT_EQ(shape("a -> b <-> c"), "(a -> (b <-> c))");
    EXPECT_EQ(shape("a -> b \\/ c /\\ d"), "(a -> (b \\/ (c /\\ d)))");
    EXPECT_EQ(shape("a || b && c || d"), "(a || ((b && c) || d))");
    EXPECT_EQ(shape("not a = b /\\ c"), "((not (a = b)) /\\ c)");
    EXPECT_EQ(shape("a = not b"), "(a = (not b))");
    EXPECT_EQ(shape("0 <= i < n - 1"), "(0 <= i < (n - 1))");
    EXPECT_EQ(shape("a + b * c mod d - e"), "((a + ((b * c) mod d)) - e)");
    EXPECT_EQ(shape("a ** b ** c"), "(a ** (b ** c))");
    EXPECT_EQ(shape("a @ b :: c @ d"), "(a @ ((b :: c) @ d))");
    EXPECT_EQ(shape("x ^ y = z"), "((x ^ y) = z)");
    EXPECT_EQ(shape("- a * b"), "((- a) * b)");
    EXPECT_EQ(shape("-.x +. -1."), "((-. x) +. (-1.))");
}

// [GOSPEL-10]
TEST(Formula, what_stands_behind_a_part_binds_tightest) {
    EXPECT_EQ(shape("old x + 1"), "((old x) + 1)");
    EXPECT_EQ(shape("old x.f[i]"), "(old x.f[i])");
    EXPECT_EQ(shape("f a.b c[i] (d)"), "(f a.b c[i] d)");
    EXPECT_EQ(shape("a.(i).[j].f"), "a[i][j].f");
    EXPECT_EQ(shape("List.mem x [1; 2]"), "(List.mem x [1; 2])");
    EXPECT_EQ(shape("l[i]"), "l[i]");
    EXPECT_EQ(shape("Stdlib.List.length l"), "(List.length l)");
    EXPECT_EQ(shape("Some x = None"), "((Some x) = None)");
}

// [GOSPEL-10]
TEST(Formula, binders_reach_to_the_right) {
    EXPECT_EQ(shape("a /\\ forall i j : int, k. b -> c"),
              "(a /\\ (forall i : int, j : int, k. (b -> c)))");
    EXPECT_EQ(shape("let q, _ = f x in q > 0 -> a"), "(let (q, _) = (f x) in ((q > 0) -> a))");
    EXPECT_EQ(shape("let a = x in a in l"), "(let a = x in (a in l))");
    EXPECT_EQ(shape("let a = (x in l) in a"), "(let a = (x in l) in a)");
    EXPECT_EQ(shape("if a then b else c -> d"), "(if a then b else (c -> d))");
    EXPECT_EQ(shape("match o with None -> 0 | Some (x :: _) -> -1 | Some [] -> x"),
              "(match o with | None -> 0 | (Some (x :: _)) -> (-1) | (Some []) -> x)");
    EXPECT_EQ(shape("exists i.(a)"), "(exists i. a)");
}

// [GOSPEL-3]
TEST(Formula, literals_are_those_of_ocaml) {
    EXPECT_EQ(shape("1_000i"), "1000");
    EXPECT_EQ(shape("-9223372036854775808"), "(-9223372036854775808)");
    EXPECT_EQ(shape("1.5e3"), "1500.");
    EXPECT_EQ(shape("\"a\\n\\\"\\065\\\n   b\""), "\"a\\n\\\"Ab\"");
    EXPECT_EQ(shape("'a'"), "'a'");
    EXPECT_EQ(shape("'\\''"), "'\\''");
    EXPECT_EQ(shape("'\"'"), "'\"'");
    EXPECT_EQ(shape("()"), "()");
    EXPECT_EQ(error_of("9223372036854775808"), "9223372036854775808 is outside 64 bits");
    EXPECT_EQ(error_of("0x10"), "only decimal numbers, and the suffix i, are understood");
    EXPECT_EQ(error_of("1e999"), "1e999 is no finite float");
    EXPECT_EQ(error_of("\"a"), "a string without end");
    EXPECT_EQ(error_of("\"\\q\""), "an escape that is not understood");
    EXPECT_EQ(error_of("\"\\256\""), "an escape that is not understood");
    EXPECT_EQ(error_of("a ; $"), "the character $ is not understood");
    EXPECT_EQ(error_of("\x80"), "the byte 128 is not understood");
}

// [GOSPEL-10]
TEST(Formula, what_is_not_understood_is_refused_by_name) {
    EXPECT_EQ(error_of("{a = 1}"), "building records is not understood");
    EXPECT_EQ(error_of("fun x -> x"), "functions as values are not understood");
    EXPECT_EQ(error_of("l[1..2]"), "slices are not understood");
    EXPECT_EQ(error_of("l[..2]"), "slices are not understood");
    EXPECT_EQ(error_of("a == b"), "equality of places is not understood; write = or <>");
    EXPECT_EQ(error_of("!x"), "references are not understood");
    EXPECT_EQ(error_of("match a with b when c -> d"), "`when` is not understood");
    EXPECT_EQ(error_of("match a with 1 | 2 -> d"), "alternatives in a pattern are not understood");
    EXPECT_EQ(error_of("(a : int)"), "types of expressions are not understood");
    EXPECT_EQ(error_of("x in l = true"), "`in` has no place in a chain of comparisons");
    EXPECT_EQ(error_of("a +"), "an expression is expected, not the end");
    EXPECT_EQ(error_of("if a then b"), "`else` is expected, not the end");
    EXPECT_EQ(error_of("a b) c"), "the end is expected, not `)`");
}

// [GOSPEL-2]
TEST(Formula, depth_is_bounded_whatever_makes_it) {
    const auto many = [](std::string_view part, std::size_t count) {
        std::string out;
        for (std::size_t i = 0; i < count; ++i)
            out += part;
        return out;
    };
    constexpr std::string_view deep = "an expression nested too deep";
    EXPECT_NE(error_of(many("(", 40) + "a" + many(")", 40)), deep);
    for (const std::string_view part :
         {"(", "[", "not ", "- ", "a -> ", "a + ", "a :: ", "a = if b then c else ", "old ",
          "forall x. ", "match a with b -> ", "f (", "Some (", "a.("})
        EXPECT_EQ(error_of(many(part, 5000)), deep) << part;
    // A `let` is one level of itself and one of the pattern in it: either may be the first too
    // many.
    EXPECT_NE(error_of(many("let a = b in ", 5000)).find("nested too deep"), std::string::npos);
    EXPECT_NE(error_of(many("let a = ", 5000)).find("nested too deep"), std::string::npos);
    EXPECT_EQ(error_of("a" + many(" + a", 1000)), deep);
    EXPECT_EQ(error_of("a" + many(".a", 1000)), deep);
    EXPECT_EQ(error_of("let " + many("(", 1000)), "a pattern nested too deep");
    EXPECT_EQ(error_of("let " + many("Some ", 1000)), "a pattern nested too deep");
    EXPECT_EQ(error_of("let " + many("a :: ", 1000)), "a pattern nested too deep");
    EXPECT_EQ(error_of("forall x : " + many("(", 1000)), "a type nested too deep");
    EXPECT_EQ(error_of("forall x : int" + many(" list", 1000)), "a type nested too deep");
}

// Any tree, of what the printer can write.
std::string any_name() {
    return *rc::gen::elementOf(std::vector<std::string>{"a", "b'", "c_1", "x"});
}

Value any_literal() {
    switch (*rc::gen::inRange(0, 6)) {
    case 0:
        return Value::integer(*rc::gen::arbitrary<std::int64_t>());
    case 1:
        return Value::real(*rc::gen::arbitrary<double>());
    case 2:
        return Value::boolean(*rc::gen::arbitrary<bool>());
    case 3:
        return Value::text(*rc::gen::arbitrary<std::string>());
    case 4:
        return Value::character(*rc::gen::arbitrary<unsigned char>());
    default:
        return {};
    }
}

Pattern any_pattern(int depth) {
    using Kind = Pattern::Kind;
    Pattern out{.kind = *rc::gen::elementOf(std::vector<Kind>{Kind::any, Kind::name, Kind::literal,
                                                              Kind::nil, Kind::constructor,
                                                              Kind::tuple, Kind::cons})};
    if (depth == 0 && out.kind != Kind::literal) out.kind = Kind::any;
    if (out.kind == Kind::name) out.word = any_name();
    if (out.kind == Kind::literal) out.literal = any_literal();
    if (out.kind == Kind::constructor) out.word = "Red";
    const bool pair = out.kind == Kind::tuple || out.kind == Kind::cons;
    const bool one = out.kind == Kind::constructor && *rc::gen::arbitrary<bool>();
    for (int i = pair ? 2 : one ? 1 : 0; i > 0; --i)
        out.parts.push_back(any_pattern(depth - 1));
    return out;
}

Expr any_expr(int depth);

void put_parts(Expr& expr, int count, int depth) {
    for (int i = 0; i < count; ++i)
        expr.parts.push_back(any_expr(depth));
}

Op any_op(Op first, Op last) {
    return static_cast<Op>(*rc::gen::inRange(static_cast<int>(first), static_cast<int>(last) + 1));
}

Expr any_operation(int depth) {
    Expr out{.kind = *rc::gen::elementOf(std::vector<Expr::Kind>{
                 Expr::Kind::unary, Expr::Kind::binary, Expr::Kind::compare, Expr::Kind::index,
                 Expr::Kind::list, Expr::Kind::tuple, Expr::Kind::old, Expr::Kind::if_else})};
    const int count = out.kind == Expr::Kind::unary || out.kind == Expr::Kind::old         ? 1
                      : out.kind == Expr::Kind::compare || out.kind == Expr::Kind::if_else ? 3
                                                                                           : 2;
    if (out.kind == Expr::Kind::unary) out.ops = {Op::negation};
    if (out.kind == Expr::Kind::binary)
        out.ops = {*rc::gen::arbitrary<bool>() ? any_op(Op::implies, Op::both)
                                               : any_op(Op::cons, Op::power)};
    if (out.kind == Expr::Kind::compare)
        out.ops = {any_op(Op::equal, Op::at_least), any_op(Op::equal, Op::at_least)};
    put_parts(out, count, depth - 1);
    if (out.kind == Expr::Kind::binary && out.ops[0] == Op::negation) out.ops = {Op::plus};
    return out;
}

Expr any_binding(int depth) {
    Expr out{.kind = *rc::gen::elementOf(std::vector<Expr::Kind>{
                 Expr::Kind::let_in, Expr::Kind::match, Expr::Kind::forall, Expr::Kind::exists})};
    const bool quantifier = out.kind == Expr::Kind::forall || out.kind == Expr::Kind::exists;
    if (quantifier) {
        out.binders = {{.name = any_name()}, {.name = any_name()}};
        if (*rc::gen::arbitrary<bool>())
            out.binders[0].type = std::make_shared<const TypeExpr>(
                TypeExpr{.name = "list", .parts = {{.name = "int"}}});
    }
    const int patterns = quantifier ? 0 : out.kind == Expr::Kind::let_in ? 1 : 2;
    for (int i = 0; i < patterns; ++i)
        out.patterns.push_back(any_pattern(2));
    put_parts(out, quantifier ? 1 : out.kind == Expr::Kind::let_in ? 2 : 3, depth - 1);
    return out;
}

Expr any_leaf() {
    Expr out;
    if (*rc::gen::arbitrary<bool>()) {
        out.literal = any_literal();
    } else {
        out.kind = Expr::Kind::name;
        out.word = any_name();
    }
    return out;
}

Expr any_expr(int depth) {
    const int what = depth == 0 ? 0 : *rc::gen::inRange(0, 6);
    if (what == 0) return any_leaf();
    if (what == 1) return any_binding(depth);
    if (what < 4) return any_operation(depth);
    Expr out{.kind = what == 4 ? Expr::Kind::call : Expr::Kind::constructor,
             .word = what == 4 ? "List.mem" : "Some"};
    put_parts(out, what == 4 ? 2 : 1, depth - 1);
    return out;
}

// [GOSPEL-10]
TEST(Formula, what_is_printed_reads_back_as_the_same_tree) {
    rc::check([] {
        const auto expr = any_expr(4);
        const auto text = print(expr);
        const auto again = read(text);
        if (!again) RC_FAIL(text + ": " + again.error().text);
        RC_ASSERT(same(*again, expr));
    });
}

} // namespace
} // namespace torgo::gospel
