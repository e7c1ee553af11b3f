#include "cli/json.hpp"

#include "base/ensure.hpp"
#include "base/hex.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace torgo::cli {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

void escape(std::string& out, std::string_view bytes, char32_t value) {
    switch (value) {
    case U'"':
        out += "\\\"";
        return;
    case U'\\':
        out += "\\\\";
        return;
    case U'\n':
        out += "\\n";
        return;
    case U'\r':
        out += "\\r";
        return;
    case U'\t':
        out += "\\t";
        return;
    default:
        break;
    }
    if (value >= 0x20 && value != 0x7F) {
        out += bytes;
        return;
    }
    std::array<char, 8> code{};
    std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(value));
    out += code.data();
}

std::string array(const std::vector<std::string>& items) {
    std::string out = "[";
    for (const auto& item : items)
        out += (out.size() == 1 ? "" : ",") + item;
    return out + "]";
}

} // namespace

std::string json_string(std::string_view raw) {
    std::string out = "\"";
    while (!raw.empty()) {
        const auto point = next_code_point(raw);
        if (point.valid) {
            escape(out, raw.substr(0, point.size), point.value);
        } else {
            out += replacement;
        }
        raw.remove_prefix(point.size);
    }
    return out + "\"";
}

Json& Json::raw_member(std::string_view key, std::string_view value) {
    ENSURE(!std::ranges::contains(m_keys, key)); // which of two counts, readers do not agree
    m_keys.emplace_back(key);
    if (!m_members.empty()) m_members += ",";
    m_members += json_string(key) + ":" + std::string(value);
    return *this;
}

Json& Json::text(std::string_view key, std::string_view raw) {
    raw_member(key, json_string(raw));
    if (!is_utf8(raw)) raw_member(std::string(key) + "_hex", json_string(to_hex(as_bytes(raw))));
    return *this;
}

Json& Json::texts(std::string_view key, const std::vector<std::string>& raw) {
    std::vector<std::string> shown;
    std::vector<std::string> exact;
    for (const auto& item : raw) {
        shown.push_back(json_string(item));
        exact.push_back(json_string(to_hex(as_bytes(item))));
    }
    raw_member(key, array(shown));
    if (!std::ranges::all_of(raw, is_utf8)) raw_member(std::string(key) + "_hex", array(exact));
    return *this;
}

Json& Json::number(std::string_view key, std::uint64_t value) {
    return raw_member(key, std::to_string(value));
}

Json& Json::signed_number(std::string_view key, std::int64_t value) {
    return raw_member(key, std::to_string(value));
}

Json& Json::real(std::string_view key, double value) {
    if (!std::isfinite(value)) return raw_member(key, "null");
    std::array<char, 352> buffer{}; // the longest double has 309 digits before the point
    std::snprintf(buffer.data(), buffer.size(), "%.6f", value);
    std::string text = buffer.data();
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return raw_member(key, text);
}

Json& Json::flag(std::string_view key, bool value) {
    return raw_member(key, value ? "true" : "false");
}

Json& Json::object(std::string_view key, const Json& value) {
    return raw_member(key, value.line());
}

Json& Json::objects(std::string_view key, const std::vector<Json>& values) {
    std::vector<std::string> lines;
    for (const auto& value : values)
        lines.push_back(value.line());
    return raw_member(key, array(lines));
}

} // namespace torgo::cli
