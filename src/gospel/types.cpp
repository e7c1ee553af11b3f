#include "gospel/types.hpp"

#include <algorithm>
#include <array>

namespace torgo::gospel {

namespace {
using Kind = TypeNode::Kind;

constexpr std::array<std::string_view, 6> simple_names = {"int",    "float", "bool",
                                                          "string", "char",  "unit"};

bool is_named(Kind kind) noexcept {
    return kind == Kind::record || kind == Kind::variant || kind == Kind::opaque;
}

std::unexpected<Error> not_a(const Types& types, TypeId type, const Value& value) {
    return fail(Errc::invalid_argument, quote(value) + " is no " + types.print(type));
}

Result<Value> fit_simple(const Types& types, TypeId type, const Value& value) {
    using enum Value::Kind;
    const auto size = value.as_text().size();
    switch (types.kind(type)) {
    case Kind::integer:
        if (value.is(integer)) return value;
        break;
    case Kind::real:
        if (value.is(real)) return value;
        if (value.is(integer)) return Value::real(static_cast<double>(value.as_integer()));
        break;
    case Kind::boolean:
        if (value.is(boolean)) return value;
        break;
    case Kind::text:
        if (value.is(text)) return value;
        break;
    case Kind::character:
        if (value.is(character)) return value;
        if (value.is(text) && size == 1)
            return Value::character(static_cast<unsigned char>(value.as_text()[0]));
        break;
    default:
        if (value.is(unit) || value.is(none)) return Value();
        break;
    }
    return not_a(types, type, value);
}

Result<Value> fit_items(const Types& types, TypeId type, const Value& value) {
    const auto& node = types.node(type);
    const bool tuple = node.kind == Kind::tuple;
    if (!value.is(Value::Kind::list) && !(tuple && value.is(Value::Kind::tuple)))
        return not_a(types, type, value);
    if (tuple && value.items().size() != node.parts.size()) return not_a(types, type, value);
    Value::List items;
    items.reserve(value.items().size());
    for (std::size_t i = 0; i < value.items().size(); ++i) {
        auto item = fit(types, node.parts[tuple ? i : 0], value.items()[i]);
        if (!item)
            return std::unexpected(std::move(item).error().with("item " + std::to_string(i)));
        items.push_back(*std::move(item));
    }
    return tuple ? Value::tuple(std::move(items)) : Value::list(std::move(items));
}

Result<Value> fit_record(const Types& types, TypeId type, const Value& value) {
    if (!value.is(Value::Kind::record)) return not_a(types, type, value);
    const auto& node = types.node(type);
    Value::List items;
    for (std::size_t i = 0; i < node.names.size(); ++i) {
        const auto* const given = value.field(node.names[i]);
        if (given == nullptr && types.kind(node.parts[i]) != Kind::option)
            return fail(Errc::invalid_argument, "the field `" + node.names[i] + "` is missing");
        auto item = fit(types, node.parts[i], given == nullptr ? Value::none() : *given);
        if (!item)
            return std::unexpected(std::move(item).error().with("field `" + node.names[i] + "`"));
        items.push_back(*std::move(item));
    }
    return Value::record(node.names, std::move(items));
}

Result<Value> fit_option(const Types& types, TypeId type, const Value& value) {
    if (value.is(Value::Kind::none)) return value;
    const auto& inner = value.is(Value::Kind::some) ? value.items().front() : value;
    TRY(auto fitted, fit(types, types.node(type).parts[0], inner));
    return Value::some(std::move(fitted));
}

Result<Value> fit_variant(const Types& types, TypeId type, const Value& value) {
    const bool named = value.is(Value::Kind::text) || value.is(Value::Kind::constructor);
    if (!named || !std::ranges::contains(types.node(type).names, value.as_text()))
        return not_a(types, type, value);
    return Value::constructor(std::string(value.as_text()));
}
} // namespace

TypeNode::Kind literal_kind(const Value& literal) noexcept {
    switch (literal.kind()) {
    case Value::Kind::boolean:
        return Kind::boolean;
    case Value::Kind::integer:
        return Kind::integer;
    case Value::Kind::real:
        return Kind::real;
    case Value::Kind::text:
        return Kind::text;
    case Value::Kind::character:
        return Kind::character;
    default:
        return Kind::unit;
    }
}
Types::Types() {
    for (std::size_t kind = 0; kind < simple_names.size(); ++kind)
        m_nodes.push_back({.kind = static_cast<Kind>(kind)});
}

TypeId Types::add(TypeNode node) {
    m_nodes.push_back(std::move(node));
    return static_cast<TypeId>(m_nodes.size() - 1);
}

void Types::complete(TypeId record, std::vector<std::string> names, std::vector<TypeId> parts) {
    m_nodes[record].names = std::move(names);
    m_nodes[record].parts = std::move(parts);
}

TypeId Types::tuple(std::vector<TypeId> parts) {
    return add({.kind = Kind::tuple, .parts = std::move(parts)});
}

TypeId Types::resolve(TypeId id) const noexcept {
    while (m_nodes[id].bound)
        id = *m_nodes[id].bound;
    return id;
}

bool Types::contains(TypeId in, TypeId variable) {
    ++m_work;
    if (exhausted()) return true;
    in = resolve(in);
    if (in == variable) return true;
    // A named type stands for itself: its parts hold no variables.
    if (is_named(m_nodes[in].kind)) return false;
    return std::ranges::any_of(m_nodes[in].parts,
                               [&](TypeId part) { return contains(part, variable); });
}

bool Types::unify(TypeId a, TypeId b) {
    ++m_work;
    if (exhausted()) return false;
    a = resolve(a);
    b = resolve(b);
    if (a == b) return true;
    if (m_nodes[a].kind != Kind::variable) std::swap(a, b);
    if (m_nodes[a].kind == Kind::variable) {
        if (contains(b, a)) return false;
        m_nodes[a].bound = b;
        return true;
    }
    const auto& left = m_nodes[a];
    const auto& right = m_nodes[b];
    // Records, variants and opaque types are equal only to themselves.
    if (left.kind != right.kind || left.parts.size() != right.parts.size() || is_named(left.kind))
        return false;
    for (std::size_t i = 0; i < left.parts.size(); ++i)
        if (!unify(m_nodes[a].parts[i], m_nodes[b].parts[i])) return false;
    return true;
}

std::string Types::print(TypeId id, std::size_t depth) const {
    if (++depth > type_print_depth_max) return "…";
    const auto& type = node(id);
    switch (type.kind) {
    case Kind::list:
        return print(type.parts[0], depth) + " list";
    case Kind::option:
        return print(type.parts[0], depth) + " option";
    case Kind::record:
    case Kind::variant:
    case Kind::opaque:
        return type.name;
    case Kind::variable:
        return "_";
    case Kind::tuple:
        break;
    default:
        return std::string(simple_names[static_cast<std::size_t>(type.kind)]);
    }
    std::string out;
    for (const auto part : type.parts)
        out += (out.empty() ? "" : " * ") + print(part, depth);
    return "(" + out + ")";
}

Result<Value> fit(const Types& types, TypeId type, const Value& value) {
    switch (types.kind(type)) {
    case Kind::list:
    case Kind::tuple:
        return fit_items(types, type, value);
    case Kind::option:
        return fit_option(types, type, value);
    case Kind::record:
        return fit_record(types, type, value);
    case Kind::variant:
        return fit_variant(types, type, value);
    case Kind::opaque:
    case Kind::variable:
        return value;
    default:
        return fit_simple(types, type, value);
    }
}

} // namespace torgo::gospel
