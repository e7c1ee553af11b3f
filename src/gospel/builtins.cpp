#include "gospel/builtins.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace torgo::gospel {

namespace {
using Arguments = std::span<const Value>;

// OCaml's own int has 63 bits.
constexpr std::int64_t ocaml_int_max = std::numeric_limits<std::int64_t>::max() / 2;
constexpr std::int64_t ocaml_int_min = -ocaml_int_max - 1;
constexpr double integer_reach = 9223372036854775808.0; // 2^63

std::size_t length_of(const Value& value) noexcept {
    return value.is(Value::Kind::text) ? value.as_text().size() : value.items().size();
}

Result<Value> length(Arguments a) {
    return Value::integer(static_cast<std::int64_t>(length_of(a[0])));
}

Result<Value> nth(Arguments a) {
    return item_at(a[0], a[1]);
}

Result<Value> has(Arguments a) {
    return Value::boolean(
        std::ranges::any_of(a[1].items(), [&](const Value& v) { return v == a[0]; }));
}

Result<Value> head(Arguments a) {
    if (a[0].items().empty()) return fail(Errc::invalid_argument, "the head of an empty list");
    return a[0].items().front();
}

Result<Value> tail(Arguments a) {
    const auto& items = a[0].items();
    if (items.empty()) return fail(Errc::invalid_argument, "the tail of an empty list");
    return Value::list({items.begin() + 1, items.end()});
}

Result<Value> reversed(Arguments a) {
    return Value::list({a[0].items().rbegin(), a[0].items().rend()});
}

Result<Value> contains(Arguments a) {
    return Value::boolean(a[0].as_text().contains(static_cast<char>(a[1].as_integer())));
}

Result<Value> is_some(Arguments a) {
    return Value::boolean(a[0].is(Value::Kind::some));
}

Result<Value> is_none(Arguments a) {
    return Value::boolean(a[0].is(Value::Kind::none));
}

Result<Value> get(Arguments a) {
    if (a[0].is(Value::Kind::none)) return fail(Errc::invalid_argument, "the content of None");
    return a[0].items().front();
}

Result<Value> first(Arguments a) {
    return a[0].items()[0];
}

Result<Value> second(Arguments a) {
    return a[0].items()[1];
}

Result<Value> absolute(Arguments a) {
    const auto i = a[0].as_integer();
    if (i == std::numeric_limits<std::int64_t>::min()) return overflow("abs");
    return Value::integer(i < 0 ? -i : i);
}

Result<Value> successor(Arguments a) {
    const auto i = a[0].as_integer();
    if (i == std::numeric_limits<std::int64_t>::max()) return overflow("succ");
    return Value::integer(i + 1);
}

Result<Value> predecessor(Arguments a) {
    const auto i = a[0].as_integer();
    if (i == std::numeric_limits<std::int64_t>::min()) return overflow("pred");
    return Value::integer(i - 1);
}

Result<Value> smaller(Arguments a) {
    return compare_ordered(a[0], a[1]) <= 0 ? a[0] : a[1];
}

Result<Value> larger(Arguments a) {
    return compare_ordered(a[0], a[1]) >= 0 ? a[0] : a[1];
}

Result<Value> to_real(Arguments a) {
    return Value::real(static_cast<double>(a[0].as_integer()));
}

Result<Value> to_integer(Arguments a) {
    const double cut = std::trunc(a[0].as_real());
    if (!(cut >= -integer_reach && cut < integer_reach)) return overflow("int_of_float");
    return Value::integer(static_cast<std::int64_t>(cut));
}

Result<Value> real_absolute(Arguments a) {
    return Value::real(std::fabs(a[0].as_real()));
}

Result<Value> root(Arguments a) {
    return Value::real(std::sqrt(a[0].as_real()));
}

Result<Value> is_nan(Arguments a) {
    return Value::boolean(std::isnan(a[0].as_real()));
}

Result<Value> int_max(Arguments /*none*/) {
    return Value::integer(ocaml_int_max);
}

Result<Value> int_min(Arguments /*none*/) {
    return Value::integer(ocaml_int_min);
}

Result<Value> infinity(Arguments /*none*/) {
    return Value::real(std::numeric_limits<double>::infinity());
}

constexpr std::array builtins = {
    Builtin{"length", "'m -> int", false, length},
    Builtin{"List.length", "'a list -> int", false, length},
    Builtin{"Array.length", "'a list -> int", false, length},
    Builtin{"Seq.length", "'a list -> int", false, length},
    Builtin{"Sequence.length", "'a list -> int", false, length},
    Builtin{"String.length", "string -> int", false, length},
    Builtin{"List.nth", "'a list -> int -> 'a", false, nth},
    Builtin{"Array.get", "'a list -> int -> 'a", false, nth},
    Builtin{"Sequence.get", "'a list -> int -> 'a", false, nth},
    Builtin{"String.get", "string -> int -> char", false, nth},
    Builtin{"String.contains", "string -> char -> bool", false, contains},
    Builtin{"List.mem", "'a -> 'a list -> bool", true, has},
    Builtin{"Array.mem", "'a -> 'a list -> bool", true, has},
    Builtin{"Sequence.mem", "'a -> 'a list -> bool", true, has},
    Builtin{"List.hd", "'a list -> 'a", false, head},
    Builtin{"List.tl", "'a list -> 'a list", false, tail},
    Builtin{"List.rev", "'a list -> 'a list", false, reversed},
    Builtin{"Sequence.hd", "'a list -> 'a", false, head},
    Builtin{"Sequence.tl", "'a list -> 'a list", false, tail},
    Builtin{"Sequence.rev", "'a list -> 'a list", false, reversed},
    Builtin{"Option.is_some", "'a option -> bool", false, is_some},
    Builtin{"Option.is_none", "'a option -> bool", false, is_none},
    Builtin{"Option.get", "'a option -> 'a", false, get},
    Builtin{"fst", "('a * 'b) -> 'a", false, first},
    Builtin{"snd", "('a * 'b) -> 'b", false, second},
    Builtin{"abs", "int -> int", false, absolute},
    Builtin{"succ", "int -> int", false, successor},
    Builtin{"pred", "int -> int", false, predecessor},
    Builtin{"min", "'o -> 'o -> 'o", false, smaller},
    Builtin{"max", "'o -> 'o -> 'o", false, larger},
    Builtin{"float_of_int", "int -> float", false, to_real},
    Builtin{"Float.of_int", "int -> float", false, to_real},
    Builtin{"int_of_float", "float -> int", false, to_integer},
    Builtin{"Float.to_int", "float -> int", false, to_integer},
    Builtin{"Float.abs", "float -> float", false, real_absolute},
    Builtin{"abs_float", "float -> float", false, real_absolute},
    Builtin{"sqrt", "float -> float", false, root},
    Builtin{"Float.is_nan", "float -> bool", false, is_nan},
    Builtin{"max_int", "int", false, int_max},
    Builtin{"min_int", "int", false, int_min},
    Builtin{"Int.max_int", "int", false, int_max},
    Builtin{"Int.min_int", "int", false, int_min},
    Builtin{"infinity", "float", false, infinity},
};
} // namespace

const Builtin* find_builtin(std::string_view name) noexcept {
    const auto* const found = std::ranges::find(builtins, name, &Builtin::name);
    return found == builtins.end() ? nullptr : found;
}

std::unexpected<Error> overflow(std::string_view where) {
    return fail(Errc::limit_exceeded, "overflow: " + std::string(where) + " leaves 64 bits");
}

int compare_ordered(const Value& a, const Value& b) noexcept {
    if (a.is(Value::Kind::text)) {
        const int order = a.as_text().compare(b.as_text());
        return order < 0 ? -1 : static_cast<int>(order > 0);
    }
    if (!a.is(Value::Kind::real))
        return a.as_integer() < b.as_integer() ? -1
                                               : static_cast<int>(a.as_integer() > b.as_integer());
    if (a.as_real() < b.as_real()) return -1;
    if (a.as_real() > b.as_real()) return 1;
    return a.as_real() == b.as_real() ? 0 : 2;
}

Result<Value> item_at(const Value& of, const Value& place) {
    const auto size = length_of(of);
    const auto at = place.as_integer();
    if (at < 0 || static_cast<std::uint64_t>(at) >= size)
        return fail(Errc::invalid_argument,
                    "index " + std::to_string(at) + " of " + std::to_string(size) + " items");
    const auto index = static_cast<std::size_t>(at);
    if (of.is(Value::Kind::text))
        return Value::character(static_cast<unsigned char>(of.as_text()[index]));
    return of.items()[index];
}

} // namespace torgo::gospel
