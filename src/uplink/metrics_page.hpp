#pragma once

#include "base/error.hpp"
#include "env/network.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace torgo::uplink {

/// Serves one text at GET /metrics, and "ok" at GET /health, over plain HTTP on a loopback address:
/// for a gateway, which has no peers and so no server of nodes. One request at a time, one a
/// connection. Thread-safe.
class MetricsPage {
public:
    /// in      port 0 for any free one
    /// errors  `invalid_argument` for an address that others can reach; `exists`, `permission`,
    /// `io`
    static Result<std::unique_ptr<MetricsPage>> open(const env::Endpoint& at);

    MetricsPage(const MetricsPage&) = delete;
    MetricsPage& operator=(const MetricsPage&) = delete;
    ~MetricsPage();

    void set(std::string text);

    std::uint16_t port() const noexcept { return m_port; }

private:
    MetricsPage() = default;
    void serve(const std::stop_token& stop);
    void answer(int connection);
    std::string response_to(std::string_view request);

    int m_socket = -1;
    std::uint16_t m_port = 0;
    std::mutex m_mutex;
    std::string m_text;
    std::jthread m_thread;
};

} // namespace torgo::uplink
