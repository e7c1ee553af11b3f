#pragma once

#include "cli/context.hpp"
#include "env/file_system.hpp"
#include "uplink/bearer.hpp"
#include "uplink/gateway_link.hpp"
#include "uplink/mesh_setup.hpp"
#include "uplink/stack_bearer.hpp"

#include <memory>
#include <string>
#include <vector>

// What the commands of a mesh in real time share.
namespace torgo::cli {

/// How a command of a mesh is on the air.
struct MeshAirArgs {
    std::string socket; ///< of an air without radio
    bool bluez = false; ///< the mesh daemon of this machine
    std::string bus;    ///< where the daemon is; the system's bus when empty
    std::string daemon = "org.bluez.mesh";
    uplink::AirFaults faults{};
};

/// The options of --bluez.
std::vector<Option> bluez_options(MeshAirArgs& args);

/// in      `state` names the files in which a mesh node keeps what it must not forget;
///         `is_gateway`: whether it listens at the socket, or joins who does
Result<std::unique_ptr<uplink::Bearer>> open_air(const Context& context, const MeshAirArgs& args,
                                                 const std::string& state,
                                                 const uplink::MeshKeys& keys,
                                                 const uplink::MeshRole& role, bool is_gateway);

/// Holds a lock file, which is made where it is not there, until the file is destroyed: two
/// processes with the same secrets would give numbers twice. errors  `exists` with the complaint
Result<std::unique_ptr<env::File>> lock_mesh(env::FileSystem& files, const std::string& path,
                                             const std::string& complaint);

/// Whoever opens a store tells of what it could not read there, for it is told once.
void tell_of_damage(const Context& context, const uplink::GatewayLink& gateway);

struct GatewayPlaceArgs {
    std::string store;
    std::string state;
};

std::vector<Option> gateway_place_options(GatewayPlaceArgs& args);

/// The folders of a gateway, made absolute, or this user's.
Result<uplink::GatewayFolders> gateway_folders(const Context& context,
                                               const GatewayPlaceArgs& args);

} // namespace torgo::cli
