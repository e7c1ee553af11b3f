#pragma once

// A program's way to bluetooth-meshd, the mesh daemon of Linux, over D-Bus
// (bluez doc/mesh-api.txt). The daemon has the radio, the keys and the sequence numbers.

#include "bluez/event.hpp"
#include "bluez/node.hpp"
#include "bluez/types.hpp"
#include "env/clock.hpp"
#include "env/network.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace torgo::bluez {

class Core;

/// Where the daemon of a machine with an adapter is.
struct SystemBus {};

/// Where daemons without a radio are, in tests. An empty address: the environment's.
struct SessionBus {
    std::string address;
};

struct ClientOptions {
    std::variant<SystemBus, SessionBus> bus;
    std::string daemon = "org.bluez.mesh"; ///< or a unique name (":1.5"), which dies with it
    std::string root = "/org/torgo";       ///< where the application's objects appear
    std::size_t events_max = 1024;         ///< waiting for next_event
};

/// What a node is found to be when it is attached.
struct Attached {
    Node node;
    std::vector<ModelConfiguration> configuration;
};

/// One application on one connection: one node at a time. All of it is for any thread, but none of
/// it for the functions of Application, which get `invalid_argument` here.
///
/// errors  of every call: `unavailable` no daemon, it ended meanwhile, it is busy, or the bus is
///         gone; `timeout`; `permission` the bus or the daemon denies it; `invalid_argument`;
///         `not_found`; `exists`; `unsupported`; `io`, the daemon's "failed"
class Client {
public:
    /// Connects to the bus and shows the application there. The daemon need not run: on the system
    /// bus the first call starts it, where systemd is set up for that.
    static Result<std::unique_ptr<Client>> open(const env::Clock& clock, ClientOptions options,
                                                Application application);

    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    Client(Client&&) = delete;
    Client& operator=(Client&&) = delete;
    ~Client();

    /// Makes a network with a new key, and this node its first, at primary_address.
    /// out     the token; lose it, and the node is lost
    Result<Token> create_network(const DeviceUuid& uuid, env::Deadline deadline);

    /// Makes this node one whose keys were made elsewhere.
    Result<Token> import_node(const ImportedNode& node, env::Deadline deadline);

    /// Waits, as an unprovisioned device, until somebody provisions it.
    /// errors  `authentication` the other end does not know the secret; `io` it went wrong
    Result<Token> join(const DeviceUuid& uuid, env::Deadline deadline);

    /// Becomes the node of a token.
    Result<Attached> attach(Token token, env::Deadline deadline);

    /// The daemon forgets the node and its keys. Others are not told (see reset_node).
    Result<> leave(Token token, env::Deadline deadline);

    /// What came in, in order.
    /// errors  `timeout`; `cancelled` after close
    Result<Event> next_event(env::Deadline deadline);

    /// Messages that came in while `events_max` were waiting.
    std::uint64_t events_lost() const;

    /// Is the daemon's name on the bus?
    bool daemon_is_there() const;

    /// Ends every wait with `cancelled`, now and later.
    void close() noexcept;

private:
    explicit Client(std::unique_ptr<Core> core);

    std::unique_ptr<Core> m_core;
};

} // namespace torgo::bluez
