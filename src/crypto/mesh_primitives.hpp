#pragma once

// What Bluetooth Mesh is made of and nothing else of TORGO uses: AES-128 with 32- or 64-bit tags
// and P-256. Not quantum-safe: what must stay secret travels inside an envelope of TORGO's own.

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace torgo::crypto {

using Block128 = std::array<std::uint8_t, 16>;

/// AES-128 in one direction with its expanded key kept: a flooding network opens each packet many
/// times under few keys. Any number of threads may use one.
class Aes128 {
public:
    static constexpr std::size_t block_size = 16;

    /// The key of zeros.
    Aes128();
    explicit Aes128(std::span<const std::uint8_t, 16> key);
    Aes128(const Aes128&) = default;
    Aes128& operator=(const Aes128&) = default;
    ~Aes128();

    Block128 encrypt(const Block128& block) const;

    /// Encrypts `count` blocks one by one (ECB); `in` and `out` may be the same.
    /// cost    AES instructions: some 15 ns the first, 4 ns each further one
    void encrypt(const std::uint8_t* in, std::uint8_t* out, std::size_t count) const;

    /// The key itself.
    std::span<const std::uint8_t, 16> key() const noexcept {
        return std::span<const std::uint8_t, 16>(m_round_keys.data(), 16);
    }

private:
    static constexpr std::size_t rounds = 11;
    alignas(16) std::array<std::uint8_t, rounds * block_size> m_round_keys{};
};

/// AES-CMAC (RFC 4493) of the parts one after another.
Block128 aes_cmac(const Aes128& key, std::initializer_list<ByteView> parts);

using CcmNonce = std::array<std::uint8_t, 13>;

/// AES-CCM (RFC 3610, L = 2): `out` gets the ciphertext and then a tag of `tag_size` bytes.
///
/// in      `tag_size` 4 or 8; `plain` and `extra` below 65,280 bytes; `out` exactly plain + tag;
/// may
///         begin where `plain` does
void ccm_seal(const Aes128& key, const CcmNonce& nonce, ByteView extra, ByteView plain,
              std::size_t tag_size, ByteSpan out);

/// The inverse; false, and `out` wiped, when the tag does not fit.
///
/// in      `sealed` at least tag_size bytes, `out` exactly sealed - tag; may begin where `sealed`
/// does
bool ccm_open(const Aes128& key, const CcmNonce& nonce, ByteView extra, ByteView sealed,
              std::size_t tag_size, ByteSpan out);

/// True when the processor's AES instructions are used and agree with OpenSSL; tried once.
bool fast_aes128_usable();

/// ECDH on NIST P-256. Both halves in the form that Mesh sends: 32 bytes of the private number, 64
/// of the point (X, then Y), all big-endian.
struct P256 {
    static constexpr std::size_t private_size = 32;
    static constexpr std::size_t public_size = 64;
    using PrivateKey = std::array<std::uint8_t, private_size>;
    using PublicKey = std::array<std::uint8_t, public_size>;
    using Shared = std::array<std::uint8_t, 32>;

    /// Whether the bytes are a usable private number: from 1 to the order less 1.
    static bool is_private(const PrivateKey& key);

    /// Errors: `invalid_argument` where is_private() is false.
    static Result<PublicKey> public_of(const PrivateKey& key);

    /// The X coordinate of the shared point. Errors: `invalid_argument` where is_private() is
    /// false; `authentication` where `theirs` is no point of the curve.
    static Result<Shared> agree(const PrivateKey& mine, const PublicKey& theirs);
};

} // namespace torgo::crypto
