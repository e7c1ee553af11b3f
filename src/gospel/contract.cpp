#include "gospel/contract.hpp"

#include "gospel/types.hpp"

#include <algorithm>
#include <array>

namespace torgo::gospel {

namespace {
class Run {
public:
    Run(const Interface& interface, const Val& val) : m_interface(interface), m_val(val) {}

    std::vector<Violation> before(const Value& inputs) {
        if (!begin(inputs)) return std::move(m_out);
        for (const auto& clause : m_val.contract->clauses)
            if (clause.kind != Clause::Kind::ensures) check(clause, nullptr, nullptr);
        return std::move(m_out);
    }

    std::vector<Violation> after(const Value& inputs, const Outcome& outcome) {
        if (!begin(inputs)) return std::move(m_out);
        const bool refused = check_refusal(outcome);
        bind_modified(outcome);
        if (outcome.raised) {
            check_raised(*outcome.raised, refused);
        } else if (!refused) {
            bind_results(outcome.outputs);
            // With a result that is missing, what is said of it has no value either.
            if (!m_out.empty()) return std::move(m_out);
            for (const auto& clause : m_val.contract->clauses)
                if (clause.kind == Clause::Kind::ensures) check(clause, nullptr, nullptr);
        }
        return std::move(m_out);
    }

private:
    /// false where there is nothing more to say
    bool begin(const Value& inputs) {
        if (!m_val.understood) {
            put({.kind = Violation::Kind::not_understood,
                 .position = m_val.position,
                 .why = "the contract of `" + m_val.name + "` is not understood"});
            return false;
        }
        if (!m_val.contract) return false;
        for (const auto& parameter : m_val.parameters)
            if (!parameter.name.empty())
                bind(parameter.name, parameter.type, inputs, only(parameter));
        m_environment.now = m_environment.before;
        return m_out.empty();
    }

    void put(Violation violation) {
        violation.function = m_val.name;
        m_out.push_back(std::move(violation));
    }

    void missing(std::string why) {
        put({.kind = Violation::Kind::missing, .position = m_val.position, .why = std::move(why)});
    }

    bool only(const Parameter& parameter) const {
        return std::ranges::all_of(m_val.parameters, [&](const Parameter& other) {
            return &other == &parameter ||
                   m_interface.types.kind(other.type) == TypeNode::Kind::unit;
        });
    }

    /// The member of that name; or all of `from`, where nothing else is wanted of it.
    const Value* look_up(const std::string& name, TypeId type, const Value& from,
                         bool whole) const {
        const auto& node = m_interface.types.node(type);
        const bool record = node.kind == TypeNode::Kind::record;
        const bool has_field = record && std::ranges::contains(node.names, name);
        const auto* const member = from.field(name);
        if (member != nullptr && !(whole && has_field)) return member;
        return whole && (record || !from.is(Value::Kind::record)) ? &from : nullptr;
    }

    void bind(const std::string& name, TypeId type, const Value& from, bool whole) {
        if (auto value = find(name, type, from, whole, "input"))
            m_environment.before.push_back({name, *std::move(value)});
    }

    std::optional<Value> find(const std::string& name, TypeId type, const Value& from, bool whole,
                              std::string_view what) {
        static const Value none = Value::none();
        const auto kind = m_interface.types.kind(type);
        const auto* value = look_up(name, type, from, whole);
        if (value == nullptr && (kind == TypeNode::Kind::option || kind == TypeNode::Kind::unit))
            value = &none;
        if (value == nullptr) {
            missing("the " + std::string(what) + " `" + name + "` is missing");
            return std::nullopt;
        }
        auto fitted = fit(m_interface.types, type, *value);
        if (fitted) return *std::move(fitted);
        missing("the " + std::string(what) + " `" + name + "`: " + fitted.error().detail());
        return std::nullopt;
    }

    void bind_modified(const Outcome& outcome) {
        for (auto& [name, value] : m_environment.now) {
            if (!std::ranges::contains(m_val.contract->modifies, name)) continue;
            const auto parameter = std::ranges::find(m_val.parameters, name, &Parameter::name);
            if (auto after = find(name, parameter->type, outcome.outputs, false, "modified"))
                value = *std::move(after);
        }
    }

    void bind_results(const Value& outputs) {
        const auto& types = m_interface.types;
        const bool whole = m_val.results.size() == 1;
        for (std::size_t i = 0; i < m_val.results.size(); ++i) {
            const auto type = whole ? m_val.result : types.node(m_val.result).parts[i];
            // A tuple with named parts may come as one list, too.
            const bool listed = !whole && outputs.items().size() == m_val.results.size() &&
                                !outputs.is(Value::Kind::record);
            const auto& from = listed ? outputs.items()[i] : outputs;
            if (auto value = find(m_val.results[i], type, from, whole || listed, "output"))
                m_environment.now.push_back({m_val.results[i], *std::move(value)});
        }
    }

    /// Does a `checks` fail, so that Invalid_argument was to be raised? Says so where it was not.
    bool check_refusal(const Outcome& outcome) {
        bool refused = false;
        for (const auto& clause : m_val.contract->clauses) {
            if (clause.kind != Clause::Kind::checks) continue;
            const auto holds = Evaluator(m_environment).holds(clause.formula);
            if (holds && *holds) continue;
            refused = true;
            const bool raised = outcome.raised && outcome.raised->exception == "Invalid_argument";
            if (!raised) check(clause, nullptr, nullptr);
        }
        return refused;
    }

    void check_raised(const Raised& raised, bool refused) {
        const auto* const declared = m_interface.find_exception(raised.exception);
        const bool invalid = raised.exception == "Invalid_argument" && refused;
        bool listed =
            invalid || raised.exception == "Stack_overflow" || raised.exception == "Out_of_memory";
        std::optional<Value> argument;
        if (declared != nullptr && declared->argument) {
            auto fitted = fit(m_interface.types, *declared->argument,
                              raised.argument.value_or(Value::none()));
            if (fitted) argument = *std::move(fitted);
        }
        for (const auto& cases : m_val.contract->raises) {
            for (const auto& one : cases) {
                if (one.exception != raised.exception || !fits(one, argument)) continue;
                listed = true;
                // Refusing what a `checks` forbids needs no other reason.
                if (!invalid) check(one.clause, &one, argument ? &*argument : nullptr);
                break;
            }
        }
        if (!listed)
            put({.kind = Violation::Kind::unlisted,
                 .clause = "raises",
                 .position = m_val.position,
                 .why = "no clause allows the exception `" + raised.exception + "`" +
                        (argument ? " with " + quote(*argument) : "")});
    }

    bool fits(const ExceptionCase& one, const std::optional<Value>& argument) const {
        if (!one.argument) return true;
        return argument && Evaluator(m_environment).bind(*one.argument, *argument);
    }

    void check(const Clause& clause, const ExceptionCase* one, const Value* argument) {
        Evaluator evaluator(m_environment);
        if (one != nullptr && one->argument && argument != nullptr)
            (void)evaluator.bind(*one->argument, *argument);
        const auto holds = evaluator.holds(clause.formula);
        if (holds && *holds) return;
        Violation out{.clause = std::string(name(clause.kind)),
                      .text = clause.text,
                      .position = clause.position,
                      .values = values_of(clause),
                      .witness = evaluator.witness()};
        if (argument != nullptr) out.values.push_back({one->exception, *argument});
        if (!holds) {
            out.kind = Violation::Kind::undefined;
            out.why = holds.error().detail();
        }
        put(std::move(out));
    }

    std::vector<NamedValue> values_of(const Clause& clause) const {
        std::vector<NamedValue> out;
        for (const auto& free : clause.names) {
            const auto& scope = free.old ? m_environment.before : m_environment.now;
            const auto found = std::ranges::find(scope, free.name, &NamedValue::name);
            if (found != scope.end())
                out.push_back({(free.old ? "old " : "") + free.name, found->value});
        }
        return out;
    }

    const Interface& m_interface;
    const Val& m_val;
    Environment m_environment{};
    std::vector<Violation> m_out{};
};

std::string print_values(const std::vector<NamedValue>& values, std::string_view before) {
    std::string out;
    for (const auto& [name, value] : values)
        out.append(out.empty() ? before : ", ").append(name).append(" = ").append(quote(value));
    return out;
}
} // namespace

std::string_view name(Violation::Kind kind) noexcept {
    constexpr std::array<std::string_view, 5> names = {"violated", "undefined", "missing",
                                                       "unlisted", "not_understood"};
    return names[static_cast<std::size_t>(kind)];
}

std::string print(const Violation& violation, std::string_view file) {
    std::string out = violation.function + ": ";
    if (!violation.text.empty()) out += violation.clause + " " + violation.text + " ";
    out.append("(").append(file).append(":").append(std::to_string(violation.position.line));
    out.append(":").append(std::to_string(violation.position.column)).append(") ");
    out += name(violation.kind);
    if (!violation.why.empty()) out += ": " + violation.why;
    out += print_values(violation.values, "; ");
    return out + print_values(violation.witness, "; fails for ");
}

std::vector<Violation> check_before(const Interface& interface, const Val& val,
                                    const Value& inputs) {
    return Run(interface, val).before(inputs);
}

std::vector<Violation> check_after(const Interface& interface, const Val& val, const Value& inputs,
                                   const Outcome& outcome) {
    return Run(interface, val).after(inputs, outcome);
}

} // namespace torgo::gospel
