#include "bluez/testing/virtual_air.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>

namespace torgo::bluez {

namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t name_interval_ns = 20 * millisecond;
constexpr std::size_t past_max = 64;

/// A Unix socket holds few datagrams: one that finds no room is tried again, for so long.
constexpr std::int64_t room_interval_ns = millisecond;
constexpr unsigned room_tries_max = 2000;
constexpr std::uint8_t ad_provisioning = 0x29;

/// A daemon drops datagrams of 9 bytes and fewer, as some frames of PB-ADV are; its handlers of
/// those do not look behind their end, so they are filled up with zeros.
constexpr std::size_t provisioning_size_min = 10;

/// The livelock of PB-ADV between two daemons: the one that is asked sends one frame in 500 ms, and
/// each Link Open that it hears meanwhile puts its Link Ack at the end of its queue again. A real
/// radio loses enough of them. Here one in this time passes.
/// source  bluez 5.82 mesh/pb-adv.c, send_open_cfm
constexpr std::int64_t link_open_interval_ns = 1200 * millisecond;
constexpr std::size_t link_opens_max = 64;
constexpr std::size_t pb_adv_link_at = 1;
constexpr std::size_t pb_adv_control_at = 6;
constexpr std::uint8_t pb_adv_link_open = 3;

Result<sockaddr_un> unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(Errc::invalid_argument, "too long for a socket: " + path);
    std::ranges::copy(path, address.sun_path);
    return address;
}

bool send_datagram(int socket, const std::string& path, ByteView bytes) {
    const auto address = unix_address(path);
    return address.has_value() &&
           ::sendto(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                    reinterpret_cast<const sockaddr*>(&*address), sizeof(sockaddr_un)) >= 0;
}

std::uint32_t link_of(ByteView frame) {
    std::uint32_t link = 0;
    for (const auto byte : frame.subspan(pb_adv_link_at, sizeof link))
        link = (link << 8U) | byte;
    return link;
}

} // namespace

VirtualAir::VirtualAir(env::Clock& clock, std::string folder, std::uint64_t seed)
    : m_clock(&clock),
      m_folder(std::move(folder)),
      m_wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      m_prng(seed) {}

VirtualAir::~VirtualAir() {
    for (const auto& [name, member] : m_members) {
        if (member.socket < 0) continue;
        ::close(member.socket);
        ::unlink(air_path(name).c_str());
    }
    ::close(m_wake);
}

Result<> VirtualAir::add_daemon(const std::string& name) {
    TRY(const auto address, unix_address(air_path(name)));
    TRY(const auto daemon, unix_address(daemon_path(name)));
    (void)daemon;
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0) return std::unexpected(system_error(errno, "making a socket"));
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        ::close(socket);
        return std::unexpected(system_error(error, air_path(name)));
    }
    const std::lock_guard lock(m_mutex);
    m_members[name].socket = socket;
    wake();
    return {};
}

std::optional<std::string> VirtualAir::bus_name(const std::string& name) const {
    const std::lock_guard lock(m_mutex);
    const auto found = m_members.find(name);
    return found == m_members.end() ? std::nullopt : found->second.bus_name;
}

std::optional<std::string> VirtualAir::wait_for_bus_name(const std::string& name,
                                                         std::int64_t limit_ns) const {
    std::unique_lock lock(m_mutex);
    const auto found = m_members.find(name);
    if (found == m_members.end()) return std::nullopt;
    m_happened.wait_for(lock, std::chrono::nanoseconds(limit_ns),
                        [&] { return found->second.bus_name.has_value(); });
    return found->second.bus_name;
}

void VirtualAir::forget_bus_name(const std::string& name) {
    const std::lock_guard lock(m_mutex);
    m_members[name].bus_name.reset();
}

void VirtualAir::add_station(const std::string& name, FrameHandler handler) {
    const std::lock_guard lock(m_mutex);
    m_members[name].handler = std::move(handler);
}

void VirtualAir::part(const std::string& one, const std::string& other, bool parted) {
    const std::lock_guard lock(m_mutex);
    const std::pair pair(std::min(one, other), std::max(one, other));
    if (parted)
        m_parted.insert(pair);
    else
        m_parted.erase(pair);
}

bool VirtualAir::is_parted(const std::string& one, const std::string& other) const {
    return m_parted.contains({std::min(one, other), std::max(one, other)});
}

Result<> VirtualAir::send(const std::string& station, ByteView frame) {
    return queue(station, frame);
}

Result<> VirtualAir::inject(ByteView frame) {
    return queue_faultless(frame, nullptr);
}

Result<> VirtualAir::inject_to(const std::string& receiver, ByteView frame) {
    return queue_faultless(frame, &receiver);
}

void VirtualAir::observe(std::function<void(const std::string&, ByteView)> observer) {
    const std::lock_guard lock(m_mutex);
    m_observer = std::move(observer);
}

void VirtualAir::set_faults(const AirFaults& faults) {
    const std::lock_guard lock(m_mutex);
    m_faults = faults;
}

AirCounts VirtualAir::counts() const {
    const std::lock_guard lock(m_mutex);
    return m_counts;
}

bool VirtualAir::wait_for_frame(std::uint64_t before, std::int64_t limit_ns) const {
    std::unique_lock lock(m_mutex);
    return m_happened.wait_for(lock, std::chrono::nanoseconds(limit_ns),
                               [&] { return m_counts.sent > before; });
}

Result<> VirtualAir::queue_faultless(ByteView frame, const std::string* receiver) {
    if (frame.empty() || frame.size() > frame_size_max)
        return fail(Errc::invalid_argument, "no frame has this length");
    {
        const std::lock_guard lock(m_mutex);
        ++m_counts.sent;
        m_happened.notify_all();
        for (const auto& [name, member] : m_members) {
            if (receiver == nullptr || name == *receiver)
                m_due.emplace(m_clock->monotonic_ns(),
                              Delivery{name, Bytes(frame.begin(), frame.end())});
        }
    }
    wake();
    return {};
}

bool VirtualAir::wait_until_delivered(std::int64_t limit_ns) const {
    std::unique_lock lock(m_mutex);
    return m_happened.wait_for(lock, std::chrono::nanoseconds(limit_ns),
                               [&] { return m_due.empty() && !m_delivering; });
}

Result<> VirtualAir::queue(const std::string& sender, ByteView frame) {
    if (frame.empty() || frame.size() > frame_size_max)
        return fail(Errc::invalid_argument, "no frame has this length");
    {
        const std::lock_guard lock(m_mutex);
        ++m_counts.sent;
        m_happened.notify_all();
        if (holds_back(frame)) return {};
        Bytes copy(frame.begin(), frame.end());
        for (const auto& [name, member] : m_members) {
            if (name != sender && !is_parted(name, sender)) queue_to(name, copy);
        }
        remember(copy);
    }
    wake();
    return {};
}

bool VirtualAir::holds_back(ByteView frame) {
    if (frame[0] != ad_provisioning || frame.size() <= pb_adv_control_at ||
        frame[pb_adv_control_at] != pb_adv_link_open)
        return false;
    const auto now = m_clock->monotonic_ns();
    if (m_link_opens.size() >= link_opens_max) m_link_opens.clear();
    const auto [last, fresh] = m_link_opens.try_emplace(link_of(frame), now);
    if (!fresh && now - last->second < link_open_interval_ns) {
        ++m_counts.held;
        return true;
    }
    last->second = now;
    return false;
}

void VirtualAir::remember(const Bytes& frame) {
    if (m_past.size() >= past_max) m_past.pop_front();
    m_past.push_back(frame);
}

void VirtualAir::queue_to(const std::string& receiver, const Bytes& frame) {
    constexpr std::uint32_t thousand = 1000;
    if (m_prng.chance(m_faults.loss, thousand)) {
        ++m_counts.lost;
        return;
    }
    Bytes heard = frame;
    if (heard.size() > 1 && m_prng.chance(m_faults.tampering, thousand)) {
        heard[1 + m_prng.below(heard.size() - 1)] ^=
            static_cast<std::uint8_t>(1U << m_prng.below(8));
        ++m_counts.tampered;
    }
    queue_once(receiver, heard);
    if (m_prng.chance(m_faults.doubling, thousand)) {
        queue_once(receiver, heard);
        ++m_counts.doubled;
    }
    if (!m_past.empty() && m_prng.chance(m_faults.replay, thousand)) {
        queue_once(receiver, m_past[m_prng.below(m_past.size())]);
        ++m_counts.replayed;
    }
}

void VirtualAir::queue_once(const std::string& receiver, Bytes frame) {
    const auto spread = std::max<std::int64_t>(m_faults.delay_max_ns - m_faults.delay_min_ns, 0);
    const auto delay =
        m_faults.delay_min_ns +
        static_cast<std::int64_t>(m_prng.below(static_cast<std::uint64_t>(spread) + 1));
    m_due.emplace(m_clock->monotonic_ns() + delay, Delivery{receiver, std::move(frame)});
}

Result<> VirtualAir::step(env::Deadline until) {
    std::vector<pollfd> sockets{{m_wake, POLLIN, 0}};
    std::vector<std::string> names{""};
    int limit = 0;
    {
        const std::lock_guard lock(m_mutex);
        ask_names();
        for (const auto& [name, member] : m_members) {
            if (member.socket < 0) continue;
            sockets.push_back({member.socket, POLLIN, 0});
            names.push_back(name);
        }
        limit = wait_ms(until);
    }
    if (::poll(sockets.data(), sockets.size(), limit) < 0 && errno != EINTR)
        return std::unexpected(system_error(errno, "waiting for frames"));
    std::uint64_t ignored = 0;
    (void)!::read(m_wake, &ignored, sizeof ignored);
    for (std::size_t i = 1; i < sockets.size(); ++i)
        if ((sockets[i].revents & POLLIN) != 0) receive(names[i], sockets[i].fd);
    deliver_due();
    return {};
}

void VirtualAir::receive(const std::string& name, int socket) {
    std::uint8_t buffer[512];
    for (;;) {
        const auto got = ::recv(socket, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got <= 0) return;
        take_datagram(name, ByteView(buffer, static_cast<std::size_t>(got)));
    }
}

void VirtualAir::take_datagram(const std::string& name, ByteView datagram) {
    if (datagram[0] == 0) {
        const std::string_view text = as_text(datagram.subspan(1));
        const std::lock_guard lock(m_mutex);
        m_members[name].bus_name = std::string(text.substr(0, text.find('\0')));
        m_happened.notify_all();
        return;
    }
    std::function<void(const std::string&, ByteView)> observer;
    {
        const std::lock_guard lock(m_mutex);
        observer = m_observer;
    }
    if (observer) observer(name, datagram);
    (void)queue(name, datagram); // longer than a frame: nobody hears it
}

void VirtualAir::deliver_due() {
    std::vector<Delivery> due;
    {
        const std::lock_guard lock(m_mutex);
        const auto end = m_due.upper_bound(m_clock->monotonic_ns());
        for (auto i = m_due.begin(); i != end; ++i)
            due.push_back(std::move(i->second));
        m_due.erase(m_due.begin(), end);
        m_delivering = true;
    }
    for (auto& delivery : due)
        deliver(std::move(delivery));
    const std::lock_guard lock(m_mutex);
    m_delivering = false;
    m_happened.notify_all();
}

void VirtualAir::deliver(Delivery delivery) {
    std::unique_lock lock(m_mutex);
    const auto& member = m_members[delivery.receiver];
    if (member.socket < 0) {
        ++m_counts.delivered;
        const auto handler = member.handler;
        lock.unlock();
        if (handler) handler(delivery.frame);
        return;
    }
    Bytes datagram;
    datagram.push_back(static_cast<std::uint8_t>(delivery.frame.size()));
    datagram.insert(datagram.end(), delivery.frame.begin(), delivery.frame.end());
    if (delivery.frame[0] == ad_provisioning && delivery.frame.size() < provisioning_size_min)
        datagram.resize(1 + provisioning_size_min, 0);
    if (send_datagram(member.socket, daemon_path(delivery.receiver), datagram)) {
        ++m_counts.delivered;
    } else if (errno == EAGAIN && ++delivery.tries < room_tries_max) {
        m_due.emplace(m_clock->monotonic_ns() + room_interval_ns, std::move(delivery));
    } else {
        ++m_counts.overrun;
    }
}

void VirtualAir::ask_names() {
    const auto now = m_clock->monotonic_ns();
    if (now - m_asked_ns < name_interval_ns) return;
    m_asked_ns = now;
    const std::uint8_t question[] = {0};
    for (const auto& [name, member] : m_members)
        if (member.socket >= 0 && !member.bus_name)
            (void)send_datagram(member.socket, daemon_path(name), question);
}

int VirtualAir::wait_ms(env::Deadline until) const {
    const bool asking = std::ranges::any_of(m_members, [](const auto& entry) {
        return entry.second.socket >= 0 && !entry.second.bus_name;
    });
    if (asking) until = std::min(until, m_asked_ns + name_interval_ns);
    if (!m_due.empty()) until = std::min(until, m_due.begin()->first);
    const auto left = until - m_clock->monotonic_ns();
    return left <= 0 ? 0 : static_cast<int>((left + millisecond - 1) / millisecond);
}

void VirtualAir::wake() const {
    const std::uint64_t one = 1;
    (void)!::write(m_wake, &one, sizeof one);
}

} // namespace torgo::bluez
