#pragma once

#include "crypto/tls.hpp"
#include "env/clock.hpp"
#include "env/network.hpp"
#include "node/server_counters.hpp"
#include "node/server_limits.hpp"
#include "node/service.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace torgo::node {

/// A place where a server is called.
struct Listener {
    enum class Kind : std::uint8_t {
        peers,  ///< TLS, the peer protocol
        status, ///< plain HTTP, GET /metrics and GET /health; only on loopback and Unix sockets
    };

    /// A TCP address, with port 0 for any free one; or the absolute path of a Unix socket, which is
    /// made with mode 600, takes the place of one that a dead process left, and is removed at the
    /// end.
    env::Endpoint at;
    Kind kind = Kind::peers;
};

/// Answers peers over sockets: links, HTTP, limits. What requests mean is the service's.
/// Thread-safe.
/// source  docs/design/node-server.md
class Server {
public:
    /// Listens on all of them, or on none. Service, context and clock outlive the server.
    ///
    /// errors  `invalid_argument` for what is no address or path, and for a status listener that
    ///         others can reach; `exists` for a place that is taken; `permission`, `io`
    static Result<std::unique_ptr<Server>> start(Service& service, const crypto::TlsContext& tls,
                                                 env::Clock& clock,
                                                 const std::vector<Listener>& listeners,
                                                 const ServerLimits& limits = {});

    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    Server(Server&&) = delete;
    Server& operator=(Server&&) = delete;

    /// As stop, at once.
    ~Server();

    /// Where it listens, with the ports that were found, in the order of the listeners.
    std::vector<env::Endpoint> endpoints() const;

    /// Accepts nothing more, lets the requests that are being served end until `deadline`, breaks
    /// off the others, and returns when all threads are gone. A second caller waits for the first.
    void stop(env::Deadline deadline);

    ServerCounters counters() const;

private:
    struct State;
    explicit Server(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace torgo::node
