#include "sys/hci_channel.hpp"

#include "sys/network.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace torgo::sys {

namespace {

/// Linux include/net/bluetooth/hci_sock.h; no header of libc has these.
constexpr int protocol_hci = 1;
constexpr std::uint16_t channel_user = 1;

struct AdapterAddress {
    sa_family_t family = AF_BLUETOOTH;
    std::uint16_t adapter = 0;
    std::uint16_t channel = 0;
};

std::unexpected<Error> refused(int error, std::uint16_t adapter) {
    const auto what = "hci" + std::to_string(adapter);
    switch (error) {
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        return fail(Errc::unsupported, "this system has no Bluetooth");
    case ENODEV:
        return fail(Errc::not_found, "there is no adapter " + what);
    case EBUSY:
    case EUSERS:
        return fail(Errc::unavailable, what + " is up, or somebody else uses it");
    default:
        return std::unexpected(system_error(error, what));
    }
}

} // namespace

Result<std::unique_ptr<env::Stream>> open_hci_user_channel(std::uint16_t adapter) {
    const int socket =
        ::socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol_hci);
    if (socket < 0) return refused(errno, adapter);
    AdapterAddress address;
    address.adapter = adapter;
    address.channel = channel_user;
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        ::close(socket);
        return refused(error, adapter);
    }
    return make_stream(socket);
}

} // namespace torgo::sys
