#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a name of a contract stands for: a value that never changes. Long ones are shared, so that
// reading a name costs the same whatever it names.
namespace torgo::gospel {

inline constexpr std::size_t value_json_size_max = 1024 * 1024;
inline constexpr std::size_t value_json_depth_max = 32;
inline constexpr std::size_t value_json_values_max = 100'000;
/// Of a printed value in a violation; the rest becomes "…".
inline constexpr std::size_t value_quote_bytes_max = 200;

class Value {
public:
    /// `constructor` is one without an argument of a variant type; `none` and `some` are options.
    enum class Kind : std::uint8_t {
        unit,
        boolean,
        integer,
        real,
        character,
        text,
        none,
        some,
        list,
        tuple,
        record,
        constructor
    };
    using List = std::vector<Value>;
    using Names = std::vector<std::string>;

    Value() = default;

    static Value boolean(bool b) { return {Kind::boolean, b ? 1 : 0}; }

    static Value integer(std::int64_t i) { return {Kind::integer, i}; }

    static Value real(double d);

    static Value character(unsigned char c) { return {Kind::character, c}; }

    static Value text(std::string bytes) { return {Kind::text, std::move(bytes)}; }

    static Value constructor(std::string name) { return {Kind::constructor, std::move(name)}; }

    static Value none() { return {Kind::none, 0}; }

    static Value some(Value inner);

    static Value list(List items) { return {Kind::list, std::move(items)}; }

    static Value tuple(List items) { return {Kind::tuple, std::move(items)}; }

    /// As many names as items, in the same order.
    static Value record(Names names, List items);

    Kind kind() const noexcept { return m_kind; }

    bool is(Kind kind) const noexcept { return m_kind == kind; }

    bool truth() const noexcept { return m_integer != 0; }

    std::int64_t as_integer() const noexcept { return m_integer; }

    double as_real() const noexcept { return m_real; }

    /// The bytes of a text, the name of a constructor; else "".
    std::string_view as_text() const noexcept;

    /// Items of a list or tuple, fields of a record, the one of `some`; else none.
    const List& items() const noexcept;

    /// Names of a record's fields; else none.
    const Names& names() const noexcept;

    /// A record's field; null where it is none or has no such field.
    const Value* field(std::string_view name) const noexcept;

    /// By structure; floats as IEEE 754 compares them. cost: the size of the smaller one
    friend bool operator==(const Value& a, const Value& b);

private:
    Value(Kind kind, std::int64_t integer) : m_kind(kind), m_integer(integer) {}

    Value(Kind kind, std::string text);
    Value(Kind kind, List items);

    Kind m_kind = Kind::unit;
    std::int64_t m_integer = 0;
    double m_real = 0;
    std::shared_ptr<const std::string> m_text{};
    std::shared_ptr<const List> m_items{};
    std::shared_ptr<const Names> m_names{};
};

/// How many values it is made of, each 64 bytes of text counting as one more; counted up to
/// `limit`, since lists of the same list are large without taking much memory.
std::size_t weight(const Value& value, std::size_t limit);

/// As Gospel writes it: `3`, `0.5`, `"text"`, `Some 3`, `[1; 2]`, `(1, 2)`, `{a = 1; b = 2}`.
std::string print(const Value& value);

/// print(), at most value_quote_bytes_max bytes of it, cut between characters.
std::string quote(const Value& value);

/// One JSON text (RFC 8259). null becomes `None`, an array a list, an object a record; a number
/// with neither point nor exponent an integer, any other a float.
///
/// errors  `invalid_argument`; `limit_exceeded` for the three limits above, for an integer outside
///         64 bits and for a float that is infinite
Result<Value> value_of_json(std::string_view text);

/// The inverse as far as JSON goes: `Some x` as x, a tuple as an array, a constructor, a character
/// and a text as a string; a float that is no number as null.
std::string json_of_value(const Value& value);

} // namespace torgo::gospel
