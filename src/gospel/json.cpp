#include "reading/json.hpp"

#include "gospel/value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace torgo::gospel {

namespace {
using reading::Json;

/// Whether a number that no float holds is too small and not too large: what its first digit that
/// is not 0 stands for, times its power of ten.
bool is_tiny(std::string_view digits) {
    const auto exponent_at = std::min(digits.find_first_of("eE"), digits.size());
    const auto mantissa = digits.substr(0, exponent_at);
    const auto point = std::min(mantissa.find('.'), mantissa.size());
    const auto first = std::min(mantissa.find_first_of("123456789"), mantissa.size());
    auto magnitude = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    if (exponent_at == digits.size()) return magnitude <= 0;
    auto power = digits.substr(exponent_at + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    std::int64_t exponent = 0;
    const auto read = std::from_chars(power.data(), power.data() + power.size(), exponent);
    // No mantissa within value_json_size_max makes up for a power outside 64 bits.
    constexpr auto far = std::int64_t{1} << 40U;
    if (read.ec != std::errc()) exponent = power.starts_with('-') ? -far : far;
    magnitude += std::clamp(exponent, -far, far);
    return magnitude <= 0;
}

Result<Value> of_number(const std::string& digits) {
    const char* const end = digits.data() + digits.size();
    if (digits.find_first_of(".eE") == std::string::npos) {
        std::int64_t integer = 0;
        if (std::from_chars(digits.data(), end, integer).ec != std::errc())
            return fail(Errc::limit_exceeded, digits + " is outside 64 bits");
        return Value::integer(integer);
    }
    double real = 0;
    const auto read = std::from_chars(digits.data(), end, real);
    // Digits too small for a float are zero to it; digits too large have no float.
    if (read.ec == std::errc::result_out_of_range) {
        if (!is_tiny(digits)) return fail(Errc::limit_exceeded, digits + " is no finite float");
        real = 0;
    }
    return Value::real(real);
}

Result<Value> of_json(const Json& json) {
    switch (json.type) {
    case Json::Type::null:
        return Value::none();
    case Json::Type::boolean:
        return Value::boolean(json.text == "true");
    case Json::Type::number:
        return of_number(json.text);
    case Json::Type::string:
        return Value::text(json.text);
    case Json::Type::array:
    case Json::Type::object:
        break;
    }
    Value::List items;
    items.reserve(json.items.size());
    for (const auto& item : json.items) {
        TRY(auto value, of_json(item));
        items.push_back(std::move(value));
    }
    if (json.is(Json::Type::array)) return Value::list(std::move(items));
    return Value::record(json.keys, std::move(items));
}

std::string json_string(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') out += '\\';
        if (byte < 0x20)
            out.append("\\u00").append({digits[byte >> 4U], digits[byte & 15U]});
        else
            out += c;
    }
    return out + "\"";
}

/// A character of GOSPEL is a byte; as text it is the code point of that number.
std::string json_character(unsigned char c) {
    if (c < 0x80) return json_string(std::string(1, static_cast<char>(c)));
    constexpr std::string_view digits = "0123456789abcdef";
    return std::string("\"\\u00") + digits[c >> 4U] + digits[c & 15U] + "\"";
}

std::string json_real(double d) {
    if (!std::isfinite(d)) return "null";
    std::array<char, 40> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), d).ptr;
    std::string out(buffer.data(), end);
    if (out.find_first_of(".e") == std::string::npos) out += ".0";
    return out;
}

std::string json_items(const Value& value) {
    const bool record = value.is(Value::Kind::record);
    std::string out(record ? "{" : "[");
    for (std::size_t i = 0; i < value.items().size(); ++i) {
        if (i > 0) out += ',';
        if (record) out += json_string(value.names()[i]) + ":";
        out += json_of_value(value.items()[i]);
    }
    return out + (record ? "}" : "]");
}
} // namespace

Result<Value> value_of_json(std::string_view text) {
    TRY(const auto json, reading::parse_json(text, {.depth = value_json_depth_max,
                                                    .values = value_json_values_max,
                                                    .size = value_json_size_max}));
    return of_json(json);
}

std::string json_of_value(const Value& value) {
    switch (value.kind()) {
    case Value::Kind::unit:
    case Value::Kind::none:
        return "null";
    case Value::Kind::boolean:
        return value.truth() ? "true" : "false";
    case Value::Kind::integer:
        return std::to_string(value.as_integer());
    case Value::Kind::real:
        return json_real(value.as_real());
    case Value::Kind::character:
        return json_character(static_cast<unsigned char>(value.as_integer()));
    case Value::Kind::some:
        return json_of_value(value.items().front());
    case Value::Kind::text:
    case Value::Kind::constructor:
        return json_string(value.as_text());
    case Value::Kind::list:
    case Value::Kind::tuple:
    case Value::Kind::record:
        return json_items(value);
    }
    return "null";
}

} // namespace torgo::gospel
