// base32(key | checksum | version): 35 bytes are 56 characters without padding.
#include "tor/onion_address.hpp"

#include "crypto/hash.hpp"

#include <algorithm>

namespace torgo::tor {

namespace {

constexpr std::string_view suffix = ".onion";
constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t key_size = 32;
constexpr std::size_t checksum_size = 2;
constexpr std::size_t decoded_size = key_size + checksum_size + 1;
constexpr std::size_t encoded_size = decoded_size * 8 / 5;
constexpr std::uint8_t version = 3;

using Decoded = std::array<std::uint8_t, decoded_size>;

std::string encode(const Decoded& bytes) {
    std::string out;
    unsigned bits = 0;
    unsigned count = 0;
    for (const auto byte : bytes) {
        bits = (bits << 8U | byte) & 0xFFFU;
        for (count += 8; count >= 5; count -= 5)
            out += alphabet[bits >> (count - 5) & 31U];
    }
    return out;
}

Result<Decoded> decode(std::string_view text) {
    if (text.size() != encoded_size)
        return fail(Errc::invalid_argument, "an onion address has 56 characters");
    Decoded out{};
    std::size_t size = 0;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos)
            return fail(Errc::invalid_argument, "no character of an onion address");
        bits = (bits << 5U | static_cast<unsigned>(value)) & 0xFFFU;
        count += 5;
        if (count < 8) continue;
        count -= 8;
        out[size++] = static_cast<std::uint8_t>(bits >> count);
    }
    return out;
}

Decoded with_checksum(const std::array<std::uint8_t, key_size>& key) {
    Bytes text;
    const auto label = as_bytes(".onion checksum");
    text.insert(text.end(), label.begin(), label.end());
    text.insert(text.end(), key.begin(), key.end());
    text.push_back(version);
    const auto hash = crypto::sha3_256(text);
    Decoded out{};
    std::ranges::copy(key, out.begin());
    std::copy_n(hash.begin(), checksum_size, out.begin() + key_size);
    out.back() = version;
    return out;
}

} // namespace

Result<OnionAddress> OnionAddress::parse(std::string_view host) {
    if (!host.ends_with(suffix)) return fail(Errc::invalid_argument, "no onion address");
    return parse_service_id(host.substr(0, host.size() - suffix.size()));
}

Result<OnionAddress> OnionAddress::parse_service_id(std::string_view id) {
    TRY(const auto decoded, decode(id));
    if (decoded.back() != version)
        return fail(Errc::invalid_argument, "an onion address of another version than 3");
    OnionAddress out;
    std::copy_n(decoded.begin(), key_size, out.key.begin());
    if (with_checksum(out.key) != decoded)
        return fail(Errc::invalid_argument, "an onion address with a wrong checksum");
    return out;
}

std::string OnionAddress::service_id() const {
    return encode(with_checksum(key));
}

std::string OnionAddress::host() const {
    return service_id() + std::string(suffix);
}

} // namespace torgo::tor
