#pragma once

// For tests: a server on loopback, and clients with real sockets.

#include "crypto/test_tls.hpp"
#include "node/server.hpp"
#include "node/test_loop.hpp"
#include "peer/http_client.hpp"
#include "peer/tls_stream.hpp"
#include "sys/clock.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace torgo::node {

inline constexpr std::int64_t test_patience_ns = 60'000'000'000;

/// A blocking socket, as small as can be.
class SocketStream final : public env::Stream {
public:
    explicit SocketStream(int socket) : m_socket(socket) {}

    int socket() const noexcept { return m_socket; }

    SocketStream(const SocketStream&) = delete;
    SocketStream& operator=(const SocketStream&) = delete;
    SocketStream(SocketStream&&) = delete;
    SocketStream& operator=(SocketStream&&) = delete;

    ~SocketStream() override { (void)::close(m_socket); }

    Result<std::size_t> read_some(ByteSpan out, env::Deadline deadline) override {
        CHECK_OK(wait(POLLIN, deadline));
        const auto got = ::recv(m_socket, out.data(), out.size(), 0);
        if (got < 0) return fail(Errc::unavailable, "recv");
        return static_cast<std::size_t>(got);
    }

    Result<> write(ByteView bytes, env::Deadline deadline) override {
        while (!bytes.empty()) {
            CHECK_OK(wait(POLLOUT, deadline));
            const auto sent =
                ::send(m_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && errno != EAGAIN) return fail(Errc::unavailable, "send");
            bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
        }
        return {};
    }

    void close() noexcept override { (void)::shutdown(m_socket, SHUT_RDWR); }

private:
    Result<> wait(short what, env::Deadline deadline) const {
        const auto left_ns = deadline - sys::Clock().monotonic_ns();
        pollfd polled{m_socket, what, 0};
        const auto ms = static_cast<int>(std::max<std::int64_t>(left_ns, 0) / 1'000'000);
        if (::poll(&polled, 1, ms) == 1) return {};
        return fail(Errc::timeout, "nothing came");
    }

    int m_socket;
};

/// A connected socket, or nothing.
inline std::unique_ptr<SocketStream> try_connect(const env::Endpoint& to) {
    sockaddr_storage address{};
    socklen_t size = sizeof(sockaddr_in);
    if (to.host.starts_with('/')) {
        auto& path = reinterpret_cast<sockaddr_un&>(address);
        path.sun_family = AF_UNIX;
        std::memcpy(static_cast<char*>(path.sun_path), to.host.data(), to.host.size());
        size = sizeof path;
    } else {
        auto& four = reinterpret_cast<sockaddr_in&>(address);
        four.sin_family = AF_INET;
        four.sin_port = htons(to.port);
        (void)::inet_pton(AF_INET, to.host.c_str(), &four.sin_addr);
    }
    const int made = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) return nullptr;
    auto stream = std::make_unique<SocketStream>(made);
    if (::connect(made, reinterpret_cast<const sockaddr*>(&address), size) != 0) return nullptr;
    return stream;
}

/// The limits of a test that waits for one of them.
inline ServerLimits quick_limits() {
    ServerLimits limits;
    limits.tick = std::chrono::milliseconds(5);
    limits.linger_time = std::chrono::milliseconds(200);
    return limits;
}

struct TestAnswer {
    peer::HttpResponseHead head;
    Bytes body;

    std::string field(std::string_view name) const {
        return std::string(peer::find_field(head.fields, name).value_or(""));
    }
};

/// One node behind one server, and the peer of `tls.client_identity`, who has all rights.
class TestServer {
public:
    explicit TestServer(const ServerLimits& limits = {}, std::uint64_t room = TestNode::quota)
        : TestServer({{{"127.0.0.1", 0}, Listener::Kind::peers}}, limits, room) {}

    explicit TestServer(const std::vector<Listener>& listeners, const ServerLimits& limits = {},
                        std::uint64_t room = TestNode::quota)
        : node(true, room) {
        const peer::Capability all{
            test_repository, tls.client_identity.id(), {peer::Rights::all}, 0, "test"};
        const auto record =
            peer::sign(all, test_owner().key, crypto::SignMode::deterministic).value();
        const auto name = peer::name_of_record(peer::capability_prefix, record);
        EXPECT_EQ(node.outcome(1, peer::Method::put, in_repository("roots/" + name), record), "ok");
        server = Server::start(*node.service, tls.server, clock, listeners, limits).value();
    }

    env::Deadline soon() const { return clock.monotonic_ns() + test_patience_ns; }

    env::Endpoint at(std::size_t listener = 0) const { return server->endpoints()[listener]; }

    std::unique_ptr<SocketStream> raw(std::size_t listener = 0) const {
        auto stream = try_connect(at(listener));
        EXPECT_NE(stream, nullptr);
        return stream;
    }

    std::unique_ptr<env::Stream> link(std::size_t listener = 0) const {
        return peer::tls_connect(raw(listener), tls.client, tls.server_identity.id(), soon())
            .value();
    }

    peer::HttpClient client(std::size_t listener = 0) const { return {link(listener), "node"}; }

    Result<TestAnswer> ask(peer::HttpClient& client, std::string_view method,
                           const std::string& target, ByteView body = {}, bool ask_first = false,
                           std::span<const peer::HttpField> fields = {}) const {
        TRY(auto head, client.exchange({method, target, fields, body.size(), ask_first}, body,
                                       soon(), soon()));
        TRY(auto received, client.read_whole_body(64_MiB, soon()));
        return TestAnswer{std::move(head), std::move(received)};
    }

    /// The status of the answer on a new link, 0 when there is none.
    int status(std::string_view method, const std::string& target, ByteView body = {}) const {
        auto asking = client();
        const auto answer = ask(asking, method, target, body);
        return answer ? answer->head.status : 0;
    }

    std::uint64_t count(Count kind) const { return server->counters().of(kind); }

    TestNode node;
    crypto::TlsPair tls;
    mutable sys::Clock clock;
    std::unique_ptr<Server> server;
};

/// Reads until the other side ends or breaks the stream. False when neither happens.
inline bool ends(env::Stream& stream, env::Deadline deadline, Bytes* all = nullptr) {
    Bytes piece(64_KiB);
    while (true) {
        const auto got = stream.read_some(piece, deadline);
        if (!got) return got.error().code() != Errc::timeout;
        if (*got == 0) return true;
        if (all) all->insert(all->end(), piece.begin(), piece.begin() + static_cast<long>(*got));
    }
}

} // namespace torgo::node
