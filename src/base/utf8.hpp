#pragma once

#include <cstddef>
#include <string_view>

namespace torgo {

/// One step through bytes that ought to be UTF-8.
struct CodePoint {
    char32_t value = 0;
    std::size_t size = 1; ///< bytes it takes
    bool valid = false;   ///< false: one byte that begins no code point (RFC 3629)
};

/// in   `text`, not empty
CodePoint next_code_point(std::string_view text) noexcept;

bool is_utf8(std::string_view text) noexcept;

} // namespace torgo
