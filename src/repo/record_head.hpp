#pragma once

#include "base/codec.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <string_view>

namespace torgo::repo {

/// What a record begins with: letters that name its kind, and a version.
///
/// in      `what`: "a batch", for people
/// errors  `corrupt` for another kind, `unsupported` for another version
Result<> read_head(Reader& in, std::string_view magic, std::uint8_t version, std::string_view what);

} // namespace torgo::repo
