#pragma once

#include <string>
#include <string_view>

// Small grammars that front matter, history and permissions share.
namespace torgo::maml {

/// RFC 3339 with seconds and a zone: "2025-10-27T11:55:00Z". The day must exist.
bool is_moment(std::string_view text) noexcept;

/// "2025-10-27"; the day must exist.
bool is_day(std::string_view text) noexcept;

/// "urn:uuid:" and 8-4-4-4-12 hexadecimal digits (RFC 9562). Version and variant are not looked at:
/// they say how a number was made, not which it is.
bool is_uuid_urn(std::string_view text) noexcept;

/// scheme ":" something, all of it characters that RFC 3986 allows.
bool is_uri(std::string_view text) noexcept;

/// A lower-case word: letter, then letters, digits, "_", "-"; at most 64.
bool is_word(std::string_view text) noexcept;

/// The same letter in lower case; other bytes stay.
char lower(char c) noexcept;
std::string lowered(std::string_view text);

bool is_digit(char c) noexcept;
bool is_letter(char c) noexcept;

} // namespace torgo::maml
