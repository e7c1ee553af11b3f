#include "index/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#    include <nmmintrin.h>
#endif

namespace torgo::index {

namespace {

constexpr std::uint32_t polynomial = 0x82F63B78;

/// tables[0] is the remainder of a byte, tables[k] that of a byte with k zero bytes after it.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        auto rest = byte;
        for (int bit = 0; bit < 8; ++bit)
            rest = (rest >> 1U) ^ ((rest & 1U) != 0 ? polynomial : 0);
        tables[0][byte] = rest;
    }
    for (std::size_t k = 1; k < tables.size(); ++k)
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const auto rest = tables[k - 1][byte];
            tables[k][byte] = (rest >> 8U) ^ tables[0][rest & 0xFFU];
        }
    return tables;
}

constexpr Tables tables = make_tables();

#if defined(__x86_64__)
[[gnu::target("sse4.2")]]
std::uint32_t crc32c_sse(ByteView bytes, std::uint32_t before) noexcept {
    std::uint64_t rest = ~before;
    while (bytes.size() >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        rest = _mm_crc32_u64(rest, word);
        bytes = bytes.subspan(sizeof word);
    }
    auto last = static_cast<std::uint32_t>(rest);
    for (const auto byte : bytes)
        last = _mm_crc32_u8(last, byte);
    return ~last;
}
#endif

using Function = std::uint32_t (*)(ByteView, std::uint32_t) noexcept;

Function best() noexcept {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2") != 0) return crc32c_sse;
#endif
    return crc32c_portable;
}

} // namespace

std::uint32_t crc32c_portable(ByteView bytes, std::uint32_t before) noexcept {
    auto rest = ~before;
    while (bytes.size() >= 8) {
        const auto low =
            rest ^ (bytes[0] | (std::uint32_t{bytes[1]} << 8U) | (std::uint32_t{bytes[2]} << 16U) |
                    (std::uint32_t{bytes[3]} << 24U));
        rest = tables[7][low & 0xFFU] ^ tables[6][(low >> 8U) & 0xFFU] ^
               tables[5][(low >> 16U) & 0xFFU] ^ tables[4][low >> 24U] ^ tables[3][bytes[4]] ^
               tables[2][bytes[5]] ^ tables[1][bytes[6]] ^ tables[0][bytes[7]];
        bytes = bytes.subspan(8);
    }
    for (const auto byte : bytes)
        rest = (rest >> 8U) ^ tables[0][(rest ^ byte) & 0xFFU];
    return ~rest;
}

std::uint32_t crc32c(ByteView bytes, std::uint32_t before) noexcept {
    static const Function function = best();
    return function(bytes, before);
}

} // namespace torgo::index
