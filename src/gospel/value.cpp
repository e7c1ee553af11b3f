#include "gospel/value.hpp"

#include "base/ensure.hpp"
#include "base/utf8_cut.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace torgo::gospel {

namespace {
constexpr std::size_t text_weight_bytes = 64;

std::string escaped_character(unsigned char c) {
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\t':
        return "\\t";
    case '\r':
        return "\\r";
    default:
        break;
    }
    if (c >= 0x20 && c != 0x7F) return std::string(1, static_cast<char>(c));
    return {'\\', static_cast<char>('0' + c / 100), static_cast<char>('0' + c / 10 % 10),
            static_cast<char>('0' + c % 10)};
}

void print_to(std::string& out, const Value& value, std::size_t limit);

void print_text(std::string& out, std::string_view bytes, std::size_t limit) {
    out += '"';
    for (const char c : bytes) {
        if (out.size() > limit) return;
        out += escaped_character(static_cast<unsigned char>(c));
    }
    out += '"';
}

std::string print_character(unsigned char c) {
    if (c == '\'') return "'\\''";
    if (c == '"') return "'\"'";
    if (c < 0x80) return "'" + escaped_character(c) + "'";
    return {'\'',
            '\\',
            static_cast<char>('0' + c / 100),
            static_cast<char>('0' + c / 10 % 10),
            static_cast<char>('0' + c % 10),
            '\''};
}

std::string print_integer(std::int64_t i) {
    return i < 0 ? "(" + std::to_string(i) + ")" : std::to_string(i);
}

/// The shortest digits that give the same float again, with a point, so that it reads as a float.
std::string print_real(double d) {
    if (std::isnan(d)) return "nan";
    if (std::isinf(d)) return d < 0 ? "neg_infinity" : "infinity";
    std::array<char, 40> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), d).ptr;
    std::string out(buffer.data(), end);
    if (out.find_first_of(".e") == std::string::npos) out += '.';
    return std::signbit(d) ? "(" + out + ")" : out;
}

void print_items(std::string& out, const Value& value, std::string_view marks, std::size_t limit) {
    const std::string_view between = value.is(Value::Kind::tuple) ? ", " : "; ";
    out += marks[0];
    for (std::size_t i = 0; i < value.items().size(); ++i) {
        if (out.size() > limit) return;
        if (i > 0) out += between;
        if (value.is(Value::Kind::record)) out += value.names()[i] + " = ";
        print_to(out, value.items()[i], limit);
    }
    out += marks[1];
}

void print_some(std::string& out, const Value& inner, std::size_t limit) {
    const bool nested = inner.is(Value::Kind::some);
    out += nested ? "Some (" : "Some ";
    print_to(out, inner, limit);
    if (nested) out += ')';
}

/// Ends soon after `limit` bytes.
void print_to(std::string& out, const Value& value, std::size_t limit) {
    if (out.size() > limit) return;
    switch (value.kind()) {
    case Value::Kind::unit:
        out += "()";
        break;
    case Value::Kind::boolean:
        out += value.truth() ? "true" : "false";
        break;
    case Value::Kind::integer:
        out += print_integer(value.as_integer());
        break;
    case Value::Kind::real:
        out += print_real(value.as_real());
        break;
    case Value::Kind::character:
        out += print_character(static_cast<unsigned char>(value.as_integer()));
        break;
    case Value::Kind::text:
        print_text(out, value.as_text(), limit);
        break;
    case Value::Kind::none:
        out += "None";
        break;
    case Value::Kind::some:
        print_some(out, value.items().front(), limit);
        break;
    case Value::Kind::list:
        print_items(out, value, "[]", limit);
        break;
    case Value::Kind::tuple:
        print_items(out, value, "()", limit);
        break;
    case Value::Kind::record:
        print_items(out, value, "{}", limit);
        break;
    case Value::Kind::constructor:
        out += value.as_text();
        break;
    }
}
} // namespace

Value::Value(Kind kind, std::string text)
    : m_kind(kind), m_text(std::make_shared<const std::string>(std::move(text))) {}

Value::Value(Kind kind, List items)
    : m_kind(kind), m_items(std::make_shared<const List>(std::move(items))) {}

Value Value::real(double d) {
    Value out(Kind::real, 0);
    out.m_real = d;
    return out;
}

Value Value::some(Value inner) {
    List one;
    one.push_back(std::move(inner));
    return {Kind::some, std::move(one)};
}

Value Value::record(Names names, List items) {
    ENSURE(names.size() == items.size());
    Value out(Kind::record, std::move(items));
    out.m_names = std::make_shared<const Names>(std::move(names));
    return out;
}

std::string_view Value::as_text() const noexcept {
    return m_text ? std::string_view(*m_text) : std::string_view();
}

const Value::List& Value::items() const noexcept {
    static const List none;
    return m_items ? *m_items : none;
}

const Value::Names& Value::names() const noexcept {
    static const Names none;
    return m_names ? *m_names : none;
}

const Value* Value::field(std::string_view name) const noexcept {
    const auto found = std::ranges::find(names(), name);
    if (found == names().end()) return nullptr;
    return &items()[static_cast<std::size_t>(found - names().begin())];
}

bool operator==(const Value& a, const Value& b) {
    if (a.m_kind != b.m_kind) return false;
    if (a.is(Value::Kind::real)) return a.m_real == b.m_real;
    return a.m_integer == b.m_integer && a.as_text() == b.as_text() && a.names() == b.names() &&
           std::ranges::equal(a.items(), b.items(),
                              [](const Value& x, const Value& y) { return x == y; });
}

std::size_t weight(const Value& value, std::size_t limit) {
    std::size_t out = 1 + value.as_text().size() / text_weight_bytes;
    for (const auto& item : value.items()) {
        if (out >= limit) return limit;
        out += weight(item, limit - out);
    }
    return std::min(out, limit);
}

std::string print(const Value& value) {
    std::string out;
    print_to(out, value, ~std::size_t{0});
    return out;
}

std::string quote(const Value& value) {
    std::string out;
    print_to(out, value, value_quote_bytes_max);
    if (out.size() <= value_quote_bytes_max) return out;
    return std::string(cut_utf8(out, value_quote_bytes_max)) + "…";
}

} // namespace torgo::gospel
