#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/kem.hpp"
#include "envelope/keys.hpp"
#include "envelope/wire.hpp"

#include <array>
#include <cstdint>
#include <vector>

// How sensor and gateway come to the keys of an epoch (docs/spec/mesh-envelope.md 3).
namespace torgo::envelope {

inline constexpr std::size_t confirmation_size = 16;
inline constexpr std::size_t offer_size =
    1 + sizeof(std::uint64_t) + crypto::kem_ciphertext_size + confirmation_size;
inline constexpr std::size_t answer_size = opcode_size + sizeof(std::uint32_t) + confirmation_size;

/// The sensor's side of one exchange.
class SensorExchange {
public:
    /// Encapsulates to the gateway. `epoch` comes from Numbers::take_epoch, `entropy` is 32 fresh
    /// random bytes.
    ///
    /// errors  `authentication` when the key is not the one that was pinned; `invalid_argument`
    static Result<SensorExchange> begin(const Provision& provision, ByteView gateway_public_key,
                                        std::uint32_t epoch, const crypto::SecretBytes& entropy,
                                        std::uint16_t company = test_company);

    std::uint32_t epoch() const noexcept { return m_epoch; }

    /// The access payloads to send, five; send those again until the answer comes.
    const std::vector<Bytes>& messages() const noexcept { return m_messages; }

    /// The keys, when the gateway has proved that it has them. Store `next_secret` durably in the
    /// place of the provisioned secret before the first message is sealed. [ENVELOPE-14]
    ///
    /// errors  `authentication`; `not_found` for the answer to another epoch; `corrupt`
    Result<EpochKeys> finish(const Message& answer) const;

private:
    std::uint64_t m_sensor = 0;
    std::uint32_t m_epoch = 0;
    EpochKeys m_keys;
    std::array<std::uint8_t, confirmation_size> m_confirmation{};
    std::vector<Bytes> m_messages;
};

/// An offer as it was put together from its parts; nothing of it is verified yet.
struct Offer {
    std::uint64_t sensor = 0;
    std::uint32_t epoch = 0;
    Bytes ciphertext;
    std::array<std::uint8_t, confirmation_size> confirmation{};
};

/// errors  `corrupt`, `unsupported`
Result<Offer> decode_offer(ByteView message, std::uint32_t epoch);

struct Accepted {
    EpochKeys keys;
    Bytes answer; ///< the access payload to send
};

/// The gateway's side: one call for each secret that the sensor may hold (the last, and the one
/// before it until the first message of the last epoch came). The caller refuses epochs that are
/// not above all that it accepted from this sensor, save a repeat of the very same offer.
///
/// errors  `authentication` when secret, gateway key and offer do not fit together
/// cost    0.1 ms
Result<Accepted> accept(const crypto::KemKey& key, const Provision& provision, const Offer& offer,
                        std::uint16_t company = test_company);

/// The gateway's public key for a sensor that has only its hash: access payloads.
std::vector<Bytes> public_key_messages(ByteView public_key, std::uint16_t company = test_company);

/// The three bytes with which a sensor asks for it.
Bytes key_request(std::uint16_t company = test_company);

} // namespace torgo::envelope
