#pragma once

// What the daemon tells an application, in order, in a bounded queue.

#include "bluez/types.hpp"
#include "env/clock.hpp"
#include "env/network.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

namespace torgo::bluez {

/// Under an application key.
struct Message {
    Address source = 0;
    KeyIndex key = 0;
    Destination destination;
    std::uint8_t element = 0; ///< of this node, that received it
    Bytes data;               ///< opcode first
};

/// Under a device key.
struct DeviceKeyMessage {
    Address source = 0;
    bool remote = false; ///< the sender's key; else this node's own: it may change this node
    KeyIndex network = 0;
    std::uint8_t element = 0;
    Bytes data;
};

struct ScanResult {
    std::int16_t rssi = 0;
    DeviceUuid uuid;
    std::optional<std::uint16_t> oob;
    std::optional<std::uint32_t> uri_hash;
    std::optional<Address> server; ///< who heard it, if not this node
};

struct NodeAdded {
    DeviceUuid uuid;
    Address address = 0;
    std::uint8_t elements = 0;
};

struct NodeNotAdded {
    DeviceUuid uuid;
    std::string reason; ///< the daemon's word: "timeout", "bad-pdu"…
};

/// The daemon has ended: no node is attached any more, and what was on its way is lost.
struct DaemonGone {};

/// There is one again; attach again with the token.
struct DaemonBack {};

/// The connection to the bus has ended. This client is of no more use.
struct BusGone {
    std::string reason;
};

using Event = std::variant<Message, DeviceKeyMessage, ModelConfiguration, ScanResult, NodeAdded,
                           NodeNotAdded, DaemonGone, DaemonBack, BusGone>;

/// From the bus's thread to whoever wants it. Never waits for room: the thread that fills it also
/// answers the daemon. What finds no room is counted and gone, as on the air.
class EventQueue {
public:
    EventQueue(const env::Clock& clock, std::size_t capacity)
        : m_clock(&clock), m_capacity(capacity) {}

    /// Adds a message, unless the queue is full.
    void push(Event event);

    /// Adds what must not get lost: the end of a daemon. There are few of these.
    void push_always(Event event);

    /// The next one. Errors: `timeout`; `cancelled` after close(), once all is drained.
    Result<Event> pop(env::Deadline deadline);

    /// How many found no room.
    std::uint64_t lost() const;

    void close();

private:
    const env::Clock* m_clock;
    std::size_t m_capacity;
    mutable std::mutex m_mutex;
    std::condition_variable m_ready;
    std::deque<Event> m_events;
    std::uint64_t m_lost = 0;
    bool m_closed = false;
};

} // namespace torgo::bluez
