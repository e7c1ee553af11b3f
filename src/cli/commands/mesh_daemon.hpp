#pragma once

#include "bluez/client.hpp"
#include "cli/context.hpp"

#include <memory>
#include <string>
#include <vector>

// What the commands share that are a mesh node by the Bluetooth mesh daemon of a machine.
namespace torgo::cli {

struct MeshDaemonArgs {
    std::string state;
    std::string bus;
    std::string daemon = "org.bluez.mesh";
    std::uint32_t seconds = 120;
};

std::vector<Option> mesh_daemon_options(MeshDaemonArgs& args);

/// The one model of such a node: that of readings, so that what is provisioned here can carry them.
inline constexpr bluez::ModelId mesh_model{0xFFFF, 0x5447};
/// Of a text from person to person: vendor opcode 0x30 of the company of tests.
inline constexpr std::uint8_t mesh_text_opcode[] = {0xF0, 0xFF, 0xFF};

/// A node of a mesh network that the daemon holds for us; the file keeps what proves it ours.
class MeshNode {
public:
    /// Reads the file and connects. Whoever provisions gives out addresses.
    /// errors  `corrupt` the file is none; those of bluez::Client
    static Result<std::unique_ptr<MeshNode>> open(const Context& context,
                                                  const MeshDaemonArgs& args);

    MeshNode(const MeshNode&) = delete;
    MeshNode& operator=(const MeshNode&) = delete;
    MeshNode(MeshNode&&) = delete;
    MeshNode& operator=(MeshNode&&) = delete;
    ~MeshNode() = default;

    bool is_member() const { return m_token != 0; }

    /// Makes a network of its own, with one application key.
    Result<> create();
    Result<> join(const bluez::DeviceUuid& uuid);

    /// errors  `not_found` where it is in no network
    Result<bluez::Attached> attach();

    /// Addresses that were given and may be those of nodes without their key yet.
    const std::vector<bluez::Address>& unkeyed() const { return m_unkeyed; }

    /// It has its key, or was never added.
    Result<> settle(bluez::Address address);

    /// errors  `timeout` after --seconds; `cancelled` when the user stops it
    Result<bluez::Event> next_event();

    env::Deadline deadline() const { return m_deadline; }

    env::Random& random() const { return *m_context.world.random; }

private:
    MeshNode(const Context& context, std::string path, env::Deadline deadline);

    Result<> read();
    Result<> keep() const;
    bluez::Application application();
    Result<bluez::Placement> place(std::uint8_t elements);

    const Context& m_context;
    std::string m_path;
    env::Deadline m_deadline;
    bluez::Token m_token = 0;  ///< 0: none
    bluez::Address m_next = 2; ///< the first address that nobody was given
    std::vector<bluez::Address> m_unkeyed;
    std::unique_ptr<bluez::Client> m_client;
};

/// "00aa". Errors: `invalid_argument`.
Result<bluez::Address> parse_mesh_address(const std::string& text);
std::string mesh_address_text(bluez::Address address);

} // namespace torgo::cli
