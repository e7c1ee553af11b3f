#include "uplink/metrics_page.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace torgo::uplink {

namespace {
constexpr int backlog = 16;
constexpr int look_ms = 200;           ///< between two looks whether to end
constexpr std::size_t head_max = 8192; ///< of a request
constexpr unsigned parts_max = 16;     ///< in which it may come
constexpr timeval patience{.tv_sec = 2, .tv_usec = 0};

bool send_all(int connection, std::string_view text) {
    while (!text.empty()) {
        const auto sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string response(std::string_view status, std::string_view type, std::string_view body) {
    return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
           std::string(body);
}

/// The head of a request; empty when it does not come whole, in time and in bounds.
std::string read_head(int connection) {
    std::string out;
    std::array<char, 1024> part{};
    for (unsigned parts = 0; out.size() < head_max && parts < parts_max; ++parts) {
        const auto got = ::recv(connection, part.data(), part.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return {};
        out.append(part.data(), static_cast<std::size_t>(got));
        if (out.contains("\r\n\r\n")) return out;
    }
    return {};
}
} // namespace

Result<std::unique_ptr<MetricsPage>> MetricsPage::open(const env::Endpoint& at) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(at.port);
    const bool is_address = ::inet_pton(AF_INET, at.host.c_str(), &address.sin_addr) == 1;
    if (!is_address || (ntohl(address.sin_addr.s_addr) >> 24U) != 127)
        return fail(Errc::invalid_argument,
                    "metrics are served on a loopback address only (127.0.0.1:PORT)");
    std::unique_ptr<MetricsPage> out(new MetricsPage());
    out->m_socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (out->m_socket < 0) return std::unexpected(system_error(errno, "making a socket"));
    const int yes = 1;
    (void)::setsockopt(out->m_socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    socklen_t size = sizeof address;
    if (::bind(out->m_socket, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(out->m_socket, backlog) != 0 ||
        ::getsockname(out->m_socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return std::unexpected(
            system_error(errno, "metrics at " + at.host + ":" + std::to_string(at.port)));
    out->m_port = ntohs(address.sin_port);
    out->m_thread =
        std::jthread([page = out.get()](const std::stop_token& stop) { page->serve(stop); });
    return out;
}

MetricsPage::~MetricsPage() {
    if (m_thread.joinable()) {
        m_thread.request_stop();
        m_thread.join();
    }
    if (m_socket >= 0) ::close(m_socket);
}

void MetricsPage::set(std::string text) {
    const std::lock_guard lock(m_mutex);
    m_text = std::move(text);
}

void MetricsPage::serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        pollfd waits{.fd = m_socket, .events = POLLIN, .revents = 0};
        if (::poll(&waits, 1, look_ms) <= 0) continue;
        const int connection = ::accept4(m_socket, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) continue;
        answer(connection);
        ::close(connection);
    }
}

void MetricsPage::answer(int connection) {
    (void)::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)::setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const auto head = read_head(connection);
    if (!head.empty()) (void)send_all(connection, response_to(head));
}

std::string MetricsPage::response_to(std::string_view request) {
    constexpr std::string_view plain = "text/plain; charset=utf-8";
    if (request.starts_with("GET /health ")) return response("200 OK", plain, "ok\n");
    if (!request.starts_with("GET "))
        return response("405 Method Not Allowed", plain, "only GET\n");
    if (!request.starts_with("GET /metrics "))
        return response("404 Not Found", plain, "there is /metrics, and /health\n");
    const std::lock_guard lock(m_mutex);
    return response("200 OK", "text/plain; version=0.0.4; charset=utf-8", m_text);
}

} // namespace torgo::uplink
