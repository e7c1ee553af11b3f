#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/secret.hpp"

#include <array>
#include <cstdint>

namespace torgo::crypto {

inline constexpr std::size_t ccm_key_size = 32;
inline constexpr std::size_t ccm_nonce_size = 13;
inline constexpr std::size_t ccm_message_size_max =
    65535; ///< what 13 bytes of nonce leave room for

/// The name is not that of the 128-bit cipher's nonce, which is another thing of the same size.
using Ccm256Nonce = std::array<std::uint8_t, ccm_nonce_size>;

/// AES-256-CCM (NIST SP 800-38C) with 13 bytes of nonce and a tag of 4 or 16 bytes: for messages so
/// small that every byte counts. A nonce must never come twice under one key, and one key must be
/// used with one size of tag.
///
/// in      `key` 32 bytes; `plaintext` 1 to 65535 bytes; `tag_size` 4 or 16
/// out     the ciphertext, then the tag
/// errors  `invalid_argument` for other sizes
Result<Bytes> ccm_seal(const SecretBytes& key, const Ccm256Nonce& nonce, ByteView aad,
                       ByteView plaintext, std::size_t tag_size);

/// The inverse. Errors: `authentication` when key, nonce, `aad` or bytes do not fit, and then no
/// plaintext is left anywhere; `invalid_argument`.
Result<Bytes> ccm_open(const SecretBytes& key, const Ccm256Nonce& nonce, ByteView aad,
                       ByteView sealed, std::size_t tag_size);

} // namespace torgo::crypto
