// SPDX-License-Identifier: MIT
// Matches one path component against a pattern with *, ? and [..] (docs/spec/excludes.md 3).
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::source {

/// One character of a name and the bytes it takes: a code point where the bytes there are valid
/// UTF-8, else a single byte as `not_unicode` + its value.
struct Character {
    std::uint32_t value = 0;
    std::size_t size = 1;
};

inline constexpr std::uint32_t not_unicode = 0x110000;

Character character_at(std::string_view text, std::size_t at) noexcept;

class Glob {
public:
    /// `component` is not empty and holds no '/'. Errors: `invalid_argument`.
    static Result<Glob> parse(std::string_view component);

    /// At most |pattern| * |name| steps.
    bool matches(std::string_view name) const noexcept;

    /// Whether it matches one name only, which is `text()`.
    bool is_literal() const noexcept { return m_shape == Shape::literal; }

    const std::string& text() const noexcept { return m_text; }

private:
    enum class Shape : std::uint8_t { literal, anything, ends_with, general };

    struct Range {
        std::uint32_t first;
        std::uint32_t last;
    };

    struct Token {
        enum class Kind : std::uint8_t { one_of, none_of, any_one, any_run };

        Kind kind;
        std::vector<Range> ranges;

        bool takes(std::uint32_t character) const noexcept;
    };

    class Parser;
    bool matches_tokens(std::string_view name) const noexcept;

    Shape m_shape = Shape::general;
    std::string m_text; ///< of a literal, or the end that ends_with asks for
    std::vector<Token> m_tokens;
};

} // namespace torgo::source
