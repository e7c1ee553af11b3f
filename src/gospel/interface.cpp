#include "gospel/interface.hpp"

#include "gospel/checker.hpp"
#include "gospel/contract_parser.hpp"

#include <algorithm>
#include <array>

namespace torgo::gospel {

namespace {
using Kind = TypeNode::Kind;

struct StandardException {
    std::string_view name;
    bool text; ///< has a text as its argument
};

constexpr std::array<StandardException, 9> standard_exceptions = {{{"Not_found", false},
                                                                   {"Failure", true},
                                                                   {"Invalid_argument", true},
                                                                   {"Division_by_zero", false},
                                                                   {"End_of_file", false},
                                                                   {"Exit", false},
                                                                   {"Sys_error", true},
                                                                   {"Stack_overflow", false},
                                                                   {"Out_of_memory", false}}};

/// More than there may be arguments, results and local names.
constexpr std::size_t unbound_names_max = 2048;

/// Names of a formula that nothing in it binds, in the order in which they come.
void unbound_names(const Expr& expr, std::vector<std::string>& bound,
                   std::vector<std::string>& out);

void bound_by(const Pattern& pattern, std::vector<std::string>& bound) {
    if (pattern.kind == Pattern::Kind::name) bound.push_back(pattern.word);
    for (const auto& part : pattern.parts)
        bound_by(part, bound);
}

void unbound_names(const Expr& expr, std::vector<std::string>& bound,
                   std::vector<std::string>& out) {
    const auto before = bound.size();
    // So many are refused later, and one of so many is never the only one.
    if (bound.size() > unbound_names_max || out.size() > unbound_names_max) return;
    if (expr.kind == Expr::Kind::name && !std::ranges::contains(bound, expr.word) &&
        !std::ranges::contains(out, expr.word))
        out.push_back(expr.word);
    for (const auto& binder : expr.binders)
        bound.push_back(binder.name);
    for (std::size_t i = 0; i < expr.parts.size(); ++i) {
        const auto here = bound.size();
        const bool let = expr.kind == Expr::Kind::let_in && i == 1;
        const bool match = expr.kind == Expr::Kind::match && i > 0;
        if (let || match) bound_by(expr.patterns[let ? 0 : i - 1], bound);
        unbound_names(expr.parts[i], bound, out);
        bound.resize(here);
    }
    bound.resize(before);
}

class Builder {
public:
    explicit Builder(std::string_view text) : m_text(text) {}

    Interface run() {
        auto items = read_items(m_text);
        for (const auto& fault : items.faults)
            report(fault);
        declare_types(items.types);
        declare_exceptions(items.exceptions);
        for (const auto& item : items.vals)
            build_val(item);
        std::ranges::stable_sort(m_out.diagnostics, {}, [](const Diagnostic& d) {
            return std::pair(d.position.line, d.position.column);
        });
        return std::move(m_out);
    }

private:
    void report(const Fault& fault, Diagnostic::Severity severity = Diagnostic::Severity::error) {
        if (m_out.diagnostics.size() < diagnostics_max)
            m_out.diagnostics.push_back({severity, locate(m_text, fault.at), fault.text});
    }

    bool check(const Parsed<>& done) {
        if (!done) report(done.error());
        return done.has_value();
    }

    void declare_types(const std::vector<TypeItem>& items) {
        // Records and variants may be named before they are written; what an alias means may not.
        for (const auto& item : items) {
            if (item.kind != TypeItem::Kind::alias) check(declare_type(item));
        }
        for (const auto& item : items) {
            if (item.kind == TypeItem::Kind::alias) check(declare_alias(item));
        }
        for (const auto& item : items) {
            m_out.type_names.push_back(item.name);
            if (item.kind == TypeItem::Kind::record) check(complete_record(item));
        }
    }

    Parsed<> declare(const TypeItem& item, TypeId id) {
        if (!m_declared.types.emplace(item.name, id).second)
            return std::unexpected(Fault{item.at, "a second type `" + item.name + "`"});
        return {};
    }

    Parsed<> declare_type(const TypeItem& item) {
        const auto kind = item.kind == TypeItem::Kind::record    ? Kind::record
                          : item.kind == TypeItem::Kind::variant ? Kind::variant
                                                                 : Kind::opaque;
        const auto id = m_out.types.add({.kind = kind, .name = item.name, .names = item.names});
        if (kind == Kind::record) m_declared.records.push_back(id);
        if (kind == Kind::variant) m_declared.variants.push_back(id);
        return declare(item, id);
    }

    Parsed<> declare_alias(const TypeItem& item) {
        std::map<std::string, TypeId> variables;
        TRY(const auto id, resolve(item.types[0], m_declared, m_out.types, variables));
        return declare(item, id);
    }

    Parsed<> complete_record(const TypeItem& item) {
        const auto id = m_declared.types.find(item.name)->second;
        if (m_out.types.kind(id) != Kind::record) return {};
        std::map<std::string, TypeId> variables;
        std::vector<TypeId> parts;
        for (const auto& type : item.types) {
            auto part = resolve(type, m_declared, m_out.types, variables);
            // Its fields keep a type, so that a formula that names them can still be read.
            parts.push_back(part ? *part : m_out.types.simple(Kind::unit));
            if (!part) report(part.error());
        }
        m_out.types.complete(id, item.names, std::move(parts));
        return {};
    }

    void declare_exceptions(const std::vector<ExceptionItem>& items) {
        for (const auto& standard : standard_exceptions) {
            ExceptionDeclaration out{.name = std::string(standard.name)};
            if (standard.text) out.argument = m_out.types.simple(Kind::text);
            m_out.exceptions.push_back(std::move(out));
        }
        for (const auto& item : items)
            check(declare_exception(item));
    }

    Parsed<> declare_exception(const ExceptionItem& item) {
        if (m_out.find_exception(item.name) != nullptr)
            return std::unexpected(Fault{item.at, "a second exception `" + item.name + "`"});
        ExceptionDeclaration out{.name = item.name};
        std::map<std::string, TypeId> variables;
        if (item.argument) {
            TRY(out.argument, resolve(*item.argument, m_declared, m_out.types, variables));
        }
        m_out.exceptions.push_back(std::move(out));
        return {};
    }

    void build_val(const ValItem& item) {
        Val out{.name = item.name, .position = locate(m_text, item.at)};
        if (m_out.find(item.name) != nullptr) {
            report({item.at, "a second value `" + item.name + "`"});
            return;
        }
        // What holds no formula that is understood is a contract all the same. [GOSPEL-27]
        if (item.contract) out.contract.emplace();
        out.understood = check(val_types(item, out)) && (!item.contract || read(item, out));
        m_out.vals.push_back(std::move(out));
    }

    Parsed<> val_types(const ValItem& item, Val& out) {
        std::map<std::string, TypeId> variables;
        for (const auto& argument : item.arguments) {
            Parameter next{.name = argument.label};
            TRY(next.type, resolve(argument.type, m_declared, m_out.types, variables));
            if (argument.kind == Argument::Kind::option) {
                if (m_out.types.kind(next.type) == Kind::option)
                    return std::unexpected(
                        Fault{argument.type.at, "an option of an option has no values here"});
                next.type = m_out.types.option(next.type);
                next.may_lack = true;
            }
            out.parameters.push_back(std::move(next));
        }
        TRY(out.result, resolve(item.result, m_declared, m_out.types, variables));
        return {};
    }

    bool read(const ValItem& item, Val& out) {
        auto text = read_contract(m_text, *item.contract);
        if (!text) {
            report(text.error());
            return false;
        }
        for (const auto& word : text->unchecked)
            report({item.contract->at, "`" + word + "` is not checked"},
                   Diagnostic::Severity::note);
        out.contract = std::move(text->contract);
        const auto named =
            text->header ? name_by_header(*text->header, item, out) : name_by_types(item, out);
        return check(named) && check(check_contract(item, out));
    }

    Parsed<> name_by_header(const Header& header, const ValItem& item, Val& out) {
        const auto wrong = [&](std::string text) {
            return std::unexpected(Fault{header.at, std::move(text)});
        };
        if (header.function != out.name)
            return wrong("the contract of `" + header.function + "` stands behind `" + out.name +
                         "`");
        if (header.parameters.size() != out.parameters.size())
            return wrong("`" + out.name + "` has " + std::to_string(out.parameters.size()) +
                         " arguments, not " + std::to_string(header.parameters.size()));
        for (std::size_t i = 0; i < header.parameters.size(); ++i) {
            const auto& given = header.parameters[i];
            auto& parameter = out.parameters[i];
            const auto& argument = item.arguments[i];
            if (given.unit && m_out.types.kind(parameter.type) != Kind::unit)
                return wrong("argument " + std::to_string(i + 1) + " is no unit");
            if (given.kind != Argument::Kind::plain &&
                (given.kind != argument.kind || given.name != argument.label))
                return wrong("argument " + std::to_string(i + 1) + " has another label");
            parameter.name = given.name;
        }
        return name_results(header, out);
    }

    Parsed<> name_results(const Header& header, Val& out) {
        const auto& type = m_out.types.node(out.result);
        out.results = header.results;
        if (out.results.size() < 2) return {};
        if (type.kind == Kind::tuple && type.parts.size() == out.results.size()) return {};
        return std::unexpected(Fault{header.at, "the result is " + m_out.types.print(out.result) +
                                                    ", and has not " +
                                                    std::to_string(out.results.size()) + " parts"});
    }

    /// Without a header, an argument without label has the name of its type, if the file declares
    /// that, and no value if no formula uses it; and where one argument and one unknown name are
    /// left, they belong together.
    Parsed<> name_by_types(const ValItem& item, Val& out) {
        if (m_out.types.kind(out.result) != Kind::unit) out.results = {"result"};
        auto unknown = unknown_names(out);
        std::vector<Parameter*> nameless;
        for (std::size_t i = 0; i < out.parameters.size(); ++i) {
            const auto& type = item.arguments[i].type;
            const auto alike = std::ranges::count_if(item.arguments, [&](const Argument& other) {
                return other.label.empty() && print(other.type) == print(type);
            });
            const bool unit = m_out.types.kind(out.parameters[i].type) == Kind::unit;
            if (!out.parameters[i].name.empty() || unit) continue;
            if (alike != 1 || !m_declared.types.contains(print(type)))
                nameless.push_back(&out.parameters[i]);
            else if (std::erase(unknown, print(type)) != 0)
                out.parameters[i].name = print(type);
        }
        if (unknown.size() == 1 && nameless.size() == 1) nameless[0]->name = unknown[0];
        return {};
    }

    std::vector<std::string> unknown_names(const Val& val) const {
        std::vector<std::string> out;
        std::vector<std::string> bound = val.results;
        for (const auto& parameter : val.parameters)
            if (!parameter.name.empty()) bound.push_back(parameter.name);
        for (const auto& clause : val.contract->clauses)
            unbound_names(clause.formula, bound, out);
        for (const auto& cases : val.contract->raises)
            for (const auto& one : cases) {
                const auto before = bound.size();
                if (one.argument) bound_by(*one.argument, bound);
                unbound_names(one.clause.formula, bound, out);
                bound.resize(before);
            }
        return out;
    }

    /// Also says that two names are one.
    Parsed<std::vector<ScopeName>> scope(const ValItem& item, const Val& val, bool results) {
        std::vector<ScopeName> out;
        const auto add = [&](ScopeName name) -> Parsed<> {
            if (std::ranges::contains(out, name.name, &ScopeName::name))
                return std::unexpected(
                    Fault{item.contract->at, "two things are named `" + name.name + "`"});
            out.push_back(std::move(name));
            return {};
        };
        for (const auto& parameter : val.parameters) {
            if (parameter.name.empty()) continue;
            const bool modified = std::ranges::contains(val.contract->modifies, parameter.name);
            CHECK_OK(add({parameter.name, parameter.type, false, modified}));
        }
        for (const auto& name : val.contract->modifies)
            if (!std::ranges::contains(out, name, &ScopeName::name))
                return std::unexpected(
                    Fault{item.contract->at, "`modifies " + name + "` names no argument"});
        for (std::size_t i = 0; results && i < val.results.size(); ++i) {
            const auto type =
                val.results.size() == 1 ? val.result : m_out.types.node(val.result).parts[i];
            CHECK_OK(add({val.results[i], type, true, false}));
        }
        return out;
    }

    Parsed<> check_contract(const ValItem& item, Val& val) {
        // Names that clash are refused even where no formula uses them.
        CHECK_OK(scope(item, val, true));
        for (auto& clause : val.contract->clauses) {
            const bool after = clause.kind == Clause::Kind::ensures;
            TRY(auto names, scope(item, val, after));
            Checker checker(m_declared, m_out.types, std::move(names), after);
            CHECK_OK(checker.check(clause.formula));
            clause.names = checker.free_names();
        }
        for (auto& cases : val.contract->raises)
            for (auto& one : cases)
                CHECK_OK(check_case(item, val, one));
        return {};
    }

    Parsed<> check_case(const ValItem& item, const Val& val, ExceptionCase& one) {
        const auto at = one.clause.formula.at;
        const auto* const declared = m_out.find_exception(one.exception);
        if (declared == nullptr)
            return std::unexpected(
                Fault{at, "the exception `" + one.exception + "` is not declared"});
        TRY(auto names, scope(item, val, false));
        Checker checker(m_declared, m_out.types, std::move(names), true);
        if (one.argument) {
            if (!declared->argument)
                return std::unexpected(Fault{at, "the exception has no argument"});
            CHECK_OK(checker.bind(*one.argument, *declared->argument));
        }
        CHECK_OK(checker.check(one.clause.formula));
        one.clause.names = checker.free_names();
        return {};
    }

    std::string_view m_text;
    Interface m_out{};
    Declarations m_declared{};
};
} // namespace

std::string_view name(Clause::Kind kind) noexcept {
    constexpr std::array<std::string_view, 4> names = {"requires", "checks", "ensures", "raises"};
    return names[static_cast<std::size_t>(kind)];
}

bool Interface::understood() const noexcept {
    return std::ranges::none_of(diagnostics, [](const Diagnostic& one) {
        return one.severity == Diagnostic::Severity::error;
    });
}

const Val* Interface::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(vals, name, &Val::name);
    return found == vals.end() ? nullptr : &*found;
}

const ExceptionDeclaration* Interface::find_exception(std::string_view name) const noexcept {
    const auto found = std::ranges::find(exceptions, name, &ExceptionDeclaration::name);
    return found == exceptions.end() ? nullptr : &*found;
}

Interface parse(std::string_view text) {
    if (text.size() <= interface_bytes_max) return Builder(text).run();
    Interface out;
    out.diagnostics.push_back(
        {.text = "the file has more than " + std::to_string(interface_bytes_max) + " bytes"});
    return out;
}

std::string print(const std::vector<Diagnostic>& diagnostics, std::string_view file) {
    std::string out;
    for (const auto& one : diagnostics) {
        out.append(file).append(":").append(std::to_string(one.position.line)).append(":");
        out.append(std::to_string(one.position.column));
        out.append(one.severity == Diagnostic::Severity::error ? ": error: " : ": note: ");
        out.append(one.text).append("\n");
    }
    return out;
}

} // namespace torgo::gospel
