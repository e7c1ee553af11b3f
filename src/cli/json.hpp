#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::cli {

/// A JSON string in quotes; bytes that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view raw);

/// One JSON object on one line, its members in the order they were added (docs/spec/cli.md 4). Two
/// members of one key are a mistake that ends the program.
class Json {
public:
    Json() = default;

    /// Starts with "message_type".
    explicit Json(std::string_view message_type) { text("message_type", message_type); }

    /// A string. Where `raw` is no UTF-8 a second member `key_hex` holds its exact bytes.
    Json& text(std::string_view key, std::string_view raw);
    /// An array of strings; `key_hex` holds all of them when any one is no UTF-8.
    Json& texts(std::string_view key, const std::vector<std::string>& raw);
    Json& number(std::string_view key, std::uint64_t value);
    Json& signed_number(std::string_view key, std::int64_t value);
    /// At most six digits after the point; never "nan" or "inf": those become null.
    Json& real(std::string_view key, double value);
    Json& flag(std::string_view key, bool value);
    Json& object(std::string_view key, const Json& value);
    Json& objects(std::string_view key, const std::vector<Json>& values);

    /// A member that is JSON already, on one line.
    Json& json(std::string_view key, std::string_view value) { return raw_member(key, value); }

    std::string line() const { return "{" + m_members + "}"; }

private:
    Json& raw_member(std::string_view key, std::string_view value);

    std::vector<std::string> m_keys; ///< each is there once
    std::string m_members;
};

} // namespace torgo::cli
