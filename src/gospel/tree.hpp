#pragma once

#include "gospel/value.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// What the text of an interface says, before its types are known. Places are offsets into the text
// (locate() makes a line and a column of one).
namespace torgo::gospel {

using Offset = std::uint32_t;

enum class Op : std::uint8_t {
    implies,
    iff,
    or_else,
    either,
    and_then,
    both,
    negation,
    equal,
    unequal,
    less,
    at_most,
    greater,
    at_least,
    member,
    cons,
    append,
    join,
    plus,
    minus,
    times,
    divide,
    modulo,
    real_plus,
    real_minus,
    real_times,
    real_divide,
    power,
    negate,
    real_negate
};

/// As it is written: `->`, `/\`, `mod`…
std::string_view spelling(Op op) noexcept;

constexpr bool is_comparison(Op op) noexcept {
    return op >= Op::equal && op <= Op::member;
}

/// `name` with its arguments (`int`, `list` with one), a variable `'a`, or a tuple.
struct TypeExpr {
    enum class Kind : std::uint8_t { name, variable, tuple };

    Kind kind = Kind::name;
    std::string name{};
    std::vector<TypeExpr> parts{};
    Offset at = 0;
};

struct Pattern {
    /// `constructor` may have one part; `cons` has two, head and tail.
    enum class Kind : std::uint8_t { any, name, literal, constructor, tuple, nil, cons };

    Kind kind = Kind::any;
    std::string word{}; ///< of a name or a constructor
    Value literal{};
    std::vector<Pattern> parts{};
    Offset at = 0;
};

/// A quantifier's variable.
struct Binder {
    std::string name{};
    std::shared_ptr<const TypeExpr> type{}; ///< one for all of a group; may be none
    Offset at = 0;
};

struct Expr;

/// Where the values of a quantifier's variable come from: integers between the largest of `lower`
/// and the smallest of `upper`, members of a list, or `values`. (An initializer `{}` here would
/// need the whole Expr.)
struct Domain {
    struct Bound {
        std::vector<Expr> limit; ///< one
        bool strict = false;
    };

    std::vector<Bound> lower;
    std::vector<Bound> upper;
    std::vector<Expr> list; ///< none or one
    std::vector<Value> values{};
    /// So many of the formula's guards_of(), from the first, can be evaluated before the variable
    /// has a value: where one is false there is nothing to try, and bounds may have no value.
    std::size_t guards = 0;
};

struct Expr {
    enum class Kind : std::uint8_t {
        literal,
        name,
        constructor, ///< `word` with none or one part
        call,        ///< of the function `word`
        unary,       ///< ops[0]
        binary,      ///< ops[0]
        compare,     ///< a chain: one part more than ops
        index,       ///< parts[0][parts[1]]
        field,       ///< parts[0].word
        list,
        tuple,
        let_in,  ///< patterns[0] = parts[0] in parts[1]
        if_else, ///< three parts
        match,   ///< parts[0] with patterns[i] -> parts[i + 1]
        forall,  ///< binders, parts[0]
        exists,
        old
    };

    Kind kind = Kind::literal;
    Value literal{};
    std::string word{};
    std::vector<Op> ops{};
    std::vector<Expr> parts{};
    std::vector<Pattern> patterns{};
    std::vector<Binder> binders{};
    std::vector<Domain> domains{}; ///< of binders, once the types are known
    Offset at = 0;
    std::uint32_t depth = 1; ///< one more than that of its deepest part
};

/// Full of parentheses, so that it reads back as the same tree.
std::string print(const Expr& expr);
std::string print(const Pattern& pattern);
std::string print(const TypeExpr& type);

/// The same but for places and domains.
bool same(const Expr& a, const Expr& b);

} // namespace torgo::gospel
