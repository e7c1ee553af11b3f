#include "gospel/checker.hpp"

#include "gospel/builtins.hpp"

#include <algorithm>

namespace torgo::gospel {

namespace {
using Kind = TypeNode::Kind;

std::unexpected<Fault> wrong(Offset at, std::string text) {
    return std::unexpected(Fault{at, std::move(text)});
}

std::optional<Kind> simple_type(std::string_view name) {
    if (name == "int" || name == "integer") return Kind::integer;
    if (name == "float") return Kind::real;
    if (name == "bool" || name == "prop") return Kind::boolean;
    if (name == "string") return Kind::text;
    if (name == "char") return Kind::character;
    if (name == "unit") return Kind::unit;
    return std::nullopt;
}

bool is_list_name(std::string_view name) {
    return name == "list" || name == "array" || name == "seq" || name == "sequence";
}

Parsed<TypeId> resolve_wrapped(const TypeExpr& type, TypeId inner, Types& types) {
    if (is_list_name(type.name)) return types.list(inner);
    if (type.name != "option")
        return wrong(type.at, "the type `" + type.name + "` with an argument is not understood");
    if (types.kind(inner) == Kind::option)
        return wrong(type.at, "an option of an option has no values here");
    return types.option(inner);
}
} // namespace

Parsed<TypeId> resolve(const TypeExpr& type, const Declarations& declarations, Types& types,
                       std::map<std::string, TypeId>& variables) {
    if (type.kind == TypeExpr::Kind::variable) {
        const auto found = variables.find(type.name);
        if (found != variables.end()) return found->second;
        const auto made = types.add({.kind = Kind::opaque, .name = "'" + type.name});
        variables.emplace(type.name, made);
        return made;
    }
    std::vector<TypeId> parts;
    for (const auto& part : type.parts) {
        TRY(const auto id, resolve(part, declarations, types, variables));
        parts.push_back(id);
    }
    if (type.kind == TypeExpr::Kind::tuple) return types.tuple(std::move(parts));
    const auto declared = declarations.types.find(type.name);
    if (declared != declarations.types.end() && parts.empty()) return declared->second;
    if (parts.size() == 1) return resolve_wrapped(type, parts[0], types);
    if (const auto simple = simple_type(type.name)) return types.simple(*simple);
    return wrong(type.at, "the type `" + type.name + "` is not declared");
}

Parsed<> Checker::same_type(TypeId found, TypeId wanted, Offset at) {
    if (m_types.unify(found, wanted)) return {};
    if (m_types.exhausted()) return wrong(at, "the types are too large");
    return wrong(at, "this is " + m_types.print(found) + ", where " + m_types.print(wanted) +
                         " is wanted");
}

Parsed<> Checker::expect(Expr& expr, TypeId type) {
    TRY(const auto found, infer(expr));
    return same_type(found, type, expr.at);
}

Parsed<> Checker::check(Expr& formula) {
    CHECK_OK(expect(formula, of(Kind::boolean)));
    CHECK_OK(check_demands());
    // Inner ones first: an outer one copies its bounds.
    for (auto quantifier = m_quantifiers.rbegin(); quantifier != m_quantifiers.rend(); ++quantifier)
        CHECK_OK(plan(*quantifier));
    m_quantifiers.clear();
    return {};
}

Parsed<> Checker::check_demands() {
    for (const auto& demand : m_demands) {
        const auto kind = m_types.kind(demand.type);
        const bool text = kind == Kind::text;
        if (demand.length && !text && kind != Kind::list)
            return wrong(demand.at, m_types.print(demand.type) + " has no length");
        const bool ordered =
            text || kind == Kind::integer || kind == Kind::real || kind == Kind::character;
        if (!demand.length && !ordered)
            return wrong(demand.at, m_types.print(demand.type) + " has no order here");
    }
    m_demands.clear();
    return {};
}

Parsed<TypeId> Checker::infer(Expr& expr) {
    switch (expr.kind) {
    case Expr::Kind::literal:
        return of(literal_kind(expr.literal));
    case Expr::Kind::name:
        return infer_name(expr);
    case Expr::Kind::constructor:
        return infer_constructor(expr);
    case Expr::Kind::call:
        return infer_call(expr);
    case Expr::Kind::unary:
        return infer_unary(expr);
    case Expr::Kind::binary:
        return infer_binary(expr);
    case Expr::Kind::compare:
        return infer_compare(expr);
    case Expr::Kind::index:
        return infer_index(expr);
    case Expr::Kind::field:
        return infer_field(expr);
    case Expr::Kind::list:
    case Expr::Kind::tuple:
        return infer_items(expr);
    case Expr::Kind::let_in:
        return infer_let(expr);
    case Expr::Kind::if_else:
        return infer_if(expr);
    case Expr::Kind::match:
        return infer_match(expr);
    case Expr::Kind::forall:
    case Expr::Kind::exists:
        return infer_quantifier(expr);
    case Expr::Kind::old:
        return infer_old(expr);
    }
    return of(Kind::unit);
}

Parsed<TypeId> Checker::infer_name(const Expr& expr) {
    const auto local =
        std::ranges::find(m_locals.rbegin(), m_locals.rend(), expr.word, &Local::name);
    if (local != m_locals.rend()) return local->type;
    const auto found = std::ranges::find(m_scope, expr.word, &ScopeName::name);
    if (found == m_scope.end()) {
        const auto* const builtin = find_builtin(expr.word);
        if (builtin == nullptr) return wrong(expr.at, "the name `" + expr.word + "` is not known");
        TRY(const auto types, signature(builtin->signature, expr.at));
        if (types.size() > 1)
            return wrong(expr.at, "functions as values are not understood: `" + expr.word + "`");
        return types[0];
    }
    if (found->result && m_in_old)
        return wrong(expr.at, "the result `" + expr.word + "` has no value before");
    const FreeName name{.name = expr.word, .old = m_in_old && found->modified};
    if (!std::ranges::contains(m_free, name)) m_free.push_back(name);
    return found->type;
}

Parsed<TypeId> Checker::constructor_type(std::string_view word, std::size_t arguments, Offset at) {
    const auto& variants = m_declarations.variants;
    const auto found = std::ranges::find_if(variants.rbegin(), variants.rend(), [&](TypeId id) {
        return std::ranges::contains(m_types.node(id).names, word);
    });
    if (found == variants.rend())
        return wrong(at, "the constructor `" + std::string(word) + "` is not known");
    if (arguments != 0) return wrong(at, "the constructor takes no argument");
    return *found;
}

Parsed<TypeId> Checker::infer_constructor(Expr& expr) {
    if (expr.word == "None" && expr.parts.empty()) return m_types.option(m_types.variable());
    if (expr.word != "Some") return constructor_type(expr.word, expr.parts.size(), expr.at);
    if (expr.parts.size() != 1) return wrong(expr.at, "`Some` takes one argument");
    TRY(const auto inner, infer(expr.parts[0]));
    return m_types.option(inner);
}

/// The types of a builtin's arguments, then that of its result.
Parsed<std::vector<TypeId>> Checker::signature(std::string_view text, Offset at) {
    std::vector<Token> tokens;
    if (const auto fault = tokenize(text, 0, static_cast<Offset>(text.size()), tokens))
        return std::unexpected(*fault);
    Parser parser(tokens);
    std::map<std::string, TypeId> variables;
    for (const auto* const name : {"a", "b", "m", "o"})
        variables.emplace(name, m_types.variable());
    if (text.contains("'m")) m_demands.push_back({variables["m"], at, true});
    if (text.contains("'o")) m_demands.push_back({variables["o"], at, false});
    std::vector<TypeId> out;
    do {
        TRY(const auto part, parser.type());
        TRY(const auto id, resolve(part, {}, m_types, variables));
        out.push_back(id);
    } while (parser.take_symbol("->"));
    return out;
}

Parsed<TypeId> Checker::infer_call(Expr& expr) {
    const auto* const builtin = find_builtin(expr.word);
    if (builtin == nullptr)
        return wrong(expr.at, "the function `" + expr.word + "` is not understood");
    TRY(const auto types, signature(builtin->signature, expr.at));
    if (expr.parts.size() + 1 != types.size())
        return wrong(expr.at, "`" + expr.word + "` takes " + std::to_string(types.size() - 1) +
                                  " arguments, not " + std::to_string(expr.parts.size()));
    for (std::size_t i = 0; i < expr.parts.size(); ++i)
        CHECK_OK(expect(expr.parts[i], types[i]));
    return types.back();
}

Parsed<TypeId> Checker::infer_unary(Expr& expr) {
    const auto kind = expr.ops[0] == Op::negation ? Kind::boolean
                      : expr.ops[0] == Op::negate ? Kind::integer
                                                  : Kind::real;
    CHECK_OK(expect(expr.parts[0], of(kind)));
    return of(kind);
}

Parsed<TypeId> Checker::infer_binary(Expr& expr) {
    TypeId left = 0;
    switch (expr.ops[0]) {
    case Op::implies:
    case Op::iff:
    case Op::or_else:
    case Op::either:
    case Op::and_then:
    case Op::both:
        left = of(Kind::boolean);
        break;
    case Op::join:
        left = of(Kind::text);
        break;
    case Op::cons:
    case Op::append:
        left = m_types.list(m_types.variable());
        break;
    case Op::plus:
    case Op::minus:
    case Op::times:
    case Op::divide:
    case Op::modulo:
        left = of(Kind::integer);
        break;
    default:
        left = of(Kind::real);
        break;
    }
    const bool cons = expr.ops[0] == Op::cons;
    CHECK_OK(expect(expr.parts[0], cons ? m_types.node(left).parts[0] : left));
    CHECK_OK(expect(expr.parts[1], left));
    return left;
}

Parsed<TypeId> Checker::infer_compare(Expr& expr) {
    if (expr.ops.size() > chain_max) return wrong(expr.at, "too many comparisons in a chain");
    TRY(auto left, infer(expr.parts[0]));
    for (std::size_t i = 0; i < expr.ops.size(); ++i) {
        const auto op = expr.ops[i];
        if (op == Op::member) left = m_types.list(left);
        CHECK_OK(expect(expr.parts[i + 1], left));
        if (op != Op::equal && op != Op::unequal && op != Op::member)
            m_demands.push_back({left, expr.at, false});
    }
    return of(Kind::boolean);
}

Parsed<TypeId> Checker::infer_index(Expr& expr) {
    TRY(const auto whole, infer(expr.parts[0]));
    CHECK_OK(expect(expr.parts[1], of(Kind::integer)));
    if (m_types.kind(whole) == Kind::text) return of(Kind::character);
    const auto item = m_types.variable();
    CHECK_OK(same_type(whole, m_types.list(item), expr.at));
    return item;
}

Parsed<TypeId> Checker::infer_field(Expr& expr) {
    TRY(const auto whole, infer(expr.parts[0]));
    const auto has_field = [&](TypeId id) {
        return std::ranges::contains(m_types.node(id).names, expr.word);
    };
    if (m_types.kind(whole) == Kind::variable) {
        const auto& records = m_declarations.records;
        const auto found = std::ranges::find_if(records.rbegin(), records.rend(), has_field);
        if (found == records.rend()) return wrong(expr.at, "no record has `" + expr.word + "`");
        CHECK_OK(same_type(whole, *found, expr.at));
    }
    const auto& node = m_types.node(whole);
    if (node.kind != Kind::record || !has_field(whole))
        return wrong(expr.at, m_types.print(whole) + " has no field `" + expr.word + "`");
    const auto field = std::ranges::find(node.names, expr.word);
    return node.parts[static_cast<std::size_t>(field - node.names.begin())];
}

Parsed<TypeId> Checker::infer_items(Expr& expr) {
    std::vector<TypeId> parts;
    const auto item = m_types.variable();
    for (auto& part : expr.parts) {
        TRY(const auto type, infer(part));
        if (expr.kind == Expr::Kind::list) CHECK_OK(same_type(type, item, part.at));
        parts.push_back(type);
    }
    return expr.kind == Expr::Kind::list ? m_types.list(item) : m_types.tuple(std::move(parts));
}

} // namespace torgo::gospel
