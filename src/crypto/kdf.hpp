#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/secret.hpp"

#include <cstdint>

namespace torgo::crypto {

/// The product uses SHA-512; SHA-256 is what RFC 5869 publishes known answers for.
enum class HkdfHash : std::uint8_t { sha512, sha256 };

/// HKDF-Extract (RFC 5869 2.2): a pseudo-random key as long as the hash (64 bytes for SHA-512).
SecretBytes hkdf_extract(ByteView salt, ByteView input_key, HkdfHash hash = HkdfHash::sha512);

/// HKDF-Expand (RFC 5869 2.3): `size` bytes, 1 to 255 times the hash's length.
SecretBytes hkdf_expand(const SecretBytes& pseudo_random_key, ByteView info, std::size_t size,
                        HkdfHash hash = HkdfHash::sha512);

/// How much work a guess at a pass phrase costs.
struct Argon2Cost {
    std::uint32_t memory_kib = 0;
    std::uint32_t passes = 0;
    std::uint32_t lanes = 0; ///< computed by as many threads where the machine has them

    bool operator==(const Argon2Cost&) const = default;
};

inline constexpr std::uint32_t argon2_memory_kib_max = 4U << 20U; ///< 4 GiB
inline constexpr std::uint32_t argon2_passes_max = 64;
inline constexpr std::uint32_t argon2_lanes_max = 16;
inline constexpr std::size_t argon2_salt_size_min = 8;
inline constexpr std::size_t argon2_salt_size_max = 64;
inline constexpr std::size_t argon2_output_size_min = 4;
inline constexpr std::size_t argon2_output_size_max = 1024;

/// Argon2id version 0x13 (RFC 9106).
///
/// in      `password`, any bytes; `salt`, 8 to 64 bytes; `cost` as read from a key slot, which may
/// be
///         hostile: it is checked before any memory is taken
/// out     `size` bytes
/// errors  `limit_exceeded` over a limit above; `invalid_argument` under what RFC 9106 3.1 allows;
///         `unavailable` when the system has not that much memory
/// cost    `memory_kib` KiB; about 1 s for 1 GiB, 3 passes, 4 lanes on 4 cores
Result<SecretBytes> argon2id(ByteView password, ByteView salt, const Argon2Cost& cost,
                             std::size_t size);

} // namespace torgo::crypto
