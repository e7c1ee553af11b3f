#pragma once

#include "mesh/buffer.hpp"
#include "mesh/keys.hpp"

#include <cstdint>
#include <optional>

// Beacons (Mesh Protocol 1.1, 3.10) and what a proxy advertises (7.2.2.2).
namespace torgo::mesh {

using BeaconFrame = Buffer<29>;
using DeviceUuid = std::array<std::uint8_t, 16>;

/// "I am a device that no network has yet" (3.10.2).
struct UnprovisionedBeacon {
    DeviceUuid device{};
    std::uint16_t oob = 0;
    std::optional<std::array<std::uint8_t, 4>> uri_hash{};

    bool operator==(const UnprovisionedBeacon&) const = default;
};

BeaconFrame encode_beacon(const UnprovisionedBeacon& beacon);
std::optional<UnprovisionedBeacon> decode_unprovisioned(ByteView beacon);

/// The first bytes of s1 over the URI's advertising data.
std::array<std::uint8_t, 4> uri_hash(ByteView uri_data);

/// What both authenticated beacons say.
struct NetworkState {
    bool key_refresh = false; ///< the new key is in use: phase 2
    bool iv_update = false;   ///< IV Update in Progress
    std::uint32_t iv_index = 0;

    bool operator==(const NetworkState&) const = default;
};

inline constexpr std::uint8_t beacon_unprovisioned = 0;
inline constexpr std::uint8_t beacon_secure = 1;
inline constexpr std::uint8_t beacon_private = 2;

BeaconFrame encode_secure_beacon(const NetworkState& state, const NetKey& key);

/// None where it is no secure network beacon, is of another network, or does not authenticate.
std::optional<NetworkState> open_secure_beacon(ByteView beacon, const NetKey& key);

using BeaconRandom = std::array<std::uint8_t, 13>;

/// The same, unlinkable to those who do not have the key (3.10.4).
BeaconFrame encode_private_beacon(const NetworkState& state, const BeaconRandom& random,
                                  const NetKey& key);
std::optional<NetworkState> open_private_beacon(ByteView beacon, const NetKey& key);

/// How a proxy names itself in its service data (7.2.2.2).
enum class ProxyIdentity : std::uint8_t {
    network_id = 0,
    node = 1,
    private_network = 2,
    private_node = 3,
};

using IdentityRandom = std::array<std::uint8_t, 8>;

/// The whole AD structure of UUID 0x1828, with its length byte.
BeaconFrame encode_proxy_identity(ProxyIdentity kind, const NetKey& key,
                                  const IdentityRandom& random = {}, Address node = unassigned);

} // namespace torgo::mesh
