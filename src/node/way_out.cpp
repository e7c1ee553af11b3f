#include "node/way_out.hpp"

#include "tor/onion_network.hpp"

namespace torgo::node {

namespace {
/// Circuits of what the node asks of others are not those of anything else.
constexpr const char* isolation = "torgo-standby";
} // namespace

void WayOut::use(std::optional<env::Endpoint> socks) {
    const std::lock_guard lock(m_mutex);
    m_socks = std::move(socks);
}

Result<std::unique_ptr<env::Stream>>
WayOut::connect(const env::Endpoint& to, env::Deadline deadline, const std::stop_token& stop) {
    std::optional<env::Endpoint> socks;
    {
        const std::lock_guard lock(m_mutex);
        socks = m_socks;
    }
    if (!socks) return fail(Errc::unavailable, "tor does not run at the moment");
    TRY(const auto network, tor::OnionNetwork::make(m_way, *socks, isolation));
    return network->connect(to, deadline, stop);
}

} // namespace torgo::node
