#include "mesh/provisioning_keys.hpp"

#include "crypto/mac.hpp"

namespace torgo::mesh {

Buffer<provisioning_data_size> encode(const ProvisioningData& data) {
    Buffer<provisioning_data_size> out;
    return out.append(data.net_key)
        .be16(data.net_index)
        .u8(data.flags)
        .be32(data.iv_index)
        .be16(data.address);
}

std::optional<ProvisioningData> decode_provisioning_data(ByteView bytes) {
    Fields in(bytes);
    ProvisioningData data{.net_key = in.bytes<16>()};
    data.net_index = in.be16();
    data.flags = in.u8();
    data.iv_index = in.be32();
    data.address = in.be16();
    constexpr unsigned flags_known = 3;
    constexpr unsigned update_in_progress = 2;
    // An update leads from one index to the next: none leads to the first.
    const bool flags_good = (data.flags & ~flags_known) == 0 &&
                            ((data.flags & update_in_progress) == 0 || data.iv_index != 0);
    if (!in.done() || data.net_index > key_index_max || !is_unicast(data.address) || !flags_good)
        return std::nullopt;
    return data;
}

ProvisioningKeys::ProvisioningKeys(ProvisioningAlgorithm algorithm,
                                   const crypto::P256::Shared& secret, ByteView inputs,
                                   ByteView oob)
    : m_algorithm(algorithm), m_secret(secret), m_oob(oob) {
    ENSURE(oob.size() == auth_size(algorithm));
    if (algorithm == ProvisioningAlgorithm::hmac_sha256) {
        Buffer<64> n;
        n.append(m_secret).append(oob);
        const auto salt = s2(inputs);
        m_salt.append(salt);
        auto key = k5(n.view(), salt, as_bytes("prck256"));
        m_key.append(key);
        crypto::wipe(key);
        crypto::wipe(n.span());
    } else {
        const auto salt = s1(inputs);
        m_salt.append(salt);
        auto key = k1(m_secret, salt, as_bytes("prck"));
        m_key.append(key);
        crypto::wipe(key);
    }
}

ProvisioningKeys::~ProvisioningKeys() {
    crypto::wipe(m_secret);
    crypto::wipe(m_oob.span());
    crypto::wipe(m_key.span());
}

AuthBytes ProvisioningKeys::confirmation(ByteView random) const {
    if (m_algorithm == ProvisioningAlgorithm::hmac_sha256)
        return AuthBytes(crypto::HmacSha256(m_key.view())({random}).view());
    Key128 key{};
    std::ranges::copy(m_key.view(), key.begin());
    const Aes128 cipher(key);
    crypto::wipe(key);
    return AuthBytes(crypto::aes_cmac(cipher, {random, m_oob.view()}));
}

ProvisioningKeys::Session ProvisioningKeys::session(ByteView provisioner_value,
                                                    ByteView device_value) const {
    Buffer<96> inputs;
    inputs.append(m_salt.view()).append(provisioner_value).append(device_value);
    Session out;
    out.salt = s1(inputs.view());
    auto key = k1(m_secret, out.salt, as_bytes("prsk"));
    out.key = Aes128(key);
    crypto::wipe(key);
    const auto nonce = k1(m_secret, out.salt, as_bytes("prsn"));
    std::copy_n(nonce.begin() + 3, out.nonce.size(), out.nonce.begin());
    out.device_key = k1(m_secret, out.salt, as_bytes("prdk"));
    return out;
}

Buffer<sealed_data_size> seal(const ProvisioningData& data,
                              const ProvisioningKeys::Session& session) {
    Buffer<sealed_data_size> out;
    auto plain = encode(data);
    crypto::ccm_seal(session.key, session.nonce, {}, plain.view(), 8, out.extend(sealed_data_size));
    crypto::wipe(plain.span());
    return out;
}

std::optional<ProvisioningData> open_provisioning_data(ByteView sealed,
                                                       const ProvisioningKeys::Session& session) {
    if (sealed.size() != sealed_data_size) return std::nullopt;
    Buffer<provisioning_data_size> plain;
    if (!crypto::ccm_open(session.key, session.nonce, {}, sealed, 8,
                          plain.extend(provisioning_data_size)))
        return std::nullopt;
    const auto data = decode_provisioning_data(plain.view());
    crypto::wipe(plain.span());
    return data;
}

} // namespace torgo::mesh
