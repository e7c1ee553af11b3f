#pragma once

#include "cli/environment.hpp"
#include "cli/output.hpp"
#include "env/network.hpp"
#include "env/world.hpp"
#include "tor/onion_network.hpp"
#include "tor/service.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace torgo::cli {

/// "127.0.0.1:9050", "[::1]:9050" or the absolute path of a Unix socket.
/// errors  `invalid_argument`
Result<env::Endpoint> parse_endpoint(std::string_view text);

/// HOST:PORT at this machine itself: SOCKS is in clear.
/// errors  `invalid_argument`, naming another host
Result<env::Endpoint> parse_loopback(std::string_view text);

/// The lines of a file with more configuration for a tor of ours; none where `path` is empty.
Result<std::vector<std::string>> read_tor_config(env::FileSystem& files, const std::string& path);

/// How this program gets to onion services.
struct TorSettings {
    std::string socks;  ///< of a tor that runs already; empty: one of our own
    std::string config; ///< file with more configuration of our own
    std::string folder; ///< of our own
};

/// The network of onion services, with a tor that is started when it is first needed, again when it
/// has gone, and ends with this object. Leads nowhere else (tor/onion_network.hpp). Thread-safe.
class OnionWay final : public env::Network {
public:
    /// in  `stop` ends the wait for the first start of tor
    OnionWay(const env::World& world, TorSettings settings, Output& out, std::stop_token stop);
    ~OnionWay() override;

    Result<std::unique_ptr<env::Stream>> connect(const env::Endpoint& to, env::Deadline deadline,
                                                 const std::stop_token& stop) override;

    /// A tor that somebody believes here, at a SOCKS port of this machine: new streams go by it, if
    /// it answers and the settings say nothing else. Connects to nothing by itself.
    void suggest(const env::Endpoint& socks);

    /// Of a tor of our own, once it runs; waits for nothing.
    tor::Circuits::Count circuits();

private:
    Result<std::shared_ptr<env::Network>> network();
    bool tor_has_gone();
    Result<env::Endpoint> socks();
    Result<env::Endpoint> own_socks();
    bool answers(const env::Endpoint& socks);

    env::World m_world;
    TorSettings m_settings;
    Output& m_out;
    std::stop_token m_stop;
    std::mutex m_mutex; ///< of what follows
    std::optional<env::Endpoint> m_suggested;
    std::unique_ptr<tor::Service> m_tor;
    std::shared_ptr<tor::OnionNetwork> m_network; ///< shared with who connects just now
};

} // namespace torgo::cli
