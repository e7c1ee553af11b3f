#pragma once

#include "base/error.hpp"
#include "crypto/mesh_primitives.hpp"
#include "crypto/secret.hpp"
#include "mesh/buffer.hpp"
#include "mesh/keys.hpp"

#include <cstdint>
#include <optional>

// What both sides of a provisioning reckon (Mesh Protocol 1.1, 5.4.2). P-256 and AES-128: no
// defence against a quantum computer, whichever algorithm is chosen.
namespace torgo::mesh {

enum class ProvisioningAlgorithm : std::uint8_t {
    cmac_aes128 = 0, ///< BTM_ECDH_P256_CMAC_AES128_AES_CCM
    hmac_sha256 = 1, ///< BTM_ECDH_P256_HMAC_SHA256_AES_CCM, "EPA"
};

constexpr std::size_t auth_size(ProvisioningAlgorithm algorithm) {
    return algorithm == ProvisioningAlgorithm::hmac_sha256 ? 32 : 16;
}

/// A confirmation, random or OOB value: 16 or 32 bytes by the algorithm.
using AuthBytes = Buffer<32>;

using PublicKey = crypto::P256::PublicKey;
using PrivateKey = crypto::P256::PrivateKey;

/// Everything that went over the air before the confirmations, in order: 145 bytes.
using ConfirmationInputs = Buffer<1 + 11 + 5 + 64 + 64>;

/// What the provisioner gives the device (5.4.2.5).
struct ProvisioningData {
    Key128 net_key{};
    KeyIndex net_index = 0;
    std::uint8_t flags = 0; ///< bit 0 key refresh phase 2, bit 1 IV Update in Progress
    std::uint32_t iv_index = 0;
    Address address = unassigned;

    ~ProvisioningData() { crypto::wipe(net_key); }

    bool operator==(const ProvisioningData&) const = default;
};

inline constexpr std::size_t provisioning_data_size = 25;

Buffer<provisioning_data_size> encode(const ProvisioningData& data);

/// None where a key index or an address is none.
std::optional<ProvisioningData> decode_provisioning_data(ByteView bytes);

/// The two sides' confirmations, and then the session.
class ProvisioningKeys {
public:
    /// `secret` from P256::agree; `oob` of auth_size (without OOB: zeros).
    ProvisioningKeys(ProvisioningAlgorithm algorithm, const crypto::P256::Shared& secret,
                     ByteView inputs, ByteView oob);
    ProvisioningKeys(const ProvisioningKeys&) = delete;
    ProvisioningKeys& operator=(const ProvisioningKeys&) = delete;
    ~ProvisioningKeys();

    ByteView confirmation_salt() const { return m_salt.view(); }

    ByteView confirmation_key() const { return m_key.view(); }

    AuthBytes confirmation(ByteView random) const;

    struct Session {
        Key128 salt{};
        Aes128 key;
        crypto::CcmNonce nonce{};
        Key128 device_key{};

        ~Session() { crypto::wipe(device_key); }
    };

    /// `provisioner_value` and `device_value`: the random values that the confirmations hid.
    Session session(ByteView provisioner_value, ByteView device_value) const;

private:
    ProvisioningAlgorithm m_algorithm;
    crypto::P256::Shared m_secret;
    AuthBytes m_oob;
    AuthBytes m_salt;
    AuthBytes m_key;
};

inline constexpr std::size_t sealed_data_size = provisioning_data_size + 8;

Buffer<sealed_data_size> seal(const ProvisioningData& data,
                              const ProvisioningKeys::Session& session);

/// None where the MIC does not fit or the data are none.
std::optional<ProvisioningData> open_provisioning_data(ByteView sealed,
                                                       const ProvisioningKeys::Session& session);

} // namespace torgo::mesh
