#pragma once

#include "gospel/tree.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::gospel {

/// Of one formula: about a tenth of a second. A part of an expression costs one step, a list or
/// text that is read or made its length as well.
inline constexpr std::size_t steps_max = 1'000'000;

struct NamedValue {
    std::string name{};
    Value value{};
};

/// What the free names of a formula stand for.
struct Environment {
    std::vector<NamedValue> before{};
    std::vector<NamedValue> now{};
};

/// Evaluates one checked formula.
class Evaluator {
public:
    explicit Evaluator(const Environment& environment) : m_environment(environment) {}

    /// Gives the pattern's names to the parts of the value. false where it does not match
    bool bind(const Pattern& pattern, const Value& value);

    /// errors  limit_exceeded: `overflow…`, or more than steps_max steps; invalid_argument:
    /// division
    ///         by zero, an index outside, no case of a match fits…
    Result<bool> holds(const Expr& formula);

    /// Where the formula does not hold because a `forall` in it failed: its variables then.
    const std::vector<NamedValue>& witness() const noexcept { return m_witness; }

private:
    using Body = std::function<Result<bool>(const Expr&)>;

    Result<Value> evaluate(const Expr& expr);
    Result<bool> truth(const Expr& expr);
    Result<std::int64_t> integer(const Expr& expr);
    Result<Value> name(const Expr& expr);
    Result<Value> constructor(const Expr& expr);
    Result<Value> call(const Expr& expr);
    Result<Value> unary(const Expr& expr);
    Result<Value> binary(const Expr& expr);
    Result<bool> logic(const Expr& expr);
    Result<Value> arithmetic(Op op, std::int64_t a, std::int64_t b);
    Result<Value> list_operation(Op op, const Value& a, const Value& b);
    Result<Value> compare(const Expr& expr);
    Result<bool> compare_two(Op op, const Value& a, const Value& b);
    Result<Value> items(const Expr& expr);
    Result<Value> let_in(const Expr& expr);
    Result<Value> match(const Expr& expr);
    Result<Value> old(const Expr& expr);
    Result<bool> let_holds(const Expr& expr);
    bool excludes_all(const Expr& expr, std::size_t which);
    Result<bool> quantify(const Expr& expr, std::size_t which, const Body& body);
    Result<bool> over_range(const Expr& expr, std::size_t which, const Body& body);
    Result<bool> over_values(const Expr& expr, std::size_t which, const Value::List& values,
                             const Body& body);
    Result<> charge(std::size_t steps);
    void remember(const Expr& expr);

    const Environment& m_environment;
    std::vector<NamedValue> m_locals{};
    std::vector<NamedValue> m_witness{};
    std::map<const Expr*, std::vector<const Expr*>> m_guards{}; ///< of quantifiers, once looked at
    std::size_t m_steps = 0;
    bool m_old = false;
};

} // namespace torgo::gospel
