#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Bytes as words that can be said and typed: sixteen bits are five letters, consonant-vowel-
/// consonant-vowel-consonant. source  arXiv:0901.4016 (Wilkerson 2009)
namespace torgo::cli {

/// The word of sixteen bits: 0x7F00 is "lusab".
std::string proquint(std::uint16_t bits);

/// The inverse, in either case; nothing for what is no such word.
std::optional<std::uint16_t> from_proquint(std::string_view word);

/// One word for each two bytes, most significant first. in  an even number of bytes
std::vector<std::string> proquints(ByteView bytes);

} // namespace torgo::cli
