#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace torgo::head {

inline constexpr std::size_t max_path = 4096;
inline constexpr std::size_t max_uri = 3 * max_path + 6; ///< every byte as %XX after "dir://"

/// The normal absolute path of a `dir://` URI or of a plain absolute path: no empty or "."
/// component, no slash at the end. Bytes written %XX are decoded in URIs only.
///
/// errors  `invalid_argument` (relative, "..", a zero byte, a host, too long, unknown scheme);
///         `unsupported` for the schemes of later versions
/// source  docs/spec/head.md 2
Result<std::string> dir_path(std::string_view uri);

/// The one spelling of a normal absolute path as a URI; dir_path is its inverse.
std::string dir_uri(std::string_view path);

/// A head's URI as people read it: that of a group without its members.
std::string_view short_uri(std::string_view uri) noexcept;

} // namespace torgo::head
