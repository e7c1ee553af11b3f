#include "tor/onion_network.hpp"

#include "tor/onion_address.hpp"
#include "tor/socks.hpp"

#include <charconv>
#include <utility>

namespace torgo::tor {

namespace {

constexpr std::size_t isolation_max = 255;
constexpr const char* socks_user = "torgo";

/// Four decimal numbers to 255 without leading zeros, the first 127.
bool is_loopback_ipv4(std::string_view host) {
    unsigned count = 0;
    for (;; ++count) {
        std::uint8_t value = 0;
        const auto [end, error] = std::from_chars(host.data(), host.data() + host.size(), value);
        const auto length = static_cast<std::size_t>(end - host.data());
        if (error != std::errc{} || (length > 1 && host[0] == '0')) return false;
        if (count == 0 && value != 127) return false;
        host.remove_prefix(length);
        if (host.empty()) return count == 3;
        if (host[0] != '.') return false;
        host.remove_prefix(1);
    }
}

} // namespace

bool is_local(const env::Endpoint& endpoint) {
    if (endpoint.is_unix()) return endpoint.host.starts_with('/') && !endpoint.host.contains('\0');
    return endpoint.host == "::1" || is_loopback_ipv4(endpoint.host);
}

Result<std::unique_ptr<OnionNetwork>> OnionNetwork::make(env::Network& way, env::Endpoint socks,
                                                         std::string isolation) {
    if (!is_local(socks))
        return fail(Errc::invalid_argument, "tor's SOCKS port must be on this machine");
    if (isolation.empty() || isolation.size() > isolation_max)
        return fail(Errc::invalid_argument, "an isolation label has 1 to 255 bytes");
    return std::unique_ptr<OnionNetwork>(
        new OnionNetwork(way, std::move(socks), std::move(isolation)));
}

OnionNetwork::OnionNetwork(env::Network& way, env::Endpoint socks, std::string isolation)
    : m_way(way), m_socks(std::move(socks)), m_isolation(std::move(isolation)) {}

Result<std::unique_ptr<env::Stream>> OnionNetwork::connect(const env::Endpoint& to,
                                                           env::Deadline deadline,
                                                           const std::stop_token& stop) {
    if (to.is_unix()) return fail(Errc::invalid_argument, "no onion service: " + to.host);
    auto address = OnionAddress::parse(to.host);
    if (!address) return std::unexpected(std::move(address).error().with(to.host));
    auto stream = m_way.connect(m_socks, deadline, stop);
    if (!stream) return std::unexpected(std::move(stream).error().with("reaching tor"));
    // tor answers when it has found the service, or given it up.
    const std::stop_callback ended(stop, [&stream] { (*stream)->close(); });
    CHECK_OK(
        socks_connect(**stream, address->host(), to.port, {socks_user, m_isolation}, deadline));
    return stream;
}

} // namespace torgo::tor
