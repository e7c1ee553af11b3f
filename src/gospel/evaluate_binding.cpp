// The parts of a formula that give names to values: let, match, quantifiers, old.
#include "gospel/checker.hpp"
#include "gospel/evaluate.hpp"

#include <algorithm>
#include <limits>

namespace torgo::gospel {

bool Evaluator::bind(const Pattern& pattern, const Value& value) {
    const auto& items = value.items();
    switch (pattern.kind) {
    case Pattern::Kind::any:
        return true;
    case Pattern::Kind::name:
        m_locals.push_back({pattern.word, value});
        return true;
    case Pattern::Kind::literal:
        return pattern.literal == value;
    case Pattern::Kind::nil:
        return items.empty();
    case Pattern::Kind::cons:
        // A long list's tail is copied: match() has paid for it.
        return !items.empty() && bind(pattern.parts[0], items.front()) &&
               bind(pattern.parts[1], Value::list({items.begin() + 1, items.end()}));
    case Pattern::Kind::tuple:
        for (std::size_t i = 0; i < items.size(); ++i)
            if (!bind(pattern.parts[i], items[i])) return false;
        return true;
    case Pattern::Kind::constructor:
        break;
    }
    if (pattern.word == "None") return value.is(Value::Kind::none);
    if (pattern.parts.empty()) return value.as_text() == pattern.word;
    return value.is(Value::Kind::some) && bind(pattern.parts[0], items.front());
}

namespace {
/// How many of its parts may cost as much as the whole value: `::` copies a tail, a literal is
/// compared.
std::size_t pattern_weight(const Pattern& pattern) {
    const bool costly =
        pattern.kind == Pattern::Kind::cons || pattern.kind == Pattern::Kind::literal;
    std::size_t out = costly ? 1 : 0;
    for (const auto& part : pattern.parts)
        out += pattern_weight(part);
    return out;
}
} // namespace

Result<Value> Evaluator::let_in(const Expr& expr) {
    TRY(const auto value, evaluate(expr.parts[0]));
    CHECK_OK(charge(pattern_weight(expr.patterns[0]) * weight(value, steps_max)));
    const auto locals = m_locals.size();
    if (!bind(expr.patterns[0], value))
        return fail(Errc::invalid_argument, quote(value) + " does not fit the pattern of `let`");
    auto out = evaluate(expr.parts[1]);
    m_locals.resize(locals);
    return out;
}

Result<Value> Evaluator::match(const Expr& expr) {
    TRY(const auto value, evaluate(expr.parts[0]));
    const auto locals = m_locals.size();
    for (std::size_t i = 0; i < expr.patterns.size(); ++i) {
        CHECK_OK(charge(1 + pattern_weight(expr.patterns[i]) * weight(value, steps_max)));
        if (bind(expr.patterns[i], value)) {
            auto out = evaluate(expr.parts[i + 1]);
            m_locals.resize(locals);
            return out;
        }
        m_locals.resize(locals);
    }
    return fail(Errc::invalid_argument, "no case of `match` fits " + quote(value));
}

Result<Value> Evaluator::old(const Expr& expr) {
    m_old = true;
    auto out = evaluate(expr.parts[0]);
    m_old = false;
    return out;
}

/// Goes down to the part that fails, so that a failing forall's variables are known.
Result<bool> Evaluator::holds(const Expr& expr) {
    const auto op = expr.kind == Expr::Kind::binary ? expr.ops[0] : Op::iff;
    if (op == Op::both || op == Op::and_then) {
        CHECK_OK(charge(1));
        TRY(const auto left, holds(expr.parts[0]));
        return left ? holds(expr.parts[1]) : false;
    }
    if (op == Op::implies) {
        CHECK_OK(charge(1));
        TRY(const auto left, truth(expr.parts[0]));
        return left ? holds(expr.parts[1]) : true;
    }
    if (expr.kind == Expr::Kind::let_in) return let_holds(expr);
    if (expr.kind != Expr::Kind::forall) return truth(expr);
    return quantify(expr, 0, [&](const Expr& body) -> Result<bool> {
        TRY(const auto out, holds(body));
        if (!out) remember(expr);
        return out;
    });
}

Result<bool> Evaluator::let_holds(const Expr& expr) {
    CHECK_OK(charge(1));
    TRY(const auto value, evaluate(expr.parts[0]));
    CHECK_OK(charge(pattern_weight(expr.patterns[0]) * weight(value, steps_max)));
    const auto locals = m_locals.size();
    if (!bind(expr.patterns[0], value))
        return fail(Errc::invalid_argument, quote(value) + " does not fit the pattern of `let`");
    auto out = holds(expr.parts[1]);
    m_locals.resize(locals);
    return out;
}

/// The innermost locals are the quantifier's variables. An outer one's come before an inner one's.
void Evaluator::remember(const Expr& expr) {
    const auto first = m_locals.end() - static_cast<std::ptrdiff_t>(expr.binders.size());
    m_witness.insert(m_witness.begin(), first, m_locals.end());
}

/// [GOSPEL-13] What has no value excludes nothing here: the formula itself says so, if it comes to
/// that.
bool Evaluator::excludes_all(const Expr& expr, std::size_t which) {
    // Those before have held when the variable to the left was looked at.
    const auto from = which == 0 ? 0 : expr.domains[which - 1].guards;
    const auto to = expr.domains[which].guards;
    if (from == to) return false;
    auto& guards = m_guards[&expr];
    if (guards.empty()) guards = guards_of(expr);
    const auto locals = m_locals.size();
    for (auto i = from; i < to; ++i) {
        const auto said = truth(*guards[i]);
        m_locals.resize(locals);
        if (!said) return false;
        if (!*said) return true;
    }
    return false;
}

Result<bool> Evaluator::quantify(const Expr& expr, std::size_t which, const Body& body) {
    if (which == expr.binders.size()) return body(expr.parts[0]);
    CHECK_OK(charge(1));
    const auto& domain = expr.domains[which];
    if (excludes_all(expr, which)) return expr.kind == Expr::Kind::forall;
    if (!domain.lower.empty()) return over_range(expr, which, body);
    if (domain.list.empty()) return over_values(expr, which, domain.values, body);
    TRY(const auto list, evaluate(domain.list[0]));
    return over_values(expr, which, list.items(), body);
}

Result<bool> Evaluator::over_range(const Expr& expr, std::size_t which, const Body& body) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    const bool all = expr.kind == Expr::Kind::forall;
    std::int64_t first = least;
    std::int64_t last = largest;
    for (const auto& bound : expr.domains[which].lower) {
        TRY(const auto limit, integer(bound.limit[0]));
        if (bound.strict && limit == largest) return all;
        first = std::max(first, bound.strict ? limit + 1 : limit);
    }
    for (const auto& bound : expr.domains[which].upper) {
        TRY(const auto limit, integer(bound.limit[0]));
        if (bound.strict && limit == least) return all;
        last = std::min(last, bound.strict ? limit - 1 : limit);
    }
    if (first > last) return all;
    const auto place = m_locals.size();
    m_locals.push_back({expr.binders[which].name, Value()});
    for (auto i = first;; ++i) {
        m_locals[place].value = Value::integer(i);
        TRY(const auto one, quantify(expr, which + 1, body));
        if (one != all || i == last) {
            m_locals.resize(place);
            return one;
        }
    }
}

Result<bool> Evaluator::over_values(const Expr& expr, std::size_t which, const Value::List& values,
                                    const Body& body) {
    const bool all = expr.kind == Expr::Kind::forall;
    const auto place = m_locals.size();
    m_locals.push_back({expr.binders[which].name, Value()});
    bool out = all;
    for (const auto& value : values) {
        CHECK_OK(charge(1));
        m_locals[place].value = value;
        TRY(out, quantify(expr, which + 1, body));
        if (out != all) break;
    }
    m_locals.resize(place);
    return out;
}

} // namespace torgo::gospel
