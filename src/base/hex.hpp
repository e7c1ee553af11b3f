#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <string>
#include <string_view>

namespace torgo {

/// Lower-case hexadecimal, two characters a byte.
std::string to_hex(ByteView bytes);

/// The inverse; errors `invalid_argument` on odd length or a character that is no lower-case hex
/// digit (strict, so that every byte string has exactly one spelling).
Result<Bytes> from_hex(std::string_view text);

} // namespace torgo
