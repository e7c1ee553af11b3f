// For tests only: preloaded into bluetooth-meshd, this makes `--io unit:PATH` a radio that sends
// and receives. What is wrong with it in bluez 5.66 to 5.82, and in its development tree of 2026:
//
//  1. It binds a datagram socket, never connects it, and calls send(2), which fails with ENOTCONN
//     (mesh/mesh-io-unit.c, send_pkt). Here send() goes to the path in TORGO_MESHD_AIR.
//  2. It hands `size` bytes on from `buf + 1`, one more than there are (the same file, incoming),
//     so that no tag verifies. Here recv() reports one byte less.
//  3. Since 5.67 it asks a queue of receivers that nobody fills: commit cffd5832a of 2023 keeps
//     them in struct mesh_io and removed only the filling of the other. Here an empty one of the
//     two is replaced by the full one when it is walked.
//  4. It gives no address of the sender, which the scan for unprovisioned devices copies without a
//     look (mesh/remprv-server.c, scan_pkt: memcpy(addr, info->addr, 6)). Here there is one.
//
// A daemon on a real adapter uses other files and needs none of this.
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

/// As in struct process_data of mesh/mesh-io-unit.c, with struct mesh_io_recv_info at its end.
struct ProcessData {
    void* io;
    const std::uint8_t* data;
    std::uint8_t size;
    const std::uint8_t* sender;
};

/// The daemon has one thread.
struct Radio {
    int socket = -1;
    sockaddr_un air{};
    socklen_t air_size = 0;
    void* filled_receivers = nullptr; ///< the queue made last before the socket was bound
    void* walked_receivers = nullptr; ///< the one made first after that
};

Radio radio;

/// The function that this library hides.
template <class Function>
Function* hidden(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

void remember(int socket, const char* path) {
    radio.socket = socket;
    radio.air.sun_family = AF_UNIX;
    const auto size = std::strlen(path);
    if (size >= sizeof radio.air.sun_path) std::abort();
    std::memcpy(radio.air.sun_path, path, size + 1);
    radio.air_size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size + 1);
}

} // namespace

using Visitor = void(void*, void*);

// Names and signatures are those of libc and libell.
extern "C" {

void* l_queue_new() {
    void* const queue = hidden<void*()>("l_queue_new")();
    if (radio.socket < 0)
        radio.filled_receivers = queue;
    else if (radio.walked_receivers == nullptr)
        radio.walked_receivers = queue;
    return queue;
}

void l_queue_foreach(void* queue, Visitor* visitor, void* argument) {
    static const std::uint8_t some_sender[6] = {0xc0, 1, 2, 3, 4, 5};
    if (queue != nullptr && queue == radio.walked_receivers &&
        hidden<bool(void*)>("l_queue_isempty")(queue)) {
        auto* const process = static_cast<ProcessData*>(argument);
        if (process->sender == nullptr) process->sender = some_sender;
        queue = radio.filled_receivers;
    }
    hidden<void(void*, Visitor*, void*)>("l_queue_foreach")(queue, visitor, argument);
}

int bind(int socket, const sockaddr* address, socklen_t size) noexcept {
    const int result = hidden<int(int, const sockaddr*, socklen_t)>("bind")(socket, address, size);
    const char* const air = std::getenv("TORGO_MESHD_AIR");
    if (result == 0 && address->sa_family == AF_UNIX && air != nullptr && radio.socket < 0)
        remember(socket, air);
    return result;
}

ssize_t send(int socket, const void* bytes, std::size_t size, int flags) {
    if (socket == radio.socket && socket >= 0)
        return ::sendto(socket, bytes, size, flags, reinterpret_cast<const sockaddr*>(&radio.air),
                        radio.air_size);
    return hidden<ssize_t(int, const void*, std::size_t, int)>("send")(socket, bytes, size, flags);
}

ssize_t recv(int socket, void* bytes, std::size_t size, int flags) {
    const auto got =
        hidden<ssize_t(int, void*, std::size_t, int)>("recv")(socket, bytes, size, flags);
    const bool frame = socket == radio.socket && got > 1 && *static_cast<std::uint8_t*>(bytes) != 0;
    return frame ? got - 1 : got;
}

} // extern "C"
