// The parts of a formula that give names to values: let, match, quantifiers, old.
#include "gospel/checker.hpp"

#include <algorithm>

namespace torgo::gospel {

namespace {
using Kind = TypeNode::Kind;

std::unexpected<Fault> wrong(Offset at, std::string text) {
    return std::unexpected(Fault{at, std::move(text)});
}
} // namespace

Parsed<> Checker::bind(const Pattern& pattern, TypeId type) {
    const auto all = [&](const std::vector<TypeId>& types) -> Parsed<> {
        for (std::size_t i = 0; i < types.size(); ++i)
            CHECK_OK(bind(pattern.parts[i], types[i]));
        return {};
    };
    switch (pattern.kind) {
    case Pattern::Kind::any:
        return {};
    case Pattern::Kind::name:
        return add_local(pattern.word, type, pattern.at);
    case Pattern::Kind::literal:
        return same_type(of(literal_kind(pattern.literal)), type, pattern.at);
    case Pattern::Kind::nil:
        return same_type(m_types.list(m_types.variable()), type, pattern.at);
    case Pattern::Kind::cons: {
        const auto item = m_types.variable();
        const auto list = m_types.list(item);
        CHECK_OK(same_type(list, type, pattern.at));
        return all({item, list});
    }
    case Pattern::Kind::tuple: {
        std::vector<TypeId> parts;
        while (parts.size() < pattern.parts.size())
            parts.push_back(m_types.variable());
        CHECK_OK(same_type(m_types.tuple(parts), type, pattern.at));
        return all(parts);
    }
    case Pattern::Kind::constructor:
        break;
    }
    if (pattern.word != "Some" && pattern.word != "None") {
        TRY(const auto variant, constructor_type(pattern.word, pattern.parts.size(), pattern.at));
        return same_type(variant, type, pattern.at);
    }
    if (pattern.parts.size() != (pattern.word == "Some" ? 1U : 0U))
        return wrong(pattern.at, "`Some` takes one argument, `None` none");
    const auto inner = m_types.variable();
    CHECK_OK(same_type(m_types.option(inner), type, pattern.at));
    return pattern.parts.empty() ? Parsed<>() : all({inner});
}

/// Names are looked up one by one, so there are not many of them.
Parsed<> Checker::add_local(const std::string& name, TypeId type, Offset at) {
    if (m_locals.size() >= locals_max) return wrong(at, "too many names");
    m_locals.push_back({name, type});
    return {};
}

Parsed<TypeId> Checker::infer_let(Expr& expr) {
    TRY(const auto value, infer(expr.parts[0]));
    const auto locals = m_locals.size();
    CHECK_OK(bind(expr.patterns[0], value));
    TRY(const auto body, infer(expr.parts[1]));
    m_locals.resize(locals);
    return body;
}

Parsed<TypeId> Checker::infer_if(Expr& expr) {
    CHECK_OK(expect(expr.parts[0], of(Kind::boolean)));
    TRY(const auto type, infer(expr.parts[1]));
    CHECK_OK(expect(expr.parts[2], type));
    return type;
}

Parsed<TypeId> Checker::infer_match(Expr& expr) {
    TRY(const auto of_type, infer(expr.parts[0]));
    const auto type = m_types.variable();
    for (std::size_t i = 0; i < expr.patterns.size(); ++i) {
        const auto locals = m_locals.size();
        CHECK_OK(bind(expr.patterns[i], of_type));
        CHECK_OK(expect(expr.parts[i + 1], type));
        m_locals.resize(locals);
    }
    return type;
}

Parsed<TypeId> Checker::infer_quantifier(Expr& expr) {
    const auto locals = m_locals.size();
    Quantifier quantifier{.expr = &expr};
    std::map<std::string, TypeId> variables;
    for (const auto& binder : expr.binders) {
        auto type = m_types.variable();
        if (binder.type) {
            TRY(type, resolve(*binder.type, m_declarations, m_types, variables));
        }
        quantifier.types.push_back(type);
        CHECK_OK(add_local(binder.name, type, binder.at));
    }
    m_quantifiers.push_back(std::move(quantifier));
    CHECK_OK(expect(expr.parts[0], of(Kind::boolean)));
    m_locals.resize(locals);
    return of(Kind::boolean);
}

Parsed<TypeId> Checker::infer_old(Expr& expr) {
    if (!m_after) return wrong(expr.at, "`old` has a meaning only after the run");
    if (m_in_old) return wrong(expr.at, "`old` in `old`");
    m_in_old = true;
    TRY(const auto type, infer(expr.parts[0]));
    m_in_old = false;
    return type;
}

Parsed<> Checker::plan(Quantifier& quantifier) {
    const auto guards = guards_of(*quantifier.expr);
    for (std::size_t i = 0; i < quantifier.types.size(); ++i)
        CHECK_OK(plan_binder(quantifier, i, guards));
    return {};
}

Parsed<> Checker::plan_binder(Quantifier& quantifier, std::size_t which,
                              const std::vector<const Expr*>& guards) {
    auto& expr = *quantifier.expr;
    const auto& binder = expr.binders[which];
    const auto& type = m_types.node(quantifier.types[which]);
    auto domain = domain_of(expr, which, guards);
    const bool range = type.kind == Kind::integer && !domain.lower.empty() && !domain.upper.empty();
    if (!range) {
        domain.lower.clear();
        domain.upper.clear();
    }
    if (type.kind == Kind::boolean) domain.values = {Value::boolean(false), Value::boolean(true)};
    if (type.kind == Kind::variant)
        for (const auto& name : type.names)
            domain.values.push_back(Value::constructor(name));
    if (!range && domain.list.empty() && domain.values.empty())
        return wrong(binder.at, "`" + binder.name + "` has no range; write a <= " + binder.name +
                                    " < b -> …, or " + "List.mem " + binder.name + " l -> …");
    expr.domains.push_back(std::move(domain));
    return {};
}

} // namespace torgo::gospel
