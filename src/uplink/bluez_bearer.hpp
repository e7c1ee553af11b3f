#pragma once

#include "bluez/client.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "env/random.hpp"
#include "uplink/bearer.hpp"
#include "uplink/mesh_setup.hpp"

#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace torgo::uplink {

/// A node of bluetooth-meshd, over D-Bus: the daemon has the radio and the stack.
class BluezBearer final : public Bearer {
public:
    /// Becomes the node of `path`, or makes it there with these keys and this address.
    /// errors  those of bluez::Client and of the file system; `corrupt`; `changed` where what is
    /// kept there is of a node with other keys or another address
    static Result<std::unique_ptr<BluezBearer>> open(env::FileSystem& files, env::Clock& clock,
                                                     env::Random& random,
                                                     bluez::ClientOptions options,
                                                     const std::string& path, const MeshKeys& keys,
                                                     Address address);

    Result<> send(Address to, ByteView payload) override;

    bool is_free() const override { return m_clock.monotonic_ns() >= m_busy_until_ns; }

    Result<std::optional<Heard>> receive(env::Deadline until) override;

private:
    static constexpr auto no_attempt_ns = std::numeric_limits<std::int64_t>::max();

    BluezBearer(env::FileSystem& files, env::Clock& clock, std::string path)
        : m_files(files), m_clock(clock), m_path(std::move(path)) {}

    Result<> load();
    Result<> store();
    Result<> keep(bluez::Token token);
    Result<> import(env::Random& random, const MeshKeys& keys, Address address);
    Result<> attach();
    Result<> attach_again();
    Result<> set_up(const MeshKeys& keys, Address address) const;

    env::FileSystem& m_files;
    env::Clock& m_clock;
    std::string m_path;
    MeshKeys m_keys;
    Address m_address = 0;
    bluez::Token m_token = 0; ///< 0: none yet
    crypto::SecretBytes m_device_key;
    bool m_is_set_up = false;
    std::int64_t m_attach_at_ns = no_attempt_ns; ///< and what set_up() lacks
    std::int64_t m_busy_until_ns = 0;
    /// Its thread calls keep(), and ends before what that uses.
    std::unique_ptr<bluez::Client> m_client;
    std::optional<bluez::Node> m_node;
};

} // namespace torgo::uplink
