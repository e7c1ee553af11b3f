#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/secret.hpp"

#include <cstdint>
#include <memory>

namespace torgo::crypto {

/// Numbers are stable: they stand in formats.
enum class SignatureScheme : std::uint8_t { ml_dsa_65 = 1, ml_dsa_87 = 2, slh_dsa_sha2_256s = 3 };

struct SignatureSizes {
    std::size_t seed;
    std::size_t public_key;
    std::size_t signature;
};

/// FIPS 204 table 2, FIPS 205 table 2. A seed is xi (ML-DSA) or SK.seed || SK.prf || PK.seed.
constexpr SignatureSizes sizes_of(SignatureScheme scheme) noexcept {
    switch (scheme) {
    case SignatureScheme::ml_dsa_65:
        return {.seed = 32, .public_key = 1952, .signature = 3309};
    case SignatureScheme::ml_dsa_87:
        return {.seed = 32, .public_key = 2592, .signature = 4627};
    case SignatureScheme::slh_dsa_sha2_256s:
        return {.seed = 96, .public_key = 64, .signature = 29792};
    }
    return {};
}

inline constexpr std::size_t signature_context_size_max = 255;

/// Hedged mixes fresh system randomness into each signature (the default of FIPS 204 and 205);
/// deterministic gives the same bytes each time, for simulation and known answers.
enum class SignMode : std::uint8_t { hedged, deterministic };

/// A private key, made from its seed. May be used by several threads at once.
class SigningKey {
public:
    /// Errors: `invalid_argument` for a seed of the wrong size, `unsupported` for an unknown
    /// scheme. cost 0.1 ms (ML-DSA), 50 ms (SLH-DSA).
    static Result<SigningKey> from_seed(SignatureScheme scheme, const SecretBytes& seed);

    SigningKey(SigningKey&&) noexcept;
    SigningKey& operator=(SigningKey&&) noexcept;
    ~SigningKey();

    SignatureScheme scheme() const noexcept;

    Bytes public_key() const;

    /// Signs with a context that says what the message is for ("torgo/pack/1"), at most 255 bytes.
    /// cost 0.5 to 1 ms (ML-DSA), about 0.5 s (SLH-DSA).
    Result<Bytes> sign(ByteView context, ByteView message, SignMode mode = SignMode::hedged) const;

private:
    struct State;
    explicit SigningKey(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

/// Errors: `authentication` for a signature that is wrong in any way, a wrong length included;
/// `invalid_argument` for a public key that is none; `unsupported` for an unknown scheme.
Result<> verify(SignatureScheme scheme, ByteView public_key, ByteView context, ByteView message,
                ByteView signature);

} // namespace torgo::crypto
