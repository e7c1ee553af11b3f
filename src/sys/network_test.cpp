#include "sys/clock.hpp"
#include "sys/network.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

namespace torgo::sys {

namespace {

constexpr std::int64_t ms = 1'000'000;

env::Deadline in(std::int64_t duration_ns) {
    return Clock().monotonic_ns() + duration_ns;
}

/// A listening socket; each connection is accepted by the test itself.
class Listener {
public:
    static Listener on_unix(const std::string& path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        ::unlink(path.c_str());
        return {AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof address};
    }

    static Listener on_loopback(int backlog = 8) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return {AF_INET, reinterpret_cast<sockaddr*>(&address), sizeof address, backlog};
    }

    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    Listener(Listener&&) = delete;
    Listener& operator=(Listener&&) = delete;
    ~Listener() { ::close(m_socket); }

    std::uint16_t port() const {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        ::getsockname(m_socket, reinterpret_cast<sockaddr*>(&address), &size);
        return ntohs(address.sin_port);
    }

    std::unique_ptr<env::Stream> accept() const {
        return make_stream(::accept(m_socket, nullptr, nullptr));
    }

private:
    Listener(int family, const sockaddr* address, socklen_t size, int backlog = 8)
        : m_socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        EXPECT_EQ(::bind(m_socket, address, size), 0);
        EXPECT_EQ(::listen(m_socket, backlog), 0);
    }

    int m_socket;
};

std::string socket_path() {
    return testing::TempDir() + "torgo_net_" + std::to_string(::getpid());
}

void expect_carries_both_ways(env::Stream& one, env::Stream& other) {
    ASSERT_TRUE(one.write(as_bytes("ping"), in(1000 * ms)).has_value());
    Bytes buffer(100);
    ASSERT_EQ(other.read_some(buffer, in(1000 * ms)).value(), 4U);
    ASSERT_TRUE(other.write(as_bytes("answer"), in(1000 * ms)).has_value());
    ASSERT_EQ(one.read_some(buffer, in(1000 * ms)).value(), 6U);
    EXPECT_EQ(as_text(ByteView(buffer).first(6)), "answer");
}

} // namespace

TEST(Network, reaches_tcp_and_unix_sockets) {
    Network network;
    const auto tcp = Listener::on_loopback();
    for (const auto* host : {"127.0.0.1", "localhost"}) {
        const auto stream = network.connect({host, tcp.port()}, in(1000 * ms), {});
        ASSERT_TRUE(stream.has_value()) << stream.error().detail();
        expect_carries_both_ways(**stream, *tcp.accept());
    }
    const auto local = Listener::on_unix(socket_path());
    const auto stream = network.connect({socket_path(), 0}, in(1000 * ms), {});
    ASSERT_TRUE(stream.has_value()) << stream.error().detail();
    expect_carries_both_ways(**stream, *local.accept());
    ::unlink(socket_path().c_str());
}

TEST(Network, tells_nobody_there_from_a_senseless_endpoint) {
    Network network;
    const auto code = [&](const std::string& host, std::uint16_t port) {
        return network.connect({host, port}, in(1000 * ms), {}).error().code();
    };
    std::uint16_t free_port = 0;
    {
        const auto gone = Listener::on_loopback();
        free_port = gone.port();
    }
    EXPECT_EQ(code("127.0.0.1", free_port), Errc::unavailable);
    EXPECT_EQ(code(socket_path() + "_none", 0), Errc::unavailable);
    EXPECT_EQ(code("relative/path", 0), Errc::invalid_argument);
    EXPECT_EQ(code("/" + std::string(108, 'a'), 0), Errc::invalid_argument);
    EXPECT_EQ(code("", 80), Errc::invalid_argument);
    EXPECT_EQ(code("example.onion", 80), Errc::invalid_argument);
}

TEST(Network, a_read_gives_up_at_its_deadline) {
    Network network;
    const auto listener = Listener::on_loopback();
    const auto stream = network.connect({"127.0.0.1", listener.port()}, in(1000 * ms), {}).value();
    Bytes buffer(10);
    const auto before = Clock().monotonic_ns();
    EXPECT_EQ(stream->read_some(buffer, before + 30 * ms).error().code(), Errc::timeout);
    EXPECT_GE(Clock().monotonic_ns(), before + 30 * ms);
    EXPECT_EQ(stream->read_some(buffer, before).error().code(), Errc::timeout);
}

TEST(Network, a_write_that_nobody_reads_gives_up_at_its_deadline) {
    Network network;
    const auto listener = Listener::on_loopback();
    const auto stream = network.connect({"127.0.0.1", listener.port()}, in(1000 * ms), {}).value();
    const auto other = listener.accept();
    EXPECT_EQ(stream->write(Bytes(64_MiB), in(30 * ms)).error().code(), Errc::timeout);
}

TEST(Network, carries_more_than_the_buffers_hold) {
    Network network;
    const auto listener = Listener::on_loopback();
    const auto stream = network.connect({"127.0.0.1", listener.port()}, in(1000 * ms), {}).value();
    const auto other = listener.accept();
    const std::jthread writer([&] {
        EXPECT_TRUE(stream->write(Bytes(16_MiB, 7), in(20'000 * ms)).has_value());
        stream->close();
    });
    Bytes buffer(64_KiB);
    std::size_t total = 0;
    for (;;) {
        const auto got = other->read_some(buffer, in(20'000 * ms));
        ASSERT_TRUE(got.has_value());
        if (*got == 0) break;
        total += *got;
    }
    EXPECT_EQ(total, 16_MiB);
}

TEST(Network, close_wakes_a_read_that_waits) {
    Network network;
    const auto listener = Listener::on_loopback();
    const auto stream = network.connect({"127.0.0.1", listener.port()}, in(1000 * ms), {}).value();
    const auto other = listener.accept();
    Result<std::size_t> got = 0;
    std::jthread reader([&] {
        Bytes buffer(10);
        (void)other->write(as_bytes("I read"), in(1000 * ms));
        got = other->read_some(buffer, in(60'000 * ms));
    });
    Bytes buffer(10);
    ASSERT_TRUE(stream->read_some(buffer, in(1000 * ms)).has_value());
    other->close();
    other->close();
    reader.join();
    EXPECT_EQ(got.error().code(), Errc::cancelled);
    EXPECT_EQ(other->write(as_bytes("x"), in(1000 * ms)).error().code(), Errc::cancelled);
    EXPECT_EQ(stream->read_some(buffer, in(1000 * ms)).value(), 0U);
}

TEST(Network, a_connect_that_waits_can_be_given_up) {
    Network network;
    const auto full = Listener::on_loopback(/*backlog=*/0); // takes one and lets others wait
    const env::Endpoint to{"127.0.0.1", full.port()};
    std::vector<std::unique_ptr<env::Stream>> taken;
    for (auto one = network.connect(to, in(200 * ms), {}); one;
         one = network.connect(to, in(200 * ms), {}))
        taken.push_back(*std::move(one));
    std::stop_source stop;
    Result<std::unique_ptr<env::Stream>> got = nullptr;
    std::jthread waiting([&] { got = network.connect(to, in(60'000 * ms), stop.get_token()); });
    stop.request_stop();
    waiting.join();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), Errc::cancelled);
}

TEST(Network, a_broken_connection_is_unavailable) {
    Network network;
    const auto listener = Listener::on_loopback();
    const auto stream = network.connect({"127.0.0.1", listener.port()}, in(1000 * ms), {}).value();
    {
        const auto other = listener.accept();
        ASSERT_TRUE(stream->write(as_bytes("never read"), in(1000 * ms)).has_value());
    } // unread bytes: the other side sends a reset
    Bytes buffer(10);
    EXPECT_EQ(stream->read_some(buffer, in(1000 * ms)).error().code(), Errc::unavailable);
    EXPECT_EQ(stream->write(as_bytes("x"), in(1000 * ms)).error().code(), Errc::unavailable);
}

} // namespace torgo::sys
