#pragma once

#include "gospel/lexer.hpp"
#include "gospel/tree.hpp"
#include "gospel/types.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// An OCaml interface with contracts, read and type-checked (docs/spec/gospel-subset.md).
namespace torgo::gospel {

/// What this checker calls itself, in receipts and to people: it is neither Ortac nor Gospel.
inline constexpr std::string_view checker_name = "torgo-gospel-subset";

inline constexpr std::size_t items_max = 256;   ///< values, types, exceptions of one file, each
inline constexpr std::size_t members_max = 256; ///< fields, constructors, arguments of one item
inline constexpr std::size_t clauses_max = 64;  ///< of one contract
inline constexpr std::size_t clause_quote_bytes_max = 500;

/// A name of a contract's text that is an argument or a result; `old` where it is the value before.
struct FreeName {
    std::string name{};
    bool old = false;

    friend bool operator==(const FreeName&, const FreeName&) = default;
};

/// A formula in the words of the file (white space made single), and what it speaks of.
struct Clause {
    enum class Kind : std::uint8_t { requires_, checks, ensures, raises };

    Kind kind = Kind::requires_;
    std::string text{}; ///< at most clause_quote_bytes_max bytes
    Position position{};
    Expr formula{};
    std::vector<FreeName> names{};
};

/// The word of the file: `requires`, `checks`, `ensures`, `raises`.
std::string_view name(Clause::Kind kind) noexcept;

/// `E p -> formula`; a formula `true` where the file has none.
struct ExceptionCase {
    std::string exception{};
    std::optional<Pattern> argument{};
    Clause clause{};
};

struct Contract {
    std::vector<Clause> clauses{};
    std::vector<std::vector<ExceptionCase>> raises{}; ///< clauses, each of cases; the first fits
    std::vector<std::string> modifies{};              ///< arguments
};

struct Parameter {
    std::string name{}; ///< by which its value is found; empty of a unit
    TypeId type = 0;
    bool may_lack = false; ///< written `?name`
};

struct ExceptionDeclaration {
    std::string name{};
    std::optional<TypeId> argument{};
};

struct Val {
    std::string name{};
    Position position{};
    std::vector<Parameter> parameters{};
    std::vector<std::string> results{}; ///< none of a unit, several of a tuple that names them
    TypeId result = 0;
    std::optional<Contract> contract{};
    bool understood = true;
};

struct Interface {
    std::vector<Val> vals{};
    std::vector<std::string> type_names{};
    std::vector<ExceptionDeclaration> exceptions{};
    std::vector<Diagnostic> diagnostics{};
    Types types{};

    /// No error anywhere, so that `level: strict` may run it.
    bool understood() const noexcept;

    /// null where it has none of that name
    const Val* find(std::string_view name) const noexcept;

    const ExceptionDeclaration* find_exception(std::string_view name) const noexcept;
};

/// in      the text of an `.mli` file
/// out     always an interface; what is not understood is in its diagnostics, with a place, and a
///         value with such a contract has understood = false
/// cost    bounded by the limits of this folder's headers; a recursion of some hundred calls
/// source  docs/spec/gospel-subset.md
Interface parse(std::string_view text);

/// `FILE:3:7: error: …`, one a line.
std::string print(const std::vector<Diagnostic>& diagnostics, std::string_view file);

} // namespace torgo::gospel
