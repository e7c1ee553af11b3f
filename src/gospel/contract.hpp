#pragma once

#include "gospel/evaluate.hpp"
#include "gospel/interface.hpp"

#include <optional>
#include <string>
#include <vector>

// Contracts checked at run time, before a function's work and after it.
namespace torgo::gospel {

/// Why a run may not begin, or what it has broken.
struct Violation {
    enum class Kind : std::uint8_t {
        violated,      ///< the formula is false
        undefined,     ///< it has no value: overflow, division by zero, too many steps…
        missing,       ///< an argument or result is not there, or not of its type
        unlisted,      ///< an exception that no clause allows
        not_understood ///< the contract itself
    };

    Kind kind = Kind::violated;
    std::string function{};
    std::string clause{}; ///< its word: `requires`…; empty where it is about none
    std::string text{};   ///< the formula, as it is written
    Position position{};
    std::vector<NamedValue> values{};  ///< of the formula's free names; `old x` is a name here
    std::vector<NamedValue> witness{}; ///< variables of a `forall` for which it fails
    std::string why{};
};

std::string_view name(Violation::Kind kind) noexcept;

/// One line: `requires n > 0 (spec.mli:3:14): violated; n = (-1)`.
std::string print(const Violation& violation, std::string_view file);

struct Raised {
    std::string exception{};
    std::optional<Value> argument{};
};

/// What came of a run: outputs, or an exception.
struct Outcome {
    Value outputs{};
    std::optional<Raised> raised{};
};

/// `requires` and `checks` of the value's contract, whose arguments are found among `inputs` by
/// their names (docs/spec/gospel-subset.md 6).
///
/// in      val: one of interface.vals; inputs: a record, as value_of_json gives it
/// out     nothing where all hold, or the value has no contract
/// cost    at most steps_max steps for each clause
std::vector<Violation> check_before(const Interface& interface, const Val& val,
                                    const Value& inputs);

/// `ensures` where the run gave outputs, `raises` where it raised; and that it raised
/// Invalid_argument where a `checks` did not hold.
std::vector<Violation> check_after(const Interface& interface, const Val& val, const Value& inputs,
                                   const Outcome& outcome);

} // namespace torgo::gospel
