#include "node/server_counters.hpp"

#include <string_view>

namespace torgo::node {

namespace {

/// Kinds of one metric stand together; its help stands with the first.
struct Row {
    Count kind;
    std::string_view metric;
    std::string_view label;
    std::string_view help;
};

constexpr std::string_view handshakes = "torgo_server_handshakes_failed_total";
constexpr std::string_view refused = "torgo_server_refused_total";
constexpr std::string_view timeouts = "torgo_server_timeouts_total";

constexpr Row rows[] = {
    {Count::accepted, "torgo_server_connections_total", "", "Connections accepted."},
    {Count::accept_failed, "torgo_server_accept_errors_total", "",
     "Times that a connection could not be accepted, as for want of files."},
    {Count::evicted, "torgo_server_evicted_total", "",
     "Idle connections closed to make room for new ones."},
    {Count::refused_full, refused, R"({reason="connections"})",
     "Connections and requests refused because a limit was reached."},
    {Count::refused_peer_full, refused, R"({reason="connections_of_peer"})", ""},
    {Count::refused_busy, refused, R"({reason="requests"})", ""},
    {Count::refused_head, "torgo_server_bad_heads_total", "",
     "Requests whose head was no HTTP or too long."},
    {Count::handshakes, "torgo_server_handshakes_total", "", "Handshakes that proved a peer."},
    {Count::handshake_authentication, handshakes, R"({reason="authentication"})",
     "Handshakes that failed, by reason."},
    {Count::handshake_unsupported, handshakes, R"({reason="unsupported"})", ""},
    {Count::handshake_corrupt, handshakes, R"({reason="corrupt"})", ""},
    {Count::handshake_unavailable, handshakes, R"({reason="unavailable"})", ""},
    {Count::handshake_timeout, handshakes, R"({reason="timeout"})", ""},
    {Count::handshake_displaced, handshakes, R"({reason="displaced"})", ""},
    {Count::timeout_idle, timeouts, R"({phase="idle"})",
     "Connections closed because nothing came or went for too long, by what was awaited."},
    {Count::timeout_head, timeouts, R"({phase="head"})", ""},
    {Count::timeout_body, timeouts, R"({phase="body"})", ""},
    {Count::broken, "torgo_server_broken_total", "",
     "Requests that ended because the link or the disk failed."},
    {Count::received, "torgo_server_received_bytes_total", "", "Bytes received from the wire."},
    {Count::sent, "torgo_server_sent_bytes_total", "", "Bytes sent to the wire."},
};
static_assert(std::size(rows) == count_kinds);

void describe(std::string& out, std::string_view metric, std::string_view type,
              std::string_view help) {
    out.append("# HELP ").append(metric).append(" ").append(help);
    out.append("\n# TYPE ").append(metric).append(" ").append(type).append("\n");
}

} // namespace

std::string ServerCounters::render() const {
    std::string out;
    for (const auto& row : rows) {
        if (!row.help.empty()) describe(out, row.metric, "counter", row.help);
        out.append(row.metric).append(row.label).append(" ");
        out.append(std::to_string(of(row.kind))).append("\n");
    }
    constexpr std::string_view open = "torgo_server_connections";
    describe(out, open, "gauge", "Connections that are open.");
    out.append(open).append(" ").append(std::to_string(open_connections)).append("\n");
    return out;
}

ServerCounters LiveCounters::snapshot(std::uint64_t open_connections) const noexcept {
    ServerCounters counters;
    for (std::size_t i = 0; i < count_kinds; ++i)
        counters.values[i] = m_values[i].load(std::memory_order_relaxed);
    counters.open_connections = open_connections;
    return counters;
}

Count handshake_failure(Errc code) noexcept {
    switch (code) {
    case Errc::authentication:
        return Count::handshake_authentication;
    case Errc::unsupported:
        return Count::handshake_unsupported;
    case Errc::corrupt:
        return Count::handshake_corrupt;
    default:
        return Count::handshake_unavailable;
    }
}

} // namespace torgo::node
