#pragma once

// The air between bluetooth-meshd daemons that have no radio (`--io unit:PATH`) and stations of our
// own, over Unix datagrams. It loses, delays, doubles, damages and repeats frames by a seed. It has
// no air time: a frame is there when its delay has passed.
//
// A daemon sends `<AD type> <payload>` and takes `<length> <AD type> <payload>`; a datagram that
// begins with zero is no frame but asks for, or tells, the daemon's name on its bus
// (bluez mesh/mesh-io-unit.c).

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/clock.hpp"
#include "env/network.hpp"
#include "sim/prng.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace torgo::bluez {

/// AD type and payload of one advertisement, without its length byte.
inline constexpr std::size_t frame_size_max = 30;

/// What happens to each frame on its way to each receiver, in thousandths.
struct AirFaults {
    std::uint32_t loss = 0;
    std::uint32_t doubling = 0;
    std::uint32_t tampering = 0; ///< one bit flipped behind the AD type
    std::uint32_t replay = 0;    ///< an older frame of anybody follows
    std::int64_t delay_min_ns = 0;
    std::int64_t delay_max_ns = 0;
};

/// Counted for each receiver, but `sent`.
struct AirCounts {
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0;
    std::uint64_t tampered = 0;
    std::uint64_t replayed = 0;
    std::uint64_t held = 0;    ///< repeated PB-ADV Link Opens, see virtual_air.cpp
    std::uint64_t overrun = 0; ///< a daemon that is gone, or behind
};

/// One thread calls step(); everything else is for any thread.
class VirtualAir {
public:
    using FrameHandler = std::function<void(ByteView frame)>;

    /// in      `folder` absolute and short: its sockets lie in it
    VirtualAir(env::Clock& clock, std::string folder, std::uint64_t seed);
    VirtualAir(const VirtualAir&) = delete;
    VirtualAir& operator=(const VirtualAir&) = delete;
    VirtualAir(VirtualAir&&) = delete;
    VirtualAir& operator=(VirtualAir&&) = delete;
    ~VirtualAir();

    /// Makes the socket that a daemon sends to; before it starts.
    Result<> add_daemon(const std::string& name);

    /// Where the daemon sends to (TORGO_MESHD_AIR), and where it listens (`--io unit:`).
    std::string air_path(const std::string& name) const { return m_folder + "/" + name + ".air"; }

    std::string daemon_path(const std::string& name) const {
        return m_folder + "/" + name + ".sock";
    }

    /// The daemon's unique name on its bus, once it has told it.
    std::optional<std::string> bus_name(const std::string& name) const;

    /// The same, waiting for it while another thread steps.
    std::optional<std::string> wait_for_bus_name(const std::string& name,
                                                 std::int64_t limit_ns) const;

    /// After its end: another that starts at the same paths will be asked again.
    void forget_bus_name(const std::string& name);

    /// A bearer for a stack in this process: `handler` is called in step() with each frame.
    void add_station(const std::string& name, FrameHandler handler);

    /// From now on these two do not hear each other, or (`parted` false) do again.
    void part(const std::string& one, const std::string& other, bool parted = true);

    /// Sends a frame from a station, or from nobody: then everybody hears it, faults or not, or one
    /// alone.
    /// errors  `invalid_argument`: empty, or over frame_size_max
    Result<> send(const std::string& station, ByteView frame);
    Result<> inject(ByteView frame);
    Result<> inject_to(const std::string& receiver, ByteView frame);

    /// Called in step() with each frame as its sender gave it.
    void observe(std::function<void(const std::string& sender, ByteView frame)> observer);

    void set_faults(const AirFaults& faults);
    AirCounts counts() const;

    /// Until `sent` is over `before`. False when it is not in time.
    bool wait_for_frame(std::uint64_t before, std::int64_t limit_ns) const;

    /// Until nothing is on its way any more. False when that is not in time.
    bool wait_until_delivered(std::int64_t limit_ns) const;

    /// Takes in and delivers what is there; waits for it until `until` at most.
    Result<> step(env::Deadline until);

private:
    struct Member {
        int socket = -1; ///< −1: a station of this process
        FrameHandler handler;
        std::optional<std::string> bus_name;
    };

    struct Delivery {
        std::string receiver;
        Bytes frame;
        unsigned tries = 0;
    };

    Result<> queue(const std::string& sender, ByteView frame);
    Result<> queue_faultless(ByteView frame, const std::string* receiver);
    bool is_parted(const std::string& one, const std::string& other) const;
    void queue_to(const std::string& receiver, const Bytes& frame);
    void queue_once(const std::string& receiver, Bytes frame);
    bool holds_back(ByteView frame);
    void remember(const Bytes& frame);
    void receive(const std::string& name, int socket);
    void take_datagram(const std::string& name, ByteView datagram);
    void deliver_due();
    void deliver(Delivery delivery);
    void ask_names();
    int wait_ms(env::Deadline until) const;
    void wake() const;

    env::Clock* m_clock;
    std::string m_folder;
    int m_wake;
    mutable std::mutex m_mutex;
    mutable std::condition_variable m_happened;
    std::map<std::string, Member> m_members;
    std::multimap<std::int64_t, Delivery> m_due;
    bool m_delivering = false;
    std::deque<Bytes> m_past;
    std::map<std::uint32_t, std::int64_t> m_link_opens;
    std::set<std::pair<std::string, std::string>> m_parted; ///< each pair in order
    std::function<void(const std::string&, ByteView)> m_observer;
    AirFaults m_faults;
    AirCounts m_counts;
    sim::Prng m_prng;
    std::int64_t m_asked_ns = 0;
};

} // namespace torgo::bluez
