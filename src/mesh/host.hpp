#pragma once

#include "mesh/access.hpp"
#include "mesh/node_config.hpp"
#include "mesh/sar.hpp"

#include <cstdint>

namespace torgo::mesh {

class Node;

/// What kind of advertising structure a frame goes out in (AD types of the Bluetooth core).
enum class Bearing : std::uint8_t { pb_adv = 0x29, message = 0x2A, beacon = 0x2B };

/// A frame to be sent, and how often: the bearer owns radio time, jitter and queues.
struct Transmission {
    Bearing bearing{};
    ByteView frame{};              ///< lives as long as the call
    std::uint8_t repeats = 0;      ///< after the first time
    std::uint16_t interval_ms = 0; ///< between them
    bool relayed = false;
};

/// An access message for one element.
struct Received {
    std::uint8_t element = 0;
    /// Which is bound and subscribed; under a device key config_client, or remote_server.
    ModelId model{};
    Address src = unassigned;
    Address dst = unassigned;
    KeyIndex app_index = 0;
    KeyIndex net_index = 0;
    bool device_key = false;
    std::uint8_t ttl = 0;  ///< as it came
    std::uint32_t seq = 0; ///< of the message; of its first segment where it had several
    Opcode opcode = 0;
    ByteView parameters{}; ///< lives as long as the call
};

enum class SendEnd : std::uint8_t { acknowledged, sent_to_group, timed_out, refused, abandoned };

struct HeardHeartbeat {
    Address src = unassigned;
    Address dst = unassigned;
    std::uint8_t hops = 0;
    std::uint16_t features = 0;
};

/// What happened to a node, for those who watch it.
enum class NodeEvent : std::uint8_t {
    config_changed,
    iv_index_changed,
    key_refresh_moved,
    friendship_begun, ///< of a low power node
    friendship_ended,
    reset,            ///< it has left its network; no more can be sent
    sequence_used_up, ///< no number is left under this IV Index, and no update is under way
    store_failed,     ///< the disk refuses: what was not stored was not done
};

/// The world around a node. Called from within the node's own calls; must not call back into it
/// but for Node::send, and that only from message(), and Node::publish from publication_due().
class Host {
public:
    virtual ~Host() = default;

    virtual void transmit(Node& node, const Transmission& transmission) = 0;
    virtual void message(Node& node, Time now, const Received& received) = 0;

    virtual void ended(Node&, MessageNumber, SendEnd) {}

    /// A model was told to publish its state now and then (Node::publish), and it is time.
    virtual void publication_due(Node&, Time, std::uint8_t, ModelId) {}

    virtual void heartbeat(Node&, const HeardHeartbeat&) {}

    virtual void event(Node&, NodeEvent) {}

    /// The device key of another node, for those who configure it; null where it is not known.
    virtual const Aes128* device_key_of(Address) { return nullptr; }
};

} // namespace torgo::mesh
