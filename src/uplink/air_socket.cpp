#include "uplink/air_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

namespace torgo::uplink {

namespace {
constexpr std::size_t structure_max = 31; ///< of one advertisement
constexpr std::size_t header = 2;
constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t poll_most_ms = 60'000;

Result<sockaddr_un> unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return fail(Errc::invalid_argument, "no path that a socket can have: " + path);
    std::ranges::copy(path, address.sun_path);
    return address;
}

const sockaddr* as_sockaddr(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

bool somebody_listens(int socket, const sockaddr_un& address) {
    const std::uint8_t nothing = 0;
    const auto sent = ::sendto(socket, &nothing, 0, MSG_DONTWAIT | MSG_NOSIGNAL,
                               as_sockaddr(address), sizeof address);
    return sent >= 0 || (errno != ECONNREFUSED && errno != ENOENT);
}
} // namespace

Result<AirSocket> AirSocket::bind(const env::Clock& clock, const std::string& path) {
    TRY(const auto address, unix_address(path));
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0) return std::unexpected(system_error(errno, "making a socket"));
    AirSocket out(clock, socket, {});
    if (::bind(socket, as_sockaddr(address), sizeof address) != 0) {
        if (errno != EADDRINUSE) return std::unexpected(system_error(errno, path));
        if (somebody_listens(socket, address))
            return fail(Errc::exists, "somebody listens already at " + path);
        ::unlink(path.c_str());
        if (::bind(socket, as_sockaddr(address), sizeof address) != 0)
            return std::unexpected(system_error(errno, path));
    }
    out.m_own_path = path;
    return out;
}

Result<AirSocket> AirSocket::listen(const env::Clock& clock, const std::string& path) {
    return bind(clock, path);
}

Result<AirSocket> AirSocket::join(const env::Clock& clock, const std::string& path,
                                  const std::string& own_path) {
    CHECK_OK(unix_address(path));
    TRY(auto out, bind(clock, own_path));
    out.m_joined = path;
    out.m_stations.insert(path);
    return out;
}

AirSocket::AirSocket(AirSocket&& other) noexcept
    : m_clock(other.m_clock),
      m_socket(std::exchange(other.m_socket, -1)),
      m_own_path(std::exchange(other.m_own_path, {})),
      m_joined(std::move(other.m_joined)),
      m_stations(std::move(other.m_stations)) {}

AirSocket::~AirSocket() {
    if (m_socket < 0) return;
    ::close(m_socket);
    if (!m_own_path.empty()) ::unlink(m_own_path.c_str());
}

void AirSocket::send(std::uint8_t ad_type, ByteView payload) {
    std::array<std::uint8_t, structure_max> frame{};
    const auto size = std::min(payload.size(), frame.size() - header);
    frame[0] = static_cast<std::uint8_t>(size + 1);
    frame[1] = ad_type;
    std::copy_n(payload.begin(), size, frame.begin() + header);
    std::erase_if(m_stations, [&](const std::string& path) {
        const auto address = unix_address(path);
        const auto sent =
            !address ? -1
                     : ::sendto(m_socket, frame.data(), size + header, MSG_DONTWAIT | MSG_NOSIGNAL,
                                as_sockaddr(*address), sizeof(sockaddr_un));
        const bool is_gone = sent < 0 && (errno == ECONNREFUSED || errno == ENOENT);
        return is_gone && path != m_joined;
    });
}

void AirSocket::note_sender(const std::string& path) {
    if (!path.empty() && m_stations.size() < stations_max) m_stations.insert(path);
}

Result<std::optional<Bytes>> AirSocket::receive(env::Deadline until) {
    while (true) {
        std::array<std::uint8_t, structure_max + 1> frame{};
        sockaddr_un from{};
        socklen_t from_size = sizeof from;
        const auto size = ::recvfrom(m_socket, frame.data(), frame.size(), MSG_DONTWAIT,
                                     reinterpret_cast<sockaddr*>(&from), &from_size);
        if (size > 0) {
            if (from_size > offsetof(sockaddr_un, sun_path)) note_sender(from.sun_path);
            const auto length = static_cast<std::size_t>(size);
            if (length < header || length > structure_max || frame[0] != length - 1) continue;
            return std::optional(Bytes(frame.begin() + 1, frame.begin() + size));
        }
        if (size == 0) continue; // somebody asked whether anybody listens
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return std::unexpected(system_error(errno, "hearing the air"));
        const auto left = until - m_clock->monotonic_ns();
        if (left <= 0) return std::optional<Bytes>();
        pollfd waits{.fd = m_socket, .events = POLLIN, .revents = 0};
        const auto ms = std::clamp<std::int64_t>(left / millisecond + 1, 1, poll_most_ms);
        (void)::poll(&waits, 1, static_cast<int>(ms));
    }
}

} // namespace torgo::uplink
