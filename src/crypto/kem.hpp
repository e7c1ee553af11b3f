#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/secret.hpp"

#include <memory>

// ML-KEM-1024 (FIPS 203): who knows a public key makes a secret that only the holder of the private
// key can learn from the ciphertext.
namespace torgo::crypto {

inline constexpr std::size_t kem_seed_size = 64; ///< d || z
inline constexpr std::size_t kem_public_key_size = 1568;
inline constexpr std::size_t kem_ciphertext_size = 1568;
inline constexpr std::size_t kem_entropy_size = 32; ///< m
inline constexpr std::size_t kem_secret_size = 32;

struct Encapsulated {
    Bytes ciphertext;
    SecretBytes secret;
};

/// A private key, made from its seed.
class KemKey {
public:
    /// Errors: `invalid_argument` for a seed of the wrong size.
    static Result<KemKey> from_seed(const SecretBytes& seed);

    KemKey(KemKey&&) noexcept;
    KemKey& operator=(KemKey&&) noexcept;
    ~KemKey();

    Bytes public_key() const;

    /// The secret of a ciphertext. One that was tampered with gives another secret, not an error
    /// (implicit rejection): whoever uses it must have it confirmed.
    ///
    /// errors  `invalid_argument` for a wrong size
    /// cost    0.1 ms
    Result<SecretBytes> decapsulate(ByteView ciphertext) const;

private:
    struct State;
    explicit KemKey(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

/// Makes a secret for the holder of `public_key` out of 32 unpredictable bytes, which must be used
/// once only.
///
/// errors  `invalid_argument` for a public key that is none, or entropy of the wrong size
Result<Encapsulated> encapsulate(ByteView public_key, const SecretBytes& entropy);

} // namespace torgo::crypto
