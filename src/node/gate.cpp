#include "node/gate.hpp"

#include "base/ensure.hpp"

namespace torgo::node {

bool Gate::enter(const PeerId& peer) {
    const std::lock_guard lock(m_mutex);
    auto& share = m_shares[peer];
    if (share.connections >= m_limits.connections_per_peer) return false;
    ++share.connections;
    return true;
}

void Gate::leave(const PeerId& peer) {
    const std::lock_guard lock(m_mutex);
    const auto found = m_shares.find(peer);
    ENSURE(found != m_shares.end() && found->second.connections > 0);
    if (--found->second.connections == 0) m_shares.erase(found);
}

bool Gate::begin(const PeerId& peer, bool is_stranger) {
    const std::lock_guard lock(m_mutex);
    const auto found = m_shares.find(peer);
    ENSURE(found != m_shares.end());
    if (m_requests >= m_limits.requests || found->second.requests >= m_limits.requests_per_peer)
        return false;
    if (is_stranger && m_stranger_requests >= m_limits.stranger_requests) return false;
    ++found->second.requests;
    ++m_requests;
    if (is_stranger) ++m_stranger_requests;
    return true;
}

void Gate::end(const PeerId& peer, bool is_stranger) {
    const std::lock_guard lock(m_mutex);
    const auto found = m_shares.find(peer);
    ENSURE(found != m_shares.end() && found->second.requests > 0 && m_requests > 0);
    --found->second.requests;
    --m_requests;
    if (is_stranger) --m_stranger_requests;
}

} // namespace torgo::node
