#pragma once

#include "gospel/interface.hpp"
#include "gospel/parser.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

// Finds the types of formulas, and where the variables of quantifiers get their values from.
namespace torgo::gospel {

inline constexpr std::size_t chain_max = 16;    ///< comparisons in one chain
inline constexpr std::size_t locals_max = 1024; ///< names that are bound at one place

/// What the file declares. Types are found by name; fields and constructors by the newest type that
/// has them, as in OCaml.
struct Declarations {
    std::map<std::string, TypeId, std::less<>> types{};
    std::vector<TypeId> records{};
    std::vector<TypeId> variants{};
};

/// The type that a type's text means. Variables are looked up in, and added to, `variables`.
Parsed<TypeId> resolve(const TypeExpr& type, const Declarations& declarations, Types& types,
                       std::map<std::string, TypeId>& variables);

struct ScopeName {
    std::string name{};
    TypeId type = 0;
    bool result = false;   ///< has no value before
    bool modified = false; ///< has another value after
};

class Checker {
public:
    Checker(const Declarations& declarations, Types& types, std::vector<ScopeName> scope,
            bool after)
        : m_declarations(declarations), m_types(types), m_scope(std::move(scope)), m_after(after) {}

    /// Puts the pattern's names before those of the scope, for all formulas that follow.
    Parsed<> bind(const Pattern& pattern, TypeId type);

    /// A formula is a bool. Fills in the domains of its quantifiers.
    Parsed<> check(Expr& formula);

    const std::vector<FreeName>& free_names() const noexcept { return m_free; }

private:
    struct Local {
        std::string name{};
        TypeId type = 0;
    };

    struct Demand {
        TypeId type = 0;
        Offset at = 0;
        bool length = false; ///< of having a length; else of having an order
    };

    struct Quantifier {
        Expr* expr = nullptr;
        std::vector<TypeId> types{};
    };

    Parsed<TypeId> infer(Expr& expr);
    Parsed<> add_local(const std::string& name, TypeId type, Offset at);
    Parsed<> expect(Expr& expr, TypeId type);
    Parsed<> same_type(TypeId found, TypeId wanted, Offset at);
    Parsed<TypeId> infer_name(const Expr& expr);
    Parsed<TypeId> infer_constructor(Expr& expr);
    Parsed<TypeId> infer_call(Expr& expr);
    Parsed<TypeId> infer_unary(Expr& expr);
    Parsed<TypeId> infer_binary(Expr& expr);
    Parsed<TypeId> infer_compare(Expr& expr);
    Parsed<TypeId> infer_index(Expr& expr);
    Parsed<TypeId> infer_field(Expr& expr);
    Parsed<TypeId> infer_items(Expr& expr);
    Parsed<TypeId> infer_let(Expr& expr);
    Parsed<TypeId> infer_if(Expr& expr);
    Parsed<TypeId> infer_match(Expr& expr);
    Parsed<TypeId> infer_quantifier(Expr& expr);
    Parsed<TypeId> infer_old(Expr& expr);
    Parsed<TypeId> constructor_type(std::string_view word, std::size_t arguments, Offset at);
    Parsed<std::vector<TypeId>> signature(std::string_view text, Offset at);
    Parsed<> check_demands();
    Parsed<> plan(Quantifier& quantifier);
    Parsed<> plan_binder(Quantifier& quantifier, std::size_t which,
                         const std::vector<const Expr*>& guards);

    TypeId of(TypeNode::Kind kind) const noexcept { return m_types.simple(kind); }

    const Declarations& m_declarations;
    Types& m_types;
    std::vector<ScopeName> m_scope;
    bool m_after;
    bool m_in_old = false;
    std::vector<Local> m_locals{};
    std::vector<FreeName> m_free{};
    std::vector<Demand> m_demands{};
    std::vector<Quantifier> m_quantifiers{};
};

/// What a quantifier's formula says first of its variables: hypotheses of forall, conjuncts of
/// exists.
std::vector<const Expr*> guards_of(const Expr& quantifier);

/// The domain that the guards give for binder `which`: nothing where they give none.
Domain domain_of(const Expr& quantifier, std::size_t which, const std::vector<const Expr*>& guards);

} // namespace torgo::gospel
