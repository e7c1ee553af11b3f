#pragma once

#include "gospel/parser.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The items of an interface as they are written, before types are resolved.
namespace torgo::gospel {

struct TypeItem {
    enum class Kind : std::uint8_t { opaque, alias, record, variant };

    Kind kind = Kind::opaque;
    std::string name{};
    std::vector<std::string> names{}; ///< fields or constructors
    std::vector<TypeExpr> types{};    ///< of the fields; of an alias the one it stands for
    Offset at = 0;
};

struct ExceptionItem {
    std::string name{};
    std::optional<TypeExpr> argument{};
    Offset at = 0;
};

struct Argument {
    enum class Kind : std::uint8_t { plain, label, option };

    Kind kind = Kind::plain;
    std::string label{};
    TypeExpr type{};
};

struct ValItem {
    std::string name{};
    std::vector<Argument> arguments{};
    TypeExpr result{};
    std::optional<Token> contract{}; ///< of kind contract or document
    Offset at = 0;
};

struct Items {
    std::vector<TypeItem> types{};
    std::vector<ExceptionItem> exceptions{};
    std::vector<ValItem> vals{};
    std::vector<Fault> faults{};
};

/// Goes on behind what it does not understand, which is then in `faults`.
Items read_items(std::string_view text);

/// A clause of the older form in a documentation comment: `@requires`, and the text up to the next
/// tag.
struct Tag {
    std::string word{};
    Offset begin = 0;
    Offset end = 0;
};

/// Tags that are clauses; all others end a clause and are left out.
std::vector<Tag> clause_tags(std::string_view text, Offset begin, Offset end);

} // namespace torgo::gospel
