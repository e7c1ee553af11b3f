#pragma once

#include "gospel/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Types as the checker knows them: numbers into one table, so that a variable can be bound for all
// who use it. `int` and `integer` are one type, and so are `list`, `array`, `seq` and `sequence`.
namespace torgo::gospel {

using TypeId = std::uint32_t;

/// Steps of comparing types in one interface: tuples of tuples can say very large types shortly.
inline constexpr std::size_t types_work_max = 1'000'000;
inline constexpr std::size_t type_print_depth_max = 8;

struct TypeNode {
    /// `opaque` is a type nothing is known of but its name; `variable` one that is found out.
    enum class Kind : std::uint8_t {
        integer,
        real,
        boolean,
        text,
        character,
        unit,
        list,
        option,
        tuple,
        record,
        variant,
        opaque,
        variable
    };

    Kind kind = Kind::variable;
    std::string name{};               ///< of a record, variant or opaque type
    std::vector<TypeId> parts{};      ///< of list, option, tuple; types of a record's fields
    std::vector<std::string> names{}; ///< of a record's fields, of a variant's constructors
    std::optional<TypeId> bound{};    ///< of a variable that was found out
};

/// The type of a literal, which is of a simple one.
TypeNode::Kind literal_kind(const Value& literal) noexcept;

class Types {
public:
    Types();

    TypeId simple(TypeNode::Kind kind) const noexcept { return static_cast<TypeId>(kind); }

    TypeId list(TypeId of) { return add({.kind = TypeNode::Kind::list, .parts = {of}}); }

    TypeId option(TypeId of) { return add({.kind = TypeNode::Kind::option, .parts = {of}}); }

    TypeId tuple(std::vector<TypeId> parts);

    TypeId variable() { return add({}); }

    TypeId add(TypeNode node);

    /// Gives a record its fields, once all types that they may have are known.
    void complete(TypeId record, std::vector<std::string> names, std::vector<TypeId> parts);

    /// What a variable stands for, or the type itself.
    TypeId resolve(TypeId id) const noexcept;

    const TypeNode& node(TypeId id) const noexcept { return m_nodes[resolve(id)]; }

    TypeNode::Kind kind(TypeId id) const noexcept { return node(id).kind; }

    /// Makes both the same by binding variables. false where they can not be
    bool unify(TypeId a, TypeId b);

    /// Too much was compared; from then on nothing unifies.
    bool exhausted() const noexcept { return m_work > types_work_max; }

    /// As OCaml writes it; "…" what is nested too deep.
    std::string print(TypeId id, std::size_t depth = 0) const;

private:
    bool contains(TypeId in, TypeId variable);

    std::vector<TypeNode> m_nodes{};
    std::size_t m_work = 0;
};

/// The value as one of the type: an integer where a float is wanted becomes one, a text becomes a
/// constructor or a character, null `None` or `()`, any other value where an option is wanted
/// `Some` of it, a list a tuple; fields that the type has not are left out, fields that are missing
/// are `None` if they are options.
///
/// errors  invalid_argument: which part is not of its type
Result<Value> fit(const Types& types, TypeId type, const Value& value);

} // namespace torgo::gospel
