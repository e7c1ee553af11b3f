// Sockets do not block here; poll(2) waits for them, so that every call has its deadline. close()
// only shuts the socket down, which wakes all waiting calls; the number stays taken until the
// stream ends, so that no call can meet another file under it.
#include "sys/network.hpp"

#include "sys/clock.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace torgo::sys {

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t longest_poll_ms = 3'600'000;
constexpr std::int64_t stop_look_ns = 50 * ns_per_ms; ///< while connecting, between looks at `stop`

class Socket {
public:
    explicit Socket(int number) : m_number(number) {}

    Socket(Socket&& other) noexcept : m_number(std::exchange(other.m_number, -1)) {}

    Socket& operator=(Socket&&) = delete;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    ~Socket() {
        if (m_number >= 0) ::close(m_number);
    }

    int number() const { return m_number; }

    int release() { return std::exchange(m_number, -1); }

private:
    int m_number;
};

/// What a failed call on a connection means: gone, whatever the way it went.
std::unexpected<Error> broken(int error_number, std::string_view what) {
    const auto told = system_error(error_number, what);
    return fail(error_number == ETIMEDOUT ? Errc::timeout : Errc::unavailable, told.detail());
}

/// Waits until `events` are there. Errors: `timeout`; `io`.
Result<> await(int socket, short events, env::Deadline deadline) {
    const Clock clock;
    for (;;) {
        // Rounded up: a wait that ends early would only be made again.
        const auto left = (deadline - clock.monotonic_ns() + ns_per_ms - 1) / ns_per_ms;
        const auto wait = std::clamp(left, std::int64_t{0}, longest_poll_ms);
        pollfd one{socket, events, 0};
        const int ready = ::poll(&one, 1, static_cast<int>(wait));
        if (ready > 0) return {};
        if (ready < 0 && errno != EINTR)
            return std::unexpected(system_error(errno, "waiting for a connection"));
        if (ready == 0 && left <= longest_poll_ms)
            return fail(Errc::timeout, "no answer within the limit");
    }
}

bool would_block(int error_number) {
    return error_number == EAGAIN; // the same number as EWOULDBLOCK here
}

class SocketStream final : public env::Stream {
public:
    explicit SocketStream(Socket socket) : m_socket(std::move(socket)) {}

    Result<std::size_t> read_some(ByteSpan out, env::Deadline deadline) override {
        for (;;) {
            if (m_closed) return closed();
            const auto got = ::recv(m_socket.number(), out.data(), out.size(), MSG_DONTWAIT);
            if (m_closed) return closed();
            if (got >= 0) return static_cast<std::size_t>(got);
            if (errno == EINTR) continue;
            if (!would_block(errno)) return broken(errno, "reading from a connection");
            CHECK_OK(await(m_socket.number(), POLLIN, deadline));
        }
    }

    Result<> write(ByteView bytes, env::Deadline deadline) override {
        while (!bytes.empty()) {
            if (m_closed) return closed();
            const auto put =
                ::send(m_socket.number(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (put >= 0) {
                bytes = bytes.subspan(static_cast<std::size_t>(put));
                continue;
            }
            if (m_closed) return closed();
            if (errno == EINTR) continue;
            if (!would_block(errno)) return broken(errno, "writing to a connection");
            CHECK_OK(await(m_socket.number(), POLLOUT, deadline));
        }
        return {};
    }

    void close() noexcept override {
        m_closed = true;
        (void)::shutdown(m_socket.number(), SHUT_RDWR);
    }

private:
    static std::unexpected<Error> closed() {
        return fail(Errc::cancelled, "the connection was closed here");
    }

    Socket m_socket;
    std::atomic<bool> m_closed = false;
};

/// One address to try, of any family.
struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    int family() const { return storage.ss_family; }
};

Address copy_address(const void* data, std::size_t size) {
    Address out;
    std::memcpy(&out.storage, data, size);
    out.size = static_cast<socklen_t>(size);
    return out;
}

Result<std::vector<Address>> unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!path.starts_with('/') || path.contains('\0'))
        return fail(Errc::invalid_argument, "no absolute path of a socket: " + path);
    if (path.size() >= sizeof address.sun_path)
        return fail(Errc::invalid_argument, "too long a path for a socket: " + path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return std::vector{copy_address(&address, sizeof address)};
}

std::unexpected<Error> lookup_failed(int error_number, const std::string& host) {
    const bool malformed = error_number == EAI_FAMILY || error_number == EAI_BADFLAGS;
    return fail(malformed ? Errc::invalid_argument : Errc::unavailable,
                "looking up " + host + ": " + ::gai_strerror(error_number));
}

Result<std::vector<Address>> internet_addresses(const env::Endpoint& to) {
    if (to.host.empty() || to.host.contains('\0') || to.host.ends_with(".onion"))
        return fail(Errc::invalid_argument, "not reachable without Tor: " + to.host);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const auto port = std::to_string(to.port);
    const int failed = ::getaddrinfo(to.host.c_str(), port.c_str(), &hints, &found);
    if (failed != 0) return lookup_failed(failed, to.host);
    std::vector<Address> out;
    for (const auto* one = found; one != nullptr; one = one->ai_next)
        out.push_back(copy_address(one->ai_addr, one->ai_addrlen));
    ::freeaddrinfo(found);
    return out;
}

/// Waits for a connection that has begun.
Result<> finish_connect(int socket, env::Deadline deadline, const std::stop_token& stop) {
    const Clock clock;
    for (auto until = clock.monotonic_ns();;) {
        if (stop.stop_requested()) return fail(Errc::cancelled, "given up while connecting");
        until = std::min(deadline, until + stop_look_ns);
        auto ready = await(socket, POLLOUT, until);
        if (ready) break;
        if (ready.error().code() != Errc::timeout || until == deadline) return ready;
    }
    int problem = 0;
    socklen_t size = sizeof problem;
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &problem, &size) != 0) problem = errno;
    if (problem != 0) return broken(problem, "connecting");
    return {};
}

Result<std::unique_ptr<env::Stream>> connect_to(const Address& address, env::Deadline deadline,
                                                const std::stop_token& stop) {
    Socket socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket.number() < 0) return std::unexpected(system_error(errno, "making a socket"));
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address.storage);
    if (::connect(socket.number(), generic, address.size) != 0) {
        if (errno == EACCES || errno == EPERM)
            return std::unexpected(system_error(errno, "connecting"));
        // EINTR: the connection goes on by itself. EAGAIN: a Unix socket whose queue is full.
        if (errno != EINPROGRESS && errno != EINTR) return broken(errno, "connecting");
        CHECK_OK(finish_connect(socket.number(), deadline, stop));
    }
    return make_stream(socket.release());
}

} // namespace

std::unique_ptr<env::Stream> make_stream(int number) {
    const int on = 1; // fails on a Unix socket, which has no such delay
    (void)::setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return std::make_unique<SocketStream>(Socket(number));
}

Result<std::unique_ptr<env::Stream>>
Network::connect(const env::Endpoint& to, env::Deadline deadline, const std::stop_token& stop) {
    TRY(const auto addresses, to.is_unix() ? unix_address(to.host) : internet_addresses(to));
    auto last = fail(Errc::unavailable, "no address");
    for (const auto& address : addresses) {
        auto stream = connect_to(address, deadline, stop);
        if (stream || stream.error().code() == Errc::cancelled) return stream;
        last = std::unexpected(std::move(stream).error());
    }
    return std::unexpected(std::move(last).error().with(to.host));
}

} // namespace torgo::sys
