#include "peer/base64url.hpp"

#include <cstdint>

namespace torgo::peer {

namespace {
constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr unsigned digit_bits = 6;
} // namespace

std::string to_base64url(ByteView bytes) {
    std::string out;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const auto byte : bytes) {
        held = (held << 8U) | byte;
        for (bits += 8; bits >= digit_bits; bits -= digit_bits)
            out.push_back(alphabet[(held >> (bits - digit_bits)) & 0x3FU]);
    }
    if (bits > 0) out.push_back(alphabet[(held << (digit_bits - bits)) & 0x3FU]);
    return out;
}

Result<Bytes> from_base64url(std::string_view text) {
    Bytes out;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos)
            return fail(Errc::invalid_argument, "a character that is not of base64url");
        held = (held << digit_bits) | static_cast<std::uint32_t>(digit);
        bits += digit_bits;
        if (bits < 8) continue;
        bits -= 8;
        out.push_back(static_cast<std::uint8_t>(held >> bits));
    }
    if (bits >= digit_bits || (held & ((1U << bits) - 1U)) != 0)
        return fail(Errc::invalid_argument, "base64url that is cut or has needless bits");
    return out;
}

} // namespace torgo::peer
