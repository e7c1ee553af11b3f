#pragma once

#include "node/test_loop.hpp"
#include "peer/http_request.hpp"
#include "peer/node_link.hpp"
#include "peer/tls_stream.hpp"
#include "sim/random.hpp"
#include "sim/stream.hpp"
#include "sys/clock.hpp"

#include <atomic>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

// A node behind TLS and HTTP in memory, in threads of the test, and what can go wrong on the way.
namespace torgo::node {

inline constexpr auto forever = std::numeric_limits<env::Deadline>::max();

inline crypto::TlsIdentity tls_identity(std::uint8_t number) {
    crypto::SecretBytes seed(crypto::TlsIdentity::seed_size);
    seed.span()[0] = number;
    return crypto::TlsIdentity::from_seed(seed).value();
}

/// Signing keys cost milliseconds; the tests need these two.
struct TestIdentities {
    crypto::TlsIdentity client = tls_identity(1);
    crypto::TlsIdentity server = tls_identity(2);
    crypto::TlsContext client_context =
        crypto::TlsContext::make(crypto::TlsRole::client, client).value();
    crypto::TlsContext server_context =
        crypto::TlsContext::make(crypto::TlsRole::server, server).value();
};

inline TestIdentities& identities() {
    static TestIdentities all;
    return all;
}

/// Serves one connection after the other end of TLS was proved.
using Serve = std::function<void(env::Stream& stream, const PeerId& peer)>;

/// A network in memory on which one node listens. Every connection has a thread.
class MemoryNetwork final : public env::Network {
public:
    explicit MemoryNetwork(Serve serve) : m_serve(std::move(serve)) {}

    MemoryNetwork(const MemoryNetwork&) = delete;
    MemoryNetwork& operator=(const MemoryNetwork&) = delete;

    ~MemoryNetwork() override { stop(); }

    /// What the next connections are like.
    std::function<sim::StreamOptions(unsigned number)> down_options;
    /// False: nobody answers. in  the host, and how many connections there were
    std::function<bool(const env::Endpoint& to)> answers;

    Result<std::unique_ptr<env::Stream>> connect(const env::Endpoint& to, env::Deadline,
                                                 const std::stop_token&) override {
        const std::lock_guard lock(m_mutex);
        m_asked.push_back(to);
        if (answers && !answers(to)) return fail(Errc::unavailable, "nobody answers");
        const auto number = m_connections++;
        auto pair =
            sim::connected_streams({}, down_options ? down_options(number) : sim::StreamOptions{});
        m_threads.emplace_back([this, raw = std::move(pair.right)]() mutable {
            auto accepted = peer::tls_accept(std::move(raw), identities().server_context, forever);
            if (!accepted) return;
            const std::shared_ptr<env::Stream> stream = std::move(accepted->stream);
            {
                const std::lock_guard adding(m_open_mutex);
                m_open.push_back(stream);
            }
            m_serve(*stream, accepted->peer);
            stream->close();
        });
        return std::move(pair.left);
    }

    /// Breaks all connections, as a node that starts anew.
    void break_all() {
        const std::lock_guard lock(m_open_mutex);
        for (const auto& stream : m_open)
            stream->close();
        m_open.clear();
    }

    /// Ends the node; the clients have ended theirs.
    void stop() {
        break_all();
        std::vector<std::thread> threads;
        {
            const std::lock_guard lock(m_mutex);
            threads.swap(m_threads);
        }
        for (auto& thread : threads)
            thread.join();
    }

    unsigned connections() {
        const std::lock_guard lock(m_mutex);
        return m_connections;
    }

    std::vector<env::Endpoint> asked() {
        const std::lock_guard lock(m_mutex);
        return m_asked;
    }

private:
    Serve m_serve;
    std::mutex m_mutex;
    unsigned m_connections = 0;
    std::vector<env::Endpoint> m_asked;
    std::vector<std::thread> m_threads;
    std::mutex m_open_mutex;
    std::vector<std::shared_ptr<env::Stream>> m_open;
};

/// The server's side of HTTP, as little of it as the tests need.
class TestConnection {
public:
    explicit TestConnection(env::Stream& stream) : m_stream(stream) {}

    /// The next request's head; nothing when the client has ended.
    std::optional<peer::HttpRequestHead> next() {
        while (!m_parser.complete()) {
            if (m_begin == m_end && !fill()) return std::nullopt;
            const auto used = m_parser.feed(ByteView(m_room).subspan(m_begin, m_end - m_begin));
            if (!used) return std::nullopt;
            m_begin += *used;
        }
        auto head = m_parser.take();
        m_unread = head.body_size;
        return head;
    }

    /// The next piece of the body, empty at its end or when the client has ended.
    ByteView body() {
        if (m_unread == 0 || (m_begin == m_end && !fill())) return {};
        const auto count = std::min<std::uint64_t>(m_end - m_begin, m_unread);
        const auto piece = ByteView(m_room).subspan(m_begin, count);
        m_begin += count;
        m_unread -= count;
        return piece;
    }

    bool write(std::string_view text) { return write(as_bytes(text)); }

    bool write(ByteView bytes) { return m_stream.write(bytes, forever).has_value(); }

private:
    bool fill() {
        const auto got = m_stream.read_some(m_room, forever);
        m_begin = 0;
        m_end = got.value_or(0);
        return m_end != 0;
    }

    env::Stream& m_stream;
    peer::HttpRequestParser m_parser{head::max_segment_size};
    Bytes m_room = Bytes(100'000);
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
    std::uint64_t m_unread = 0;
};

inline peer::Method method_named(std::string_view text) {
    for (const auto method :
         {peer::Method::head, peer::Method::put, peer::Method::post, peer::Method::remove})
        if (peer::name(method) == text) return method;
    return peer::Method::get;
}

/// One request and its answer. False when the connection is of no more use.
inline bool serve_one(TestConnection& connection, const peer::HttpRequestHead& head,
                      Service& service, const PeerId& peer) {
    peer::Request request{method_named(head.method), head.target, {}, head.body_size};
    for (const auto& field : head.fields)
        request.headers.push_back({field.name, field.value});
    const auto served = service.begin(request, peer);
    const bool early = head.body_size > 0 && served->answered();
    if (!early) {
        if (head.expects_continue && !connection.write("HTTP/1.1 100 Continue\r\n\r\n"))
            return false;
        for (auto piece = connection.body(); !piece.empty(); piece = connection.body())
            served->write(piece);
    }
    auto response = served->finish();
    std::string text = "HTTP/1.1 " + std::to_string(response.status()) + " -\r\n";
    if (response.status() != 204)
        text += "content-length: " + std::to_string(response.size()) + "\r\n";
    for (const auto& header : response.headers())
        text += header.name + ": " + header.value + "\r\n";
    if (early) text += "connection: close\r\n";
    if (!connection.write(text + "\r\n")) return false;
    if (head.method == "HEAD") return !early; // also a refusal has no body then
    Bytes piece(64_KiB);
    for (;;) {
        const auto got = response.read(piece);
        if (!got) return false;
        if (*got == 0) return !early;
        if (!connection.write(ByteView(piece).first(*got))) return false;
    }
}

/// Serves requests until the client or `after` ends it: `after` is told how many were served.
inline Serve serve_all(Service& service, std::function<bool(unsigned)> after = nullptr) {
    return [&service, after](env::Stream& stream, const PeerId& peer) {
        TestConnection connection(stream);
        for (unsigned served = 1;; ++served) {
            const auto head = connection.next();
            if (!head || !serve_one(connection, *head, service, peer)) return;
            if (after && !after(served)) return;
        }
    };
}

/// Serves every request with the same.
inline Serve answer_all(std::function<bool(TestConnection&, const peer::HttpRequestHead&)> answer) {
    return [answer](env::Stream& stream, const PeerId&) {
        TestConnection connection(stream);
        while (const auto head = connection.next())
            if (!answer(connection, *head)) return;
    };
}

inline peer::NodePlace test_place() {
    return {.id = identities().server.id(), .endpoints = {{.host = "node", .port = 7443}}};
}

/// A link and the node at its other end.
struct LinkedNode {
    explicit LinkedNode(Serve serve, const peer::LinkLimits& limits = {},
                        peer::NodePlace place = test_place())
        : network(std::move(serve)),
          link(network, std::move(place), identities().client_context, clock, random, limits) {}

    sys::Clock clock;
    sim::Random random{1};
    MemoryNetwork network;
    peer::NodeLink link;
};

} // namespace torgo::node
