#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <string>
#include <string_view>

namespace torgo::peer {

/// RFC 4648 section 5 without padding.
std::string to_base64url(ByteView bytes);

/// The inverse; every byte string has exactly one spelling. errors  `invalid_argument`
Result<Bytes> from_base64url(std::string_view text);

} // namespace torgo::peer
