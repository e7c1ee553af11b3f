#include "reading/json.hpp"

#include "gospel/value.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace torgo::gospel {

namespace {
using reading::Json;

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
        const auto exponent = digits.find_first_of("eE");
        const bool tiny = exponent != std::string::npos && digits[exponent + 1] == '-';
        if (!tiny) return fail(Errc::limit_exceeded, digits + " is no finite float");
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
        return json_string(std::string(1, static_cast<char>(value.as_integer())));
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
