#pragma once

// The front matter of receipts and their mirrors: lines `key: "value"` in a fixed order, which any
// YAML parser reads, and of which this one takes its own spelling only. So there is one text for
// one meaning, and nothing of a general YAML parser between a signature and what it signs.

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace torgo::markup {

inline constexpr std::size_t front_matter_max = 64_KiB;
inline constexpr std::string_view fence = "---\n";

/// In double quotes. What moves a cursor, turns the direction of writing or cannot be seen is
/// written as \uXXXX; a byte that is no UTF-8 as U+FFFD.
std::string quoted(std::string_view raw);

/// The inverse for what is UTF-8. errors  `corrupt`
Result<std::string> unquoted(std::string_view text);

/// What lies before and after the fence that ends the front matter.
struct Parts {
    std::string_view front; ///< lines between the fences
    std::string_view body;
};

/// errors  `corrupt` without fences; `limit_exceeded`
Result<Parts> split_front(std::string_view text);

class FieldWriter {
public:
    FieldWriter& text(std::string_view key, std::string_view value);
    FieldWriter& number(std::string_view key, std::uint64_t value);
    FieldWriter& line(std::string_view whole);

    const std::string& lines() const noexcept { return m_lines; }

private:
    std::string m_lines;
};

/// Reads what FieldWriter wrote, line by line. errors  `corrupt`, naming the line
class FieldReader {
public:
    explicit FieldReader(std::string_view lines) : m_rest(lines) {}

    Result<std::string> text(std::string_view key);
    Result<std::uint64_t> number(std::string_view key);

    /// A text through a parser, whose complaint is told with the line.
    template <class Parse>
    auto parsed(std::string_view key, Parse parse) -> decltype(parse(key)) {
        TRY(const auto text, this->text(key));
        auto out = parse(text);
        if (!out) return wrong(out.error().detail());
        return out;
    }

    Result<> line(std::string_view whole);

    /// Whether the next line begins so.
    bool next_is(std::string_view begin) const noexcept { return m_rest.starts_with(begin); }

    /// The next line, whatever it is.
    Result<std::string_view> any();

    Result<> done() const;

    std::unexpected<Error> wrong(std::string_view what) const;

private:
    Result<std::string_view> value(std::string_view key);

    std::string_view m_rest;
    std::size_t m_line = 1; ///< the fence is line 1
};

} // namespace torgo::markup
