#pragma once

// Text read backwards: what the body of a `.mu` file is made of, and the view of it in which a
// person can find every word again (docs/spec/receipt.md 2).

#include "base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace torgo::markup {

inline constexpr std::size_t text_max = 4U << 20U; ///< bytes that are mirrored at once

/// CR LF and CR become LF; nothing else changes.
std::string with_lf(std::string_view text);

/// The Unicode scalar values of each line and the lines themselves in reverse order. Its own
/// inverse: mirror(mirror(x)) is with_lf(x).
///
/// errors  `corrupt` naming line and byte where it is no UTF-8; `limit_exceeded`
/// cost    a few ns a byte
Result<std::string> mirror(std::string_view text);

/// Each word reversed where it stands ("Vitals" gives "slatiV"); all between words stays. Its own
/// inverse too. For a person's eye, never stored.
/// errors  as mirror
Result<std::string> mirror_words(std::string_view text);

} // namespace torgo::markup
