#pragma once

#include "base/id.hpp"
#include "crypto/secret.hpp"

#include <cstdint>

namespace torgo::envelope {

inline constexpr std::size_t shared_secret_size = 32;

/// What a sensor and its gateway were given when they were made known to each other.
struct Provision {
    std::uint64_t sensor = 0;   ///< the sensor's number, which its gateway knows no other by
    Digest gateway_key;         ///< SHA-256 of the gateway's ML-KEM-1024 public key
    crypto::SecretBytes secret; ///< 32 bytes, of this sensor and gateway alone
};

/// The keys of one sensor and one epoch (docs/spec/mesh-envelope.md 3). Each is used in one
/// direction, with one size of tag.
struct EpochKeys {
    crypto::SecretBytes short_up;
    crypto::SecretBytes short_down;
    crypto::SecretBytes long_up;
    crypto::SecretBytes long_down;
    crypto::SecretBytes confirm_up;
    crypto::SecretBytes confirm_down;
    crypto::SecretBytes next_secret; ///< takes the place of Provision::secret

    EpochKeys copy() const;
};

/// [ENVELOPE-10]
EpochKeys derive_keys(const Provision& provision, std::uint32_t epoch, ByteView ciphertext,
                      const crypto::SecretBytes& kem_secret);

} // namespace torgo::envelope
