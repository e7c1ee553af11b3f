#pragma once

#include "env/network.hpp"

#include <memory>
#include <string>

namespace torgo::tor {

/// A network that leads to onion services and nowhere else: its one way out is a tor's SOCKS port.
/// Code that is given this cannot look up a name or reach an address. Thread-safe as `way` is.
class OnionNetwork final : public env::Network {
public:
    /// in      `way`, borrowed, used for connections to `socks` only; `socks`, a Unix socket or a
    ///         port of a numeric loopback address; `isolation`, 1 to 255 bytes: streams of networks
    ///         with different ones never share a circuit
    /// errors  `invalid_argument`
    static Result<std::unique_ptr<OnionNetwork>> make(env::Network& way, env::Endpoint socks,
                                                      std::string isolation);

    /// errors  `invalid_argument` for what is no onion service, before anything is opened; and
    ///         those of socks_connect (tor/socks.hpp)
    Result<std::unique_ptr<env::Stream>> connect(const env::Endpoint& to, env::Deadline deadline,
                                                 const std::stop_token& stop) override;

private:
    OnionNetwork(env::Network& way, env::Endpoint socks, std::string isolation);

    env::Network& m_way;
    env::Endpoint m_socks;
    std::string m_isolation;
};

/// Whether this is a Unix socket, or a port of 127.0.0.0/8 or ::1 in numbers.
bool is_local(const env::Endpoint& endpoint);

} // namespace torgo::tor
