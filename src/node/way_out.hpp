#pragma once

#include "env/network.hpp"

#include <mutex>
#include <optional>

namespace torgo::node {

/// The way to onion services through the node's own tor, for as long as that runs. Leads nowhere
/// else (tor/onion_network.hpp). Thread-safe.
class WayOut final : public env::Network {
public:
    /// in  `way`, used for connections to the SOCKS port only; outlives this
    explicit WayOut(env::Network& way) : m_way(way) {}

    /// Where tor takes connections now; nothing while there is none.
    void use(std::optional<env::Endpoint> socks);

    /// errors  `unavailable` while there is no tor; as OnionNetwork::connect
    Result<std::unique_ptr<env::Stream>> connect(const env::Endpoint& to, env::Deadline deadline,
                                                 const std::stop_token& stop) override;

private:
    env::Network& m_way;
    std::mutex m_mutex;
    std::optional<env::Endpoint> m_socks; ///< guarded by m_mutex
};

} // namespace torgo::node
