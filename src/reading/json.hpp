#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// One JSON value (RFC 8259). A parser of our own, because a number's digits must stay as they were
// written: 36.60 is another measurement than 36.6, and a library would give 36.6 for both.
namespace torgo::reading {

inline constexpr std::size_t json_depth_max = 32;
inline constexpr std::size_t json_values_max = 4096; ///< in one document
inline constexpr std::size_t json_size_max = 256 * 1024;

struct Json {
    enum class Type : std::uint8_t { null, boolean, number, string, array, object };

    Type type = Type::null;
    std::string text;          ///< of a string, decoded; of a number, as written; "true" or "false"
    std::vector<Json> items{}; ///< of an array, or the values of an object…
    std::vector<std::string> keys{}; ///< …whose names these are

    /// A member of an object; null where it is none or has no such member.
    const Json* find(std::string_view key) const noexcept;

    /// The text of a member that is a string, or "".
    std::string_view text_of(std::string_view key) const noexcept;

    bool is(Type wanted) const noexcept { return type == wanted; }
};

struct JsonLimits {
    std::size_t depth = json_depth_max;
    std::size_t values = json_values_max;
    std::size_t size = json_size_max;
};

/// Exactly one value and nothing after it. Strict: no names twice, no lone surrogates, no control
/// characters, no invalid UTF-8 in escapes.
///
/// errors  `invalid_argument`, with the byte's position; `limit_exceeded`
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

} // namespace torgo::reading
