#include "cli/onion_way.hpp"

#include "cli/command.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"

#include <charconv>

namespace torgo::cli {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t tor_start_ns = 30 * second_ns;
constexpr std::int64_t bootstrap_ns = 180 * second_ns; ///< of a first start on a slow line
constexpr std::int64_t answer_ns = 2 * second_ns;      ///< of a port of this machine
constexpr std::int64_t tor_stop_ns = 2 * second_ns;
constexpr std::int64_t event_look_ns = 1'000'000; ///< events that lie there are there at once
constexpr std::size_t tor_config_max = 64_KiB;
/// Streams of this program share circuits with each other and with nobody else's.
constexpr const char* isolation = "torgo";

} // namespace

Result<env::Endpoint> parse_endpoint(std::string_view text) {
    if (text.starts_with('/')) return env::Endpoint{.host = std::string(text), .port = 0};
    const auto colon = text.rfind(':');
    const auto wrong = fail(Errc::invalid_argument,
                            "\"" + std::string(text) + "\" is no HOST:PORT or /path of a socket");
    if (colon == std::string_view::npos || colon == 0) return wrong;
    auto host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (host.empty() || (!bracketed && host.contains(':'))) return wrong;
    const auto port = parse_number(text.substr(colon + 1), {0, UINT16_MAX});
    if (!port) return wrong;
    return env::Endpoint{.host = std::string(host), .port = static_cast<std::uint16_t>(*port)};
}

Result<env::Endpoint> parse_loopback(std::string_view text) {
    TRY(auto out, parse_endpoint(text));
    if (out.host == "localhost") out.host = "127.0.0.1";
    // A name that only begins like such an address may lead anywhere.
    if (out.is_unix() || !tor::is_local(out))
        return fail(Errc::invalid_argument, "\"" + std::string(text) +
                                                "\" is not on this machine: what goes to Tor's "
                                                "SOCKS port is in clear on the way to it");
    return out;
}

Result<std::vector<std::string>> read_tor_config(env::FileSystem& files, const std::string& path) {
    std::vector<std::string> lines;
    if (path.empty()) return lines;
    TRY(const auto content, env::read_file(files, path, tor_config_max));
    auto text = as_text(content);
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (end != 0) lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

OnionWay::OnionWay(const env::World& world, TorSettings settings, Output& out, std::stop_token stop)
    : m_world(world), m_settings(std::move(settings)), m_out(out), m_stop(std::move(stop)) {}

OnionWay::~OnionWay() {
    if (m_tor) m_tor->stop(m_world.clock->monotonic_ns() + tor_stop_ns);
}

Result<env::Endpoint> OnionWay::own_socks() {
    TRY(auto lines, read_tor_config(*m_world.files, m_settings.config));
    CHECK_OK(env::make_directories(*m_world.files, env::parent_path(m_settings.folder)));
    tor::ServiceOptions options{
        .tor = tor::OwnTor{.folder = m_settings.folder, .torrc_lines = std::move(lines)},
        .onion = std::nullopt};
    TRY(m_tor, tor::Service::make(m_world, std::move(options)));
    const std::stop_callback interrupt(m_stop, [this] { m_tor->interrupt(); });
    const auto now = m_world.clock->monotonic_ns();
    auto started = m_tor->start(now + tor_start_ns);
    if (!started && started.error().code() == Errc::not_found)
        return fail(Errc::not_found, "there is no tor here to reach this head with: install tor, "
                                     "or name one that runs with --tor-socks");
    if (!started && started.error().code() == Errc::exists)
        return fail(Errc::exists, "another torgo of this user runs a tor in " + m_settings.folder +
                                      ": wait for it, or name a running tor with --tor-socks");
    CHECK_OK_WITH("starting tor", started);
    if (!m_tor->warning().empty()) m_out.warn(m_tor->warning());
    while (!m_tor->is_usable()) {
        m_out.status({"Tor: " + std::to_string(m_tor->status().percent) + " %"});
        auto event = m_tor->wait_for_event(now + bootstrap_ns);
        if (event) continue;
        m_out.status({});
        if (event.error().code() == Errc::cancelled) return std::unexpected(event.error());
        return fail(Errc::unavailable, "Tor does not get through: " + m_tor->status().note);
    }
    m_out.status({});
    return *m_tor->socks();
}

tor::Circuits::Count OnionWay::circuits() {
    const std::unique_lock lock(m_mutex, std::try_to_lock); // held while tor is being started
    if (!lock || tor_has_gone() || !m_tor || !m_network) return {};
    return m_tor->circuits();
}

/// Takes in what tor has told meanwhile. With the mutex held.
bool OnionWay::tor_has_gone() {
    if (!m_tor || !m_network) return false;
    while (m_tor->wait_for_event(m_world.clock->monotonic_ns() + event_look_ns)) {
    }
    return m_tor->status().state == tor::State::down;
}

void OnionWay::suggest(const env::Endpoint& socks) {
    const std::lock_guard lock(m_mutex);
    if (!m_settings.socks.empty() || !m_settings.config.empty() || m_suggested == socks) return;
    m_suggested = socks;
    m_network.reset();
}

bool OnionWay::answers(const env::Endpoint& socks) {
    const auto deadline = m_world.clock->monotonic_ns() + answer_ns;
    return m_world.network->connect(socks, deadline, m_stop).has_value();
}

/// With the mutex held.
Result<env::Endpoint> OnionWay::socks() {
    if (!m_settings.socks.empty()) return parse_endpoint(m_settings.socks);
    if (m_suggested) {
        if (answers(*m_suggested)) return *m_suggested;
        m_out.warn("no tor answers at " + m_suggested->host + ":" +
                   std::to_string(m_suggested->port) + ": going by one of our own");
    }
    if (m_tor && m_tor->status().state != tor::State::down && m_tor->socks())
        return *m_tor->socks();
    return own_socks();
}

Result<std::shared_ptr<env::Network>> OnionWay::network() {
    const std::lock_guard lock(m_mutex);
    if (tor_has_gone()) m_network.reset();
    if (!m_network) {
        TRY(const auto way, socks());
        TRY(m_network, tor::OnionNetwork::make(*m_world.network, way, isolation));
    }
    return m_network;
}

Result<std::unique_ptr<env::Stream>>
OnionWay::connect(const env::Endpoint& to, env::Deadline deadline, const std::stop_token& stop) {
    const auto begun = m_world.clock->monotonic_ns();
    TRY(const auto way, network());
    // What the first start of tor took is not the node's fault.
    return way->connect(to, deadline + (m_world.clock->monotonic_ns() - begun), stop);
}

} // namespace torgo::cli
