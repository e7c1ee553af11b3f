#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace torgo {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using ByteSpan = std::span<std::uint8_t>;

/// The bytes of a string, for labels and names.
inline ByteView as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The same bytes seen as characters; not necessarily UTF-8.
inline std::string_view as_text(ByteView bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline constexpr std::size_t operator""_KiB(unsigned long long n) {
    return n << 10U;
}
inline constexpr std::size_t operator""_MiB(unsigned long long n) {
    return n << 20U;
}
inline constexpr std::size_t operator""_GiB(unsigned long long n) {
    return n << 30U;
}

} // namespace torgo
