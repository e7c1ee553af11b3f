#pragma once

// Private to this module: one connection of a server. Boost stays in the .cpp files.

#include "crypto/tls.hpp"
#include "env/clock.hpp"
#include "node/gate.hpp"
#include "node/pace.hpp"
#include "node/server.hpp"
#include "node/server_counters.hpp"

#include <atomic>
#include <functional>
#include <limits>
#include <memory>

namespace boost::asio {
class io_context;  // NOLINT(readability-identifier-naming): Asio's
class thread_pool; // NOLINT(readability-identifier-naming)
} // namespace boost::asio

namespace torgo::node {

/// What the connections of a server share.
struct Shared {
    Service& service;
    const crypto::TlsContext& tls;
    env::Clock& clock;
    ServerLimits limits;
    boost::asio::io_context& network;
    boost::asio::thread_pool& disk;
    boost::asio::io_context& handshakes; ///< of threads that do nothing else
    std::function<ServerCounters()> snapshot;
    Gate gate{limits};
    Pace pace{clock, limits.pace};
    LiveCounters counters{};
    std::atomic<bool> stopping = false;
    std::atomic<std::size_t> reckoned = 0; ///< steps of handshakes that wait for their thread
};

/// An accepted socket.
struct Accepted {
    int socket = -1; ///< nobody else's
    int family = 0;
    Listener::Kind kind = Listener::Kind::peers;
};

enum class Phase : std::uint8_t { handshake, idle, head, request, closing };

/// Lives until its coroutine has ended. Thread-safe; what is asked of it happens later, on its own
/// strand.
class Connection {
public:
    virtual ~Connection() = default;

    /// in      `ended`, called once on a network thread when the connection is no more
    static std::shared_ptr<Connection> make(Shared& shared, const Accepted& accepted);
    virtual void start(std::function<void()> ended) = 0;

    /// Closes it if its deadline has passed, and gives memory back if it is idle for long.
    virtual void look(std::int64_t now_ns) = 0;
    /// Closes it if it is still idle.
    virtual void evict() = 0;
    /// Closes it if it is still within its handshake.
    virtual void displace() = 0;
    /// Closes it as soon as it serves no request.
    virtual void finish() = 0;
    virtual void kill() = 0;

    /// True for one that asks for the node's status, false for a peer's.
    virtual bool is_status() const noexcept = 0;

    Phase phase() const noexcept { return m_phase; }

    std::int64_t phase_began_ns() const noexcept { return m_phase_began_ns; }

    /// True once it is asked to close.
    bool doomed() const noexcept { return m_doomed; }

protected:
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

    std::atomic<Phase> m_phase = Phase::handshake;
    std::atomic<std::int64_t> m_phase_began_ns = 0;
    std::atomic<std::int64_t> m_deadline_ns = never;
    std::atomic<bool> m_doomed = false;
};

} // namespace torgo::node
