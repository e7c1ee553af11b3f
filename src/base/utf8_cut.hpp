#pragma once

#include <cstddef>
#include <string_view>

namespace torgo {

/// The first bytes of a text, at most `size_max` of them, cut before a character and not within it.
/// What is no UTF-8 loses at most three bytes by that.
constexpr std::string_view cut_utf8(std::string_view text, std::size_t size_max) noexcept {
    constexpr std::size_t continuations_max = 3; // of one character (RFC 3629)
    if (text.size() <= size_max) return text;
    const auto continues = [&](std::size_t at) {
        return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    };
    auto end = size_max;
    while (end > 0 && size_max - end < continuations_max && continues(end))
        --end;
    return text.substr(0, continues(end) ? size_max : end);
}

} // namespace torgo
