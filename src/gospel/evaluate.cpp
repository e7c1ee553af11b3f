#include "gospel/evaluate.hpp"

#include "base/ensure.hpp"
#include "gospel/builtins.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace torgo::gospel {

namespace {
std::size_t shallow_weight(const Value& value) {
    return value.items().size() + value.as_text().size() / 64;
}

std::unexpected<Error> undefined(std::string text) {
    return fail(Errc::invalid_argument, std::move(text));
}

double real_operation(Op op, double a, double b) {
    switch (op) {
    case Op::real_plus:
        return a + b;
    case Op::real_minus:
        return a - b;
    case Op::real_times:
        return a * b;
    case Op::real_divide:
        return a / b;
    default:
        return std::pow(a, b);
    }
}

bool is_logic(Op op) noexcept {
    return op <= Op::both;
}

bool is_integer_operation(Op op) noexcept {
    return op >= Op::plus && op <= Op::modulo;
}
} // namespace

Result<> Evaluator::charge(std::size_t steps) {
    m_steps += std::min(steps, steps_max + 1);
    if (m_steps <= steps_max) return {};
    return fail(Errc::limit_exceeded, "more than " + std::to_string(steps_max) + " steps");
}

Result<Value> Evaluator::evaluate(const Expr& expr) {
    CHECK_OK(charge(1));
    switch (expr.kind) {
    case Expr::Kind::literal:
        return expr.literal;
    case Expr::Kind::name:
        return name(expr);
    case Expr::Kind::constructor:
        return constructor(expr);
    case Expr::Kind::call:
        return call(expr);
    case Expr::Kind::unary:
        return unary(expr);
    case Expr::Kind::binary:
        return binary(expr);
    case Expr::Kind::compare:
        return compare(expr);
    case Expr::Kind::index: {
        TRY(const auto whole, evaluate(expr.parts[0]));
        TRY(const auto place, evaluate(expr.parts[1]));
        return item_at(whole, place);
    }
    case Expr::Kind::field: {
        TRY(const auto whole, evaluate(expr.parts[0]));
        const auto* const field = whole.field(expr.word);
        ENSURE(field != nullptr);
        return *field;
    }
    case Expr::Kind::list:
    case Expr::Kind::tuple:
        return items(expr);
    case Expr::Kind::let_in:
        return let_in(expr);
    case Expr::Kind::if_else: {
        TRY(const auto condition, truth(expr.parts[0]));
        return evaluate(expr.parts[condition ? 1 : 2]);
    }
    case Expr::Kind::match:
        return match(expr);
    case Expr::Kind::forall:
    case Expr::Kind::exists: {
        TRY(const auto all, quantify(expr, 0, [this](const Expr& body) { return truth(body); }));
        return Value::boolean(all);
    }
    case Expr::Kind::old:
        return old(expr);
    }
    return Value();
}

Result<bool> Evaluator::truth(const Expr& expr) {
    TRY(const auto value, evaluate(expr));
    return value.truth();
}

Result<std::int64_t> Evaluator::integer(const Expr& expr) {
    TRY(const auto value, evaluate(expr));
    return value.as_integer();
}

Result<Value> Evaluator::name(const Expr& expr) {
    constexpr std::size_t names_a_step = 16;
    CHECK_OK(charge((m_locals.size() + m_environment.now.size()) / names_a_step));
    const auto local =
        std::ranges::find(m_locals.rbegin(), m_locals.rend(), expr.word, &NamedValue::name);
    if (local != m_locals.rend()) return local->value;
    const auto& scope = m_old ? m_environment.before : m_environment.now;
    const auto found = std::ranges::find(scope, expr.word, &NamedValue::name);
    if (found != scope.end()) return found->value;
    const auto* const builtin = find_builtin(expr.word);
    ENSURE(builtin != nullptr);
    return builtin->run({});
}

Result<Value> Evaluator::constructor(const Expr& expr) {
    if (expr.word == "None") return Value::none();
    if (expr.parts.empty()) return Value::constructor(expr.word);
    TRY(auto inner, evaluate(expr.parts[0]));
    return Value::some(std::move(inner));
}

Result<Value> Evaluator::call(const Expr& expr) {
    const auto* const builtin = find_builtin(expr.word);
    ENSURE(builtin != nullptr);
    Value::List arguments;
    for (const auto& part : expr.parts) {
        TRY(auto argument, evaluate(part));
        CHECK_OK(
            charge(builtin->deep ? weight(argument, steps_max + 1) : shallow_weight(argument)));
        arguments.push_back(std::move(argument));
    }
    // A search compares its first argument with each item.
    if (builtin->deep)
        CHECK_OK(charge(weight(arguments[0], steps_max) * shallow_weight(arguments[1])));
    return builtin->run(arguments);
}

Result<Value> Evaluator::unary(const Expr& expr) {
    TRY(const auto inner, evaluate(expr.parts[0]));
    if (expr.ops[0] == Op::negation) return Value::boolean(!inner.truth());
    if (expr.ops[0] == Op::real_negate) return Value::real(-inner.as_real());
    return arithmetic(Op::minus, 0, inner.as_integer());
}

Result<Value> Evaluator::binary(const Expr& expr) {
    const auto op = expr.ops[0];
    if (is_logic(op)) {
        TRY(const auto out, logic(expr));
        return Value::boolean(out);
    }
    TRY(const auto a, evaluate(expr.parts[0]));
    TRY(const auto b, evaluate(expr.parts[1]));
    if (is_integer_operation(op)) return arithmetic(op, a.as_integer(), b.as_integer());
    if (op == Op::cons || op == Op::append || op == Op::join) return list_operation(op, a, b);
    return Value::real(real_operation(op, a.as_real(), b.as_real()));
}

/// The right side is evaluated only where the left one does not settle it.
Result<bool> Evaluator::logic(const Expr& expr) {
    TRY(const auto left, truth(expr.parts[0]));
    switch (expr.ops[0]) {
    case Op::implies:
        return left ? truth(expr.parts[1]) : true;
    case Op::or_else:
    case Op::either:
        return left ? true : truth(expr.parts[1]);
    case Op::and_then:
    case Op::both:
        return left ? truth(expr.parts[1]) : false;
    default:
        break;
    }
    TRY(const auto right, truth(expr.parts[1]));
    return left == right;
}

/// Division cuts towards zero, and the remainder has the sign of `a`, as in OCaml.
Result<Value> Evaluator::arithmetic(Op op, std::int64_t a, std::int64_t b) {
    std::int64_t out = 0;
    bool over = false;
    const bool division = op == Op::divide || op == Op::modulo;
    if (division && b == 0) return undefined("division by zero");
    switch (op) {
    case Op::plus:
        over = __builtin_add_overflow(a, b, &out);
        break;
    case Op::minus:
        over = __builtin_sub_overflow(a, b, &out);
        break;
    case Op::times:
        over = __builtin_mul_overflow(a, b, &out);
        break;
    case Op::divide:
        over = b == -1 && a == std::numeric_limits<std::int64_t>::min();
        if (!over) out = a / b;
        break;
    default:
        out = b == -1 ? 0 : a % b;
        break;
    }
    if (!over) return Value::integer(out);
    return overflow(std::to_string(a) + " " + std::string(spelling(op)) + " " + std::to_string(b));
}

Result<Value> Evaluator::list_operation(Op op, const Value& a, const Value& b) {
    CHECK_OK(charge(shallow_weight(a) + shallow_weight(b)));
    if (op == Op::join) return Value::text(std::string(a.as_text()).append(b.as_text()));
    Value::List out;
    out.reserve(a.items().size() + b.items().size() + 1);
    if (op == Op::cons)
        out.push_back(a);
    else
        out = a.items();
    out.insert(out.end(), b.items().begin(), b.items().end());
    return Value::list(std::move(out));
}

Result<Value> Evaluator::compare(const Expr& expr) {
    TRY(auto left, evaluate(expr.parts[0]));
    for (std::size_t i = 0; i < expr.ops.size(); ++i) {
        TRY(auto right, evaluate(expr.parts[i + 1]));
        TRY(const auto holds, compare_two(expr.ops[i], left, right));
        if (!holds) return Value::boolean(false);
        left = std::move(right);
    }
    return Value::boolean(true);
}

Result<bool> Evaluator::compare_two(Op op, const Value& a, const Value& b) {
    if (op == Op::member) {
        CHECK_OK(charge(weight(b, steps_max + 1)));
        CHECK_OK(charge(weight(a, steps_max) * shallow_weight(b)));
        return std::ranges::any_of(b.items(), [&](const Value& item) { return item == a; });
    }
    if (op == Op::equal || op == Op::unequal) {
        CHECK_OK(charge(std::max(weight(a, steps_max + 1), weight(b, steps_max + 1))));
        return (a == b) == (op == Op::equal);
    }
    CHECK_OK(charge(shallow_weight(a)));
    const int order = compare_ordered(a, b);
    switch (op) {
    case Op::less:
        return order == -1;
    case Op::at_most:
        return order == -1 || order == 0;
    case Op::greater:
        return order == 1;
    default:
        return order == 1 || order == 0;
    }
}

Result<Value> Evaluator::items(const Expr& expr) {
    Value::List out;
    out.reserve(expr.parts.size());
    for (const auto& part : expr.parts) {
        TRY(auto item, evaluate(part));
        out.push_back(std::move(item));
    }
    return expr.kind == Expr::Kind::list ? Value::list(std::move(out))
                                         : Value::tuple(std::move(out));
}

} // namespace torgo::gospel
