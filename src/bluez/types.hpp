#pragma once

// Values of Bluetooth mesh as bluetooth-meshd names them.

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/secret.hpp"
#include "env/random.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace torgo::bluez {

/// Unicast 0x0001 … 0x7fff, one for each element of a node; groups from 0xc000.
using Address = std::uint16_t;
/// Of a network or application key, 0 … 0xfff.
using KeyIndex = std::uint16_t;
/// With it an application proves to the daemon that a node is its own.
using Token = std::uint64_t;

using DeviceUuid = Id<struct DeviceUuidTag, 16>;
/// A virtual address before it is hashed.
using Label = Id<struct LabelTag, 16>;
using Destination = std::variant<Address, Label>;

inline constexpr std::size_t mesh_key_size = 16;
/// Access payload with its opcode: 32 segments of 12 bytes less a 32-bit tag.
inline constexpr std::size_t message_size_max = 380;
inline constexpr std::size_t elements_max = 255;
inline constexpr Address primary_address = 0x0001; ///< of who creates a network

inline constexpr bool is_unicast(Address address) {
    return address >= 0x0001 && address <= 0x7fff;
}

/// A random one of version 4 (RFC 9562): the daemon refuses what is no UUID.
DeviceUuid make_device_uuid(env::Random& random);

/// A model of the Bluetooth SIG, or of a vendor.
struct ModelId {
    std::optional<std::uint16_t> vendor;
    std::uint16_t model = 0;

    bool operator==(const ModelId&) const = default;
};

inline constexpr ModelId configuration_server{{}, 0x0000};
inline constexpr ModelId configuration_client{{}, 0x0001};
inline constexpr ModelId remote_provisioning_client{{}, 0x0005};

struct Element {
    std::vector<ModelId> models;
    std::uint16_t location = 0;
};

/// Where a provisioner puts a new node.
struct Placement {
    KeyIndex network = 0;
    Address address = 0;
};

/// What this program is on the mesh. The functions are called on the bus's thread, which waits for
/// them: they must be quick and must not call the client.
struct Application {
    std::uint16_t company = 0;
    std::uint16_t product = 0;
    std::uint16_t version = 0;
    std::uint16_t replay_list_min = 0x7fff; ///< sources that the replay list must hold
    std::vector<Element> elements;          ///< at least one

    /// Keeps a token durably; an error lets the daemon forget the new node. Empty: it is kept by
    /// whoever receives it from the call.
    std::function<Result<>(Token)> keep_token;

    /// With it the application may provision others. in `elements`, the addresses that are needed
    std::function<Result<Placement>(const DeviceUuid& device, std::uint8_t elements)> place_node;

    /// 16 bytes that both ends of a provisioning know. Empty: none are offered.
    crypto::SecretBytes static_oob;
};

/// A node whose keys were made elsewhere.
struct ImportedNode {
    DeviceUuid uuid;
    crypto::SecretBytes device_key;  ///< mesh_key_size
    crypto::SecretBytes network_key; ///< mesh_key_size
    KeyIndex network = 0;
    bool iv_update = false;
    bool key_refresh = false;
    std::uint32_t iv_index = 0;
    Address address = 0;
};

/// How a model of this node is set up.
struct ModelConfiguration {
    std::uint8_t element = 0;
    ModelId model;
    std::optional<std::vector<KeyIndex>> bindings;
    std::optional<std::uint32_t> publication_period_ms;
    std::optional<std::vector<Destination>> subscriptions;
};

struct ApplicationKey {
    KeyIndex index = 0;
    crypto::SecretBytes key;
    crypto::SecretBytes old_key; ///< empty unless it is being refreshed
};

struct NetworkKey {
    KeyIndex index = 0;
    crypto::SecretBytes key;
    crypto::SecretBytes old_key; ///< empty unless it is being refreshed
    std::uint8_t phase = 0;      ///< of the key refresh
    std::vector<ApplicationKey> application_keys;
};

struct DeviceKey {
    Address address = 0;
    crypto::SecretBytes key;
};

struct ExportedKeys {
    std::vector<NetworkKey> network_keys;
    std::vector<DeviceKey> device_keys;
};

struct Features {
    std::optional<bool> relay; ///< nothing: not supported; else: is it on
    std::optional<bool> proxy;
    std::optional<bool> friend_node;
    std::optional<bool> low_power;
};

struct NodeState {
    Features features;
    bool beacon = false;
    bool iv_update = false;
    std::uint32_t iv_index = 0;
    std::uint32_t seconds_since_heard = 0;
    std::uint32_t sequence = 0;
    std::vector<Address> addresses; ///< of its elements
};

} // namespace torgo::bluez
