#include "mesh/beacon.hpp"

#include "crypto/secret.hpp"

namespace torgo::mesh {

namespace {

constexpr std::size_t authentication_size = 8;
constexpr std::uint8_t key_refresh_bit = 1;
constexpr std::uint8_t iv_update_bit = 2;

std::uint8_t flags_of(const NetworkState& state) {
    return static_cast<std::uint8_t>((state.key_refresh ? key_refresh_bit : 0) |
                                     (state.iv_update ? iv_update_bit : 0));
}

NetworkState state_of(std::uint8_t flags, std::uint32_t iv_index) {
    return {.key_refresh = (flags & key_refresh_bit) != 0,
            .iv_update = (flags & iv_update_bit) != 0,
            .iv_index = iv_index};
}

} // namespace

BeaconFrame encode_beacon(const UnprovisionedBeacon& beacon) {
    BeaconFrame out;
    out.u8(beacon_unprovisioned).append(beacon.device).be16(beacon.oob);
    if (beacon.uri_hash) out.append(*beacon.uri_hash);
    return out;
}

std::optional<UnprovisionedBeacon> decode_unprovisioned(ByteView beacon) {
    Fields in(beacon);
    if (in.u8() != beacon_unprovisioned) return std::nullopt;
    UnprovisionedBeacon out{.device = in.bytes<16>(), .oob = in.be16()};
    if (in.left() != 0) out.uri_hash = in.bytes<4>();
    if (!in.done()) return std::nullopt;
    return out;
}

std::array<std::uint8_t, 4> uri_hash(ByteView uri_data) {
    const auto hash = s1(uri_data);
    return {hash[0], hash[1], hash[2], hash[3]};
}

BeaconFrame encode_secure_beacon(const NetworkState& state, const NetKey& key) {
    BeaconFrame out;
    out.u8(beacon_secure).u8(flags_of(state)).append(key.network_id).be32(state.iv_index);
    const auto code = crypto::aes_cmac(key.beacon, {out.view().subspan(1)});
    return out.append(ByteView(code).first(authentication_size));
}

std::optional<NetworkState> open_secure_beacon(ByteView beacon, const NetKey& key) {
    Fields in(beacon);
    if (in.u8() != beacon_secure) return std::nullopt;
    const auto flags = in.u8();
    const auto network = in.bytes<8>();
    const auto iv_index = in.be32();
    const auto code = in.take(authentication_size);
    if (!in.done() || network != key.network_id) return std::nullopt;
    const auto right = crypto::aes_cmac(key.beacon, {beacon.subspan(1, 13)});
    if (!crypto::equal_constant_time(code, ByteView(right).first(authentication_size)))
        return std::nullopt;
    return state_of(flags, iv_index);
}

BeaconFrame encode_private_beacon(const NetworkState& state, const BeaconRandom& random,
                                  const NetKey& key) {
    Buffer<5> data;
    data.u8(flags_of(state)).be32(state.iv_index);
    BeaconFrame out;
    out.u8(beacon_private).append(random);
    crypto::ccm_seal(key.private_beacon, random, {}, data.view(), authentication_size,
                     out.extend(data.size() + authentication_size));
    return out;
}

std::optional<NetworkState> open_private_beacon(ByteView beacon, const NetKey& key) {
    Fields in(beacon);
    if (in.u8() != beacon_private) return std::nullopt;
    const auto random = in.bytes<13>();
    const auto sealed = in.take(5 + authentication_size);
    if (!in.done()) return std::nullopt;
    Buffer<5> data;
    if (!crypto::ccm_open(key.private_beacon, random, {}, sealed, authentication_size,
                          data.extend(5)))
        return std::nullopt;
    Fields fields(data.view());
    const auto flags = fields.u8();
    return state_of(flags, fields.be32());
}

BeaconFrame encode_proxy_identity(ProxyIdentity kind, const NetKey& key,
                                  const IdentityRandom& random, Address node) {
    Buffer<16> hashed;
    if (kind == ProxyIdentity::private_network)
        hashed.append(key.network_id).append(random);
    else
        hashed.append(std::array<std::uint8_t, 5>{})
            .u8(kind == ProxyIdentity::private_node ? 3 : 0)
            .append(random)
            .be16(node);
    crypto::Block128 block{};
    std::ranges::copy(hashed.view(), block.begin());
    const auto hash = key.identity.encrypt(block);
    Buffer<17> body;
    body.u8(static_cast<std::uint8_t>(kind));
    if (kind == ProxyIdentity::network_id)
        body.append(key.network_id);
    else
        body.append(ByteView(hash).last(8)).append(random);
    constexpr std::uint8_t service_data_16 = 0x16;
    constexpr std::uint16_t mesh_proxy_service = 0x1828;
    BeaconFrame out;
    out.u8(3 + body.size()).u8(service_data_16).le16(mesh_proxy_service);
    return out.append(body.view());
}

} // namespace torgo::mesh
