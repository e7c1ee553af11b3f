#include "quantum/qasm_expression.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace torgo::quantum {

namespace {

using Act = Expression::Act;

constexpr int depth_max = 64;
constexpr std::size_t steps_max = 1000;

struct Constant {
    std::string_view name;
    double value;
    bool only_three;
};

constexpr std::array<Constant, 6> constants = {{{"pi", std::numbers::pi, false},
                                                {"π", std::numbers::pi, true},
                                                {"tau", 2 * std::numbers::pi, true},
                                                {"τ", 2 * std::numbers::pi, true},
                                                {"euler", std::numbers::e, true},
                                                {"ℇ", std::numbers::e, true}}};

struct Function {
    std::string_view name;
    Act act;
    bool two;
    bool three;
};

constexpr std::array<Function, 10> functions = {{{"sin", Act::sin, true, true},
                                                 {"cos", Act::cos, true, true},
                                                 {"tan", Act::tan, true, true},
                                                 {"exp", Act::exp, true, true},
                                                 {"sqrt", Act::sqrt, true, true},
                                                 {"ln", Act::ln, true, false},
                                                 {"log", Act::ln, false, true},
                                                 {"arcsin", Act::arcsin, false, true},
                                                 {"arccos", Act::arccos, false, true},
                                                 {"arctan", Act::arctan, false, true}}};

class Reader {
public:
    Reader(Tokens& tokens, std::span<const std::string> names) : m_tokens(tokens), m_names(names) {}

    Result<> sum(int depth) {
        CHECK_OK(term(depth));
        while (m_tokens.now().is("+") || m_tokens.now().is("-")) {
            const auto act = m_tokens.now().is("+") ? Act::add : Act::subtract;
            CHECK_OK(m_tokens.advance());
            CHECK_OK(term(depth));
            CHECK_OK(push({act}));
        }
        return {};
    }

    Expression take(Place place) { return {std::move(m_steps), place}; }

private:
    Result<> push(Expression::Step step) {
        if (m_steps.size() == steps_max)
            return fail_at(m_tokens.now().place,
                           "an expression of more than " + std::to_string(steps_max) + " parts");
        m_steps.push_back(step);
        return {};
    }

    Result<> term(int depth) {
        CHECK_OK(sign(depth));
        while (m_tokens.now().is("*") || m_tokens.now().is("/")) {
            const auto act = m_tokens.now().is("*") ? Act::multiply : Act::divide;
            CHECK_OK(m_tokens.advance());
            CHECK_OK(sign(depth));
            CHECK_OK(push({act}));
        }
        return {};
    }

    /// A sign binds weaker than a power: −a^b is −(a^b).
    Result<> sign(int depth) {
        if (depth == depth_max)
            return fail_at(m_tokens.now().place,
                           "an expression nested deeper than " + std::to_string(depth_max));
        if (!m_tokens.now().is("-") && !m_tokens.now().is("+")) return power(depth);
        const bool minus = m_tokens.now().is("-");
        CHECK_OK(m_tokens.advance());
        CHECK_OK(sign(depth + 1));
        return minus ? push({Act::negate}) : Result<>{};
    }

    /// From right to left: a^b^c is a^(b^c).
    Result<> power(int depth) {
        CHECK_OK(value(depth));
        const bool two = m_tokens.version == Version::two;
        if (m_tokens.now().is(two ? "**" : "^"))
            return fail_at(m_tokens.now().place,
                           two ? "\"**\" belongs to OpenQASM 3: write \"^\""
                               : "\"^\" is a power in OpenQASM 2 only: write \"**\"");
        if (!m_tokens.now().is(two ? "^" : "**")) return {};
        CHECK_OK(m_tokens.advance());
        CHECK_OK(sign(depth + 1));
        return push({Act::power});
    }

    Result<> value(int depth) {
        const auto token = m_tokens.now();
        if (token.kind == TokenKind::integer || token.kind == TokenKind::real) {
            CHECK_OK(m_tokens.advance());
            return push({Act::number, token.number});
        }
        if (token.kind == TokenKind::name) return named(token, depth);
        if (!token.is("("))
            return fail_at(token.place, "a number, a parameter or \"(\" is missing; here stands " +
                                            shown(token));
        CHECK_OK(m_tokens.advance());
        CHECK_OK(sum(depth + 1));
        return m_tokens.expect(")", "after an expression");
    }

    Result<> named(const Token& token, int depth) {
        CHECK_OK(m_tokens.advance());
        const auto own = std::ranges::find(m_names, token.text);
        if (own != m_names.end())
            return push({Act::parameter, 0, static_cast<std::size_t>(own - m_names.begin())});
        const bool two = m_tokens.version == Version::two;
        const auto constant = std::ranges::find(constants, token.text, &Constant::name);
        if (constant != constants.end() && !(two && constant->only_three))
            return push({Act::number, constant->value});
        const auto function = std::ranges::find(functions, token.text, &Function::name);
        if (function == functions.end() || !(two ? function->two : function->three))
            return fail_at(token.place, shown(token) + " is neither a parameter of this gate nor "
                                                       "a constant or function of this version");
        CHECK_OK(m_tokens.expect("(", "after a function"));
        CHECK_OK(sum(depth + 1));
        CHECK_OK(m_tokens.expect(")", "after a function's argument"));
        return push({function->act});
    }

    Tokens& m_tokens;
    std::span<const std::string> m_names;
    std::vector<Expression::Step> m_steps;
};

double calculated(Act act, double a, double b) {
    switch (act) {
    case Act::negate:
        return -b;
    case Act::add:
        return a + b;
    case Act::subtract:
        return a - b;
    case Act::multiply:
        return a * b;
    case Act::divide:
        return a / b;
    case Act::power:
        return std::pow(a, b);
    case Act::sin:
        return std::sin(b);
    case Act::cos:
        return std::cos(b);
    case Act::tan:
        return std::tan(b);
    case Act::exp:
        return std::exp(b);
    case Act::ln:
        return std::log(b);
    case Act::sqrt:
        return std::sqrt(b);
    case Act::arcsin:
        return std::asin(b);
    case Act::arccos:
        return std::acos(b);
    case Act::arctan:
        return std::atan(b);
    case Act::number:
    case Act::parameter:
        break;
    }
    return b;
}

bool is_binary(Act act) {
    return act >= Act::add && act <= Act::power;
}

} // namespace

Result<Expression> read_expression(Tokens& tokens, std::span<const std::string> names) {
    const auto place = tokens.now().place;
    Reader reader(tokens, names);
    CHECK_OK(reader.sum(0));
    return reader.take(place);
}

// [QASM-11]
Result<double> evaluate(const Expression& expression, std::span<const double> parameters) {
    std::vector<double> stack;
    for (const auto& step : expression.steps) {
        if (step.act == Act::number) {
            stack.push_back(step.number);
            continue;
        }
        if (step.act == Act::parameter) {
            stack.push_back(parameters[step.parameter]);
            continue;
        }
        const auto b = stack.back();
        stack.pop_back();
        double a = 0;
        if (is_binary(step.act)) {
            a = stack.back();
            stack.pop_back();
        }
        stack.push_back(calculated(step.act, a, b));
        if (!std::isfinite(stack.back()))
            return fail_at(expression.place,
                           "the value of this parameter is no finite number (a division by zero?)");
    }
    ENSURE(stack.size() == 1);
    return stack.back();
}

} // namespace torgo::quantum
