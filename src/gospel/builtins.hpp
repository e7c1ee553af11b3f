#pragma once

#include "gospel/value.hpp"

#include <cstdint>
#include <span>
#include <string_view>

// The functions a contract may call. Signatures are in OCaml's own words; 'o is a type with an
// order, 'm one that has a length.
namespace torgo::gospel {

struct Builtin {
    std::string_view name;
    std::string_view signature; ///< without arrows a constant
    /// Looks into all parts of its arguments, and not only at their ends.
    bool deep;
    Result<Value> (*run)(std::span<const Value> arguments);
};

/// null where there is none
const Builtin* find_builtin(std::string_view name) noexcept;

/// -1, 0, 1; 2 where floats have no order (one is no number). Both of one kind that has an order.
int compare_ordered(const Value& a, const Value& b) noexcept;

/// An error whose words begin with `overflow`.
std::unexpected<Error> overflow(std::string_view where);

/// `of[place]` of a list or a text.
///
/// errors  invalid_argument: it has no such place
Result<Value> item_at(const Value& of, const Value& place);

} // namespace torgo::gospel
