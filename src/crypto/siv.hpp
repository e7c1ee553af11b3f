#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/secret.hpp"

namespace torgo::crypto {

inline constexpr std::size_t siv_key_size = 64;
inline constexpr std::size_t siv_overhead = 16;
inline constexpr std::size_t siv_plaintext_size_max = 1U << 20U;

/// AES-256-SIV (RFC 5297) for small keys and records: deterministic, no nonce to repeat. `ad` is
/// always exactly one string of S2V, also when empty.
///
/// in      `key` 64 bytes; `plaintext` up to 1 MiB
/// out     16 bytes of synthetic vector, then the ciphertext
/// errors  `invalid_argument` for a wrong key size; `limit_exceeded`
Result<Bytes> siv_seal(const SecretBytes& key, ByteView ad, ByteView plaintext);

/// The inverse. Errors: `authentication` when key, `ad` or bytes do not fit; `invalid_argument`,
/// `limit_exceeded`.
Result<SecretBytes> siv_open(const SecretBytes& key, ByteView ad, ByteView sealed);

} // namespace torgo::crypto
