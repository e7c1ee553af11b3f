#pragma once

#include "base/error.hpp"
#include "env/random.hpp"
#include "mesh/directed_role.hpp"
#include "mesh/host.hpp"
#include "mesh/iv_index.hpp"
#include "mesh/lazy_vector.hpp"
#include "mesh/low_power_role.hpp"
#include "mesh/message_cache.hpp"
#include "mesh/network.hpp"
#include "mesh/replay.hpp"
#include "mesh/store.hpp"

#include <memory>
#include <optional>

namespace torgo::mesh {

/// How much a node may hold. [MESH-18] The defaults suit a machine; a simulator gives less.
struct NodeLimits {
    std::uint16_t cache_entries = 1024; ///< a power of two
    std::uint16_t replay_entries = 32767;
    std::uint8_t outgoing = 8;          ///< segmented messages sent or waiting
    std::uint8_t incoming = 8;          ///< reassemblies
    std::uint8_t completed = 8;         ///< messages of which a late segment is still answered
    std::uint8_t friendships = 8;       ///< low power nodes that this one is a friend of
    std::uint16_t sequence_block = 256; ///< SEQs lost at most by a power cut; 0 counts as 1
};

struct NodeCounters {
    std::uint32_t received = 0;
    std::uint32_t foreign = 0; ///< no key of ours fits
    std::uint32_t cached = 0;
    std::uint32_t replayed = 0;
    std::uint32_t relayed = 0;
    std::uint32_t delivered = 0;
    std::uint32_t no_room = 0;
};

/// What a message is sent with.
struct Outgoing {
    std::uint8_t element = 0; ///< which of ours sends
    Address dst = unassigned;
    const LabelUuid* label = nullptr;    ///< where dst is virtual
    std::optional<KeyIndex> app_index{}; ///< none: the device key
    /// For the device key: that of the other side (a config client's) instead of our own.
    bool their_device_key = false;
    KeyIndex net_index = 0;    ///< for the device key; an application has its own
    std::uint8_t ttl = 0xFF;   ///< 0xFF: the default
    bool long_mic = false;     ///< 64 bits; segmented
    bool acknowledged = false; ///< segmented even if it would fit without
    ByteView payload{};        ///< opcode and parameters
};

/// A node of a Bluetooth Mesh network (Mesh Protocol 1.1), from the network layer to the
/// foundation models, with no clock and no radio of its own: frames and times in, frames and
/// messages out. One thread at a time.
class Node {
public:
    /// A fresh node, just provisioned or made by a simulator. `random` and `host` outlive it, so
    /// does `store`, which may be null: then nothing survives.
    Node(NodeConfig config, const IvIndex::State& iv_index, const NodeLimits& limits, Host& host,
         env::Random& random, Store* store, Time now);

    /// Writes everything that restore() needs. Errors: those of the store.
    Result<> save_all();

    /// The node that the store holds. Sequence numbers go on above all that were ever used.
    ///
    /// errors  `not_found` where the store has no node; `corrupt`
    static Result<std::unique_ptr<Node>> restore(std::shared_ptr<const Composition> composition,
                                                 const NodeLimits& limits, Host& host,
                                                 env::Random& random, Store& store, Time now);

    /// A network PDU (AD type 0x2A) from the air.
    void on_message(Time now, ByteView frame);

    /// A beacon (AD type 0x2B) from the air.
    void on_beacon(Time now, ByteView frame);

    /// To be called at next_wake() or any time.
    void on_wake(Time now);

    Time next_wake() const;

    /// Sends an access message; the number comes back in Host::ended for segmented ones.
    ///
    /// errors  `invalid_argument` for an unknown key or a bad address; `limit_exceeded` for too
    ///         long a payload or too many messages under way; `unavailable` when sequence numbers
    ///         are used up until the next IV update, or the node was reset
    Result<MessageNumber> send(Time now, const Outgoing& message);

    /// Sends a model's state to where it is to be published, and as often as the publication says.
    /// Errors: `not_found` where it is told none; those of send().
    Result<> publish(Time now, std::uint8_t element, ModelId model, ByteView payload);

    /// What a power cut does to a node whose store is kept elsewhere, in a simulator: what it had
    /// in memory is gone; keys, replay marks and states stay, and SEQ begins a block later.
    void reboot(Time now);

    /// Starts an IV update where the rules allow it; whether it did.
    bool begin_iv_update(Time now);

    /// Becomes a low power node: it looks for a friend at once, and sleeps once it has one.
    void start_low_power(Time now, const LowPowerOptions& options);

    /// Keeps a path to a unicast address of a subnet from now on: messages to it go along the path
    /// while there is one, and as a flood otherwise. The node must have directed forwarding on.
    ///
    /// errors  `unavailable` where it has not; `limit_exceeded` where too many are kept already
    Result<> keep_path(Time now, KeyIndex net_index, Address destination);

    /// Null unless directed forwarding is on and was used.
    const DirectedRole* directed() const { return m_directed.get(); }

    /// Whether the radio has to be on; frames that come otherwise are not heard.
    bool is_listening(Time now) const { return !m_low_power || m_low_power->is_listening(now); }

    /// Null unless it is a low power node.
    const LowPowerRole* low_power() const { return m_low_power.get(); }

    /// Null unless it is or was somebody's friend.
    const FriendRole* friends() const { return m_friends.get(); }

    /// on_message() comes soon: for who has so many nodes that they do not stay in the processor's
    /// caches. Changes nothing.
    void expect() const {
        m_cache.expect();
        m_replay.expect();
    }

    const NodeConfig& config() const { return m_config; }

    const IvIndex& iv_index() const { return m_iv; }

    std::uint32_t sequence() const { return m_sequence; }

    const NodeCounters& counters() const { return m_counters; }

    bool is_reset() const { return m_reset; }

    /// What this node alone holds on the heap, shared keys and tables left out.
    std::size_t heap_bytes() const;

    /// For provisioning tools and simulators: changes the states at once.
    NodeStates& states() { return m_config.states; }

    NodeConfig& change_config() { return m_config; }

private:
    friend class DirectedRole;
    friend class FriendRole;
    friend class LowPowerRole;

    struct Opened {
        NetworkPdu pdu;
        std::uint32_t iv_index = 0;
        const Subnet* subnet = nullptr;
        const Credentials* credentials = nullptr;
        bool friendship = false; ///< under the keys of one
        bool directed = false;   ///< under the directed credentials
    };

    struct Completed {
        Address src = unassigned;
        std::uint32_t iv_index = 0;
        std::uint32_t first_seq = 0;
        std::uint32_t block = 0;
        Time quiet_until = Time{0};
    };

    /// A segmented message that waits until the one before it to the same place has ended.
    struct Waiting {
        MessageNumber number = 0;
        Outgoing message{};
        AccessPayload payload{};
        LabelUuid label{};
    };

    /// A model that publishes by itself.
    struct Periodic {
        std::uint8_t element = 0;
        ModelId model{};
        Time interval{};
        Time due{};
    };

    /// A publication that goes out again.
    struct Repeat {
        std::uint8_t element = 0;
        ModelId model{};
        Publication to{};
        std::uint8_t left = 0;
        Time due{};
        AccessPayload payload{};
    };

    /// Most nodes of a large network have none of it.
    struct Publishing {
        std::shared_ptr<const ModelTable> timed{}; ///< what `periodic` was made from
        std::vector<Periodic> periodic{};
        std::vector<std::unique_ptr<Repeat>> repeats{};
    };

    /// A message being given to the upper layers.
    struct Whole {
        const Opened* opened = nullptr;
        std::uint8_t head = 0;
        bool szmic = false;
        std::uint32_t first_seq = 0;
        ByteView upper;
    };

    // node_receive.cpp
    std::optional<Opened> open(ByteView frame);
    std::optional<Opened> try_credentials(ByteView frame, const Credentials& credentials,
                                          std::uint32_t iv_index, bool& cached);
    std::optional<Opened> open_flooding(ByteView frame, const FrameHint& hint,
                                        std::uint32_t iv_index, bool& cached);
    std::optional<Opened> open_friendship(ByteView frame, const FrameHint& hint,
                                          std::uint32_t iv_index, bool& cached);
    bool should_relay(const Opened& opened) const;
    void relay(const Opened& opened);
    bool is_in_fixed_group(Address dst) const;
    bool is_for_us(Address dst) const;
    void on_lower(Time now, const Opened& opened);
    void on_unsegmented(Time now, const Opened& opened, const LowerPdu& lower);
    bool take(Address src, std::uint32_t iv_index, std::uint32_t seq,
              std::optional<std::uint32_t> first);

    // node_reassemble.cpp
    void on_segment(Time now, const Opened& opened, const LowerPdu& lower);
    bool answer_completed(Time now, const Opened& opened, std::uint32_t first);
    IncomingMessage* reassembly(Time now, const Opened& opened, const LowerPdu& lower,
                                std::uint32_t first);
    void on_complete(Time now, const Opened& opened, IncomingMessage& message);
    void send_ack(Time now, const IncomingMessage& message);
    void send_ack_to(Time now, Address src, Address dst, KeyIndex net_index, std::uint8_t ttl,
                     const SegmentAck& ack);
    void on_ack(Time now, const Opened& opened, ByteView parameters);
    void take_ack(Time now, Address from, Address to, const SegmentAck& ack);
    void wake_incoming(Time now);

    // node_upper.cpp
    void on_control(Time now, const Opened& opened, std::uint8_t opcode, ByteView parameters);
    void on_directed(Time now, const Opened& opened, std::uint8_t opcode, ByteView parameters);
    bool ready_directed();
    void on_friendship(Time now, const Opened& opened, std::uint8_t opcode, ByteView parameters);
    void on_heartbeat(Time now, const Opened& opened, ByteView parameters);
    void on_access(Time now, const Whole& whole);
    bool open_by_device_key(Time now, const Whole& whole, AccessNonce nonce);
    void open_by_application(Time now, const Whole& whole, AccessNonce nonce);
    bool try_application(Time now, const Whole& whole, const AccessNonce& nonce,
                         const Application& application, const AppKey& key);
    void deliver_application(Time now, Received received, const LabelUuid* label, ByteView payload);
    void deliver_device(Time now, Received received, ByteView payload, bool own_key);
    void answer_health(Time now, const Received& received);
    void answer_foundation(Time now, const Received& received);

    // node_send.cpp
    std::optional<std::uint32_t> take_sequence();
    void say_used_up();
    bool transmit_pdu(Time now, const Subnet& subnet, NetworkPdu pdu, std::uint32_t iv_index);
    void transmit_frame(const NetworkFrame& frame);
    Result<MessageNumber> send_upper(Time now, const Outgoing& message, MessageNumber number,
                                     const Subnet& subnet, std::uint8_t head, const Aes128& key);
    Result<MessageNumber> send_segmented(Time now, OutgoingMessage message);
    void send_control(Address src, Address dst, KeyIndex net_index, std::uint8_t ttl,
                      ControlOpcode opcode, ByteView parameters);
    void send_control_under(Address src, Address dst, std::uint8_t ttl,
                            const Credentials& credentials, ControlOpcode opcode,
                            ByteView parameters);
    void wake_outgoing(Time now);
    void end_outgoing(std::size_t index, Time now, SendEnd end);
    bool is_busy(Address src, Address dst) const;
    Result<MessageNumber> send_now(Time now, const Outgoing& message, MessageNumber number);
    Result<MessageNumber> send_here(Time now, const Outgoing& message);
    void start_waiting(Time now);

    // node_publish.cpp
    void time_publications(Time now);
    Time next_publication() const;
    void wake_publications(Time now);
    Result<MessageNumber> send_publication(Time now, std::uint8_t element, const Publication& to,
                                           ByteView payload);
    void loop_back(Time now, const Outgoing& message);

    // node_state.cpp
    void apply(IvIndex::Change change);
    void abandon_outgoing();
    bool may_complete_iv() const;
    bool should_begin_iv_update() const;
    void hear_state(Time now, KeyIndex net_index, const NetworkState& state, bool under_next);
    void move_key_refresh(const Subnet& subnet, bool flag);
    std::uint16_t features() const;
    void send_heartbeat();
    void wake_heartbeat(Time now);
    void wake_beacons(Time now);
    NetworkState network_state(const Subnet& subnet) const;
    void reset();
    bool save(RecordKind kind, std::uint16_t which, Bytes record);
    bool save_config();
    Result<> load(RecordKey key, ByteView record);

    Host& m_host;
    env::Random& m_random;
    Store* m_store;
    NodeLimits m_limits;
    bool m_unsaved = false; ///< a configuration that the store refused
    bool m_reset = false;   // these two fill what alignment leaves here
    MessageNumber m_next_number = 1;
    NodeConfig m_config;
    IvIndex m_iv;
    std::uint32_t m_sequence = 0;
    std::uint32_t m_sequence_stored = 0; ///< no SEQ from here on may be used before it is raised
    MessageCache m_cache;
    ReplayList m_replay;
    LazyVector<std::unique_ptr<OutgoingMessage>> m_outgoing;
    LazyVector<std::unique_ptr<Waiting>> m_waiting;
    LazyVector<std::unique_ptr<IncomingMessage>> m_incoming;
    LazyVector<Completed> m_completed;
    std::unique_ptr<Publishing> m_publishing; ///< null while no model publishes by itself
    std::unique_ptr<FriendRole> m_friends;
    std::unique_ptr<LowPowerRole> m_low_power;
    std::unique_ptr<DirectedRole> m_directed;
    Time m_beacon_due = never;
    NodeCounters m_counters{};
};

} // namespace torgo::mesh
