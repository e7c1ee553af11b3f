#pragma once

#include "mesh/access.hpp"
#include "mesh/node_config.hpp"
#include "uplink/outbound.hpp"

// How the nodes of a mesh that carries readings are set up: one subnet, one application, one vendor
// model. The mesh's own keys only keep strangers off the air: what protects readings are envelopes.
namespace torgo::uplink {

inline constexpr mesh::KeyIndex net_index = 0;
inline constexpr mesh::KeyIndex app_index = 0;
/// BlueZ holds models of company 0xFFFF for those of the Bluetooth SIG (mesh/mesh-defs.h,
/// SIG_VENDOR), so it must be none of theirs.
inline constexpr std::uint16_t model_number = 0x5447;

struct MeshKeys {
    mesh::Key128 network{};
    mesh::Key128 application{};
};

struct MeshRole {
    Address address = 0;
    std::uint8_t ttl = 7;
    bool relay = false;
    bool quick = false; ///< segments 10 ms apart, for an air that has no radio
};

mesh::NodeConfig mesh_config(const MeshKeys& keys, const MeshRole& role);

/// The access payload as it came, opcode first.
Bytes payload_of(mesh::Opcode opcode, ByteView parameters);

} // namespace torgo::uplink
