#pragma once

#include "gospel/tree.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::gospel {

inline constexpr std::size_t interface_bytes_max = 256 * 1024;
inline constexpr std::size_t comment_depth_max = 32;
inline constexpr std::size_t diagnostics_max = 64;

struct Position {
    std::size_t line = 1;
    std::size_t column = 1; ///< in bytes

    friend bool operator==(const Position&, const Position&) = default;
};

Position locate(std::string_view text, Offset at) noexcept;

/// An error means that what it is about is not understood; a note that it is understood and not
/// checked.
struct Diagnostic {
    enum class Severity : std::uint8_t { error, note };

    Severity severity = Severity::error;
    Position position{};
    std::string text{};
};

struct Fault {
    Offset at = 0;
    std::string text{};
};

enum class TokenKind : std::uint8_t {
    end,
    lower,    ///< a name or keyword; `text` as written
    upper,    ///< a constructor or module
    variable, ///< `'a`; text without the quote
    label,    ///< `~x`; text without the mark
    option,   ///< `?x`
    integer,  ///< digits without underscores and suffix
    real,
    text,      ///< decoded
    character, ///< decoded, one byte
    symbol,
    contract, ///< `(*@ … *)`: the text between the marks, and `at` where that begins
    document  ///< `(** … *)`
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::string text{};
    Offset at = 0;
    Offset end = 0;
};

/// Tokens of `text` from `begin` to `end`, the last of kind `end`; offsets count from the text's
/// start. Plain comments are passed over; they nest, and strings in them are strings.
///
/// errors  a Fault instead: an unknown character, a comment or string without end, a number that no
///         OCaml knows
std::optional<Fault> tokenize(std::string_view text, Offset begin, Offset end,
                              std::vector<Token>& tokens);

} // namespace torgo::gospel
