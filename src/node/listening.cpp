#include "node/listening.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace torgo::node {

namespace {

/// Connections that the kernel finishes before they are accepted.
constexpr int backlog = 512;

/// An address of one of the families that are listened on.
struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    template <class Kind>
    Kind& as() noexcept {
        size = sizeof(Kind);
        return reinterpret_cast<Kind&>(storage);
    }

    const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

std::unexpected<Error> bad_address(const std::string& text) {
    return fail(Errc::invalid_argument, "no address to listen on: " + text);
}

Result<Address> parse_address(const env::Endpoint& at) {
    Address address;
    if (in_addr four{}; ::inet_pton(AF_INET, at.host.c_str(), &four) == 1) {
        auto& to = address.as<sockaddr_in>();
        to.sin_family = AF_INET;
        to.sin_addr = four;
        to.sin_port = htons(at.port);
        return address;
    }
    auto& to = address.as<sockaddr_in6>();
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(at.port);
    if (::inet_pton(AF_INET6, at.host.c_str(), &to.sin6_addr) != 1) return bad_address(at.host);
    return address;
}

bool is_loopback(Address address) {
    if (address.storage.ss_family == AF_INET)
        return (ntohl(address.as<sockaddr_in>().sin_addr.s_addr) >> 24U) == 127;
    return IN6_IS_ADDR_LOOPBACK(&address.as<sockaddr_in6>().sin6_addr) != 0;
}

Result<Address> unix_address(const std::string& path) {
    Address address;
    auto& to = address.as<sockaddr_un>();
    if (path.size() >= sizeof to.sun_path || path.contains('\0')) return bad_address(path);
    to.sun_family = AF_UNIX;
    std::memcpy(static_cast<char*>(to.sun_path), path.data(), path.size());
    return address;
}

Error failure(int number, const std::string& at) {
    if (number == EADDRINUSE) return {Errc::exists, "somebody else listens there: " + at};
    return system_error(number, "listening on " + at);
}

Result<int> make_socket(int family) {
    const int made = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made < 0) return std::unexpected(system_error(errno, "making a socket"));
    return made;
}

/// True when the socket at this address was left by a process that is no more.
bool is_left_over(const Address& address) {
    const auto probe = make_socket(AF_UNIX);
    if (!probe) return false;
    const bool refused =
        ::connect(*probe, address.get(), address.size) != 0 && errno == ECONNREFUSED;
    (void)::close(*probe);
    return refused;
}

} // namespace

Listening::Listening(Listening&& other) noexcept
    : m_socket(std::exchange(other.m_socket, -1)),
      m_family(other.m_family),
      m_kind(other.m_kind),
      m_at(std::move(other.m_at)),
      m_has_path(std::exchange(other.m_has_path, false)) {}

Listening::~Listening() {
    if (m_socket >= 0) (void)::close(m_socket);
    if (m_has_path) (void)::unlink(m_at.host.c_str());
}

int Listening::take_socket() noexcept {
    return std::exchange(m_socket, -1);
}

Result<Listening> Listening::open(const Listener& listener) {
    Listening made;
    made.m_at = listener.at;
    made.m_kind = listener.kind;
    const bool has_path = listener.at.host.starts_with('/');
    CHECK_OK(has_path ? made.bind_unix() : made.bind_tcp());
    if (::listen(made.m_socket, backlog) != 0)
        return std::unexpected(failure(errno, listener.at.host));
    return made;
}

Result<> Listening::bind_unix() {
    if (m_at.port != 0) return bad_address(m_at.host + " with a port");
    TRY(const auto address, unix_address(m_at.host));
    m_family = AF_UNIX;
    TRY(m_socket, make_socket(m_family));
    // Before it is bound, so that nobody else can connect in between.
    if (::fchmod(m_socket, S_IRUSR | S_IWUSR) != 0)
        return std::unexpected(system_error(errno, "guarding a socket"));
    int result = ::bind(m_socket, address.get(), address.size);
    if (result != 0 && errno == EADDRINUSE && is_left_over(address)) {
        (void)::unlink(m_at.host.c_str());
        result = ::bind(m_socket, address.get(), address.size);
    }
    if (result != 0) return std::unexpected(failure(errno, m_at.host));
    m_has_path = true;
    return {};
}

Result<> Listening::bind_tcp() {
    TRY(auto address, parse_address(m_at));
    if (m_kind == Listener::Kind::status && !is_loopback(address))
        return fail(Errc::invalid_argument, "the status of a node is told on loopback alone");
    m_family = address.storage.ss_family;
    TRY(m_socket, make_socket(m_family));
    const int on = 1;
    (void)::setsockopt(m_socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (m_family == AF_INET6)
        (void)::setsockopt(m_socket, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (::bind(m_socket, address.get(), address.size) != 0)
        return std::unexpected(failure(errno, m_at.host));
    if (::getsockname(m_socket, reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0)
        return std::unexpected(failure(errno, m_at.host));
    m_at.port = ntohs(m_family == AF_INET ? address.as<sockaddr_in>().sin_port
                                          : address.as<sockaddr_in6>().sin6_port);
    return {};
}

} // namespace torgo::node
