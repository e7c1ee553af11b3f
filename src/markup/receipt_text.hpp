#pragma once

// The Markdown of a receipt: a front matter, which alone is read, and the same for people.

#include "base/error.hpp"
#include "markup/receipt.hpp"

#include <string>
#include <string_view>

namespace torgo::markup {

inline constexpr std::size_t receipt_text_max = 512U << 10U;

/// The lines between the fences. source  docs/spec/receipt.md 3.1
std::string front_matter(const Receipt& receipt);

/// The whole text. in  what `bounded` gives
std::string write_receipt(const Receipt& receipt);

/// Strict: the front matter must be what front_matter makes of its meaning. The sections for people
/// are not read.
///
/// in      LF, UTF-8
/// errors  `corrupt`, naming the line; `limit_exceeded`; `unsupported` for a later version
Result<Receipt> parse_receipt(std::string_view text);

/// SHA-256 of the text with LF line ends: what the next receipt and the mirror name it by.
Digest hash_of(std::string_view text);

} // namespace torgo::markup
