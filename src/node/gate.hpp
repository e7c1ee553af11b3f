#pragma once

#include "base/id.hpp"
#include "node/server_limits.hpp"

#include <map>
#include <mutex>

namespace torgo::node {

/// How much each peer has of a server at the moment. Thread-safe.
class Gate {
public:
    explicit Gate(const ServerLimits& limits) : m_limits(limits) {}

    /// One more connection of this peer, which `leave` takes back; false when it has its share.
    bool enter(const PeerId& peer);
    void leave(const PeerId& peer);

    /// One more request of a peer that has entered, which `end` takes back; false when it, all
    /// peers together, or all strangers have as many as may be (NODE-14).
    bool begin(const PeerId& peer, bool is_stranger);
    void end(const PeerId& peer, bool is_stranger);

private:
    struct Share {
        std::size_t connections = 0;
        std::size_t requests = 0;
    };

    ServerLimits m_limits;
    std::mutex m_mutex;
    std::map<PeerId, Share> m_shares; ///< of those with a connection
    std::size_t m_requests = 0;
    std::size_t m_stranger_requests = 0; ///< of m_requests
};

} // namespace torgo::node
