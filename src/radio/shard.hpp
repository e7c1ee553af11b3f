#pragma once

#include "radio/event_queue.hpp"
#include "radio/shared.hpp"

#include <vector>

namespace torgo::radio {

/// One advertising event: the same frame on the three channels, one after another.
struct Burst {
    Frame frame;
    NodeId from = no_node;
    std::uint8_t channel = 0; ///< of the packet that comes next, or is on the air
    std::uint8_t profile = 0; ///< of the sender
    Time start = 0;           ///< of that packet
    std::uint64_t hash = 0;   ///< of the frame, for the trace
};

/// A note from one edge node to another.
struct Wire {
    Time time = 0;
    NodeId to = no_node;
    std::uint64_t note = 0;
};

/// What the statistics need to know of messages.
struct MessageNote {
    MessageKey key;
    Time time = 0;
    std::uint32_t expected = 0; ///< 0: the message has arrived at `node`
    NodeId node = no_node;
};

/// A region of the field with its own event queue, run by one thread at a time.
///
/// What a node decides to send it announces Phy::turnaround before the first packet. So all packets
/// that start in a window of that length are known when the window begins, whichever shard they
/// come from, and shards meet only between windows. Everything that happens at a receiver follows
/// from the packets that reach it and from its own draws; hence the number of shards changes
/// nothing.
class Shard {
public:
    Shard(Shared& shared, std::size_t index);

    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;
    Shard(Shard&&) = default;
    ~Shard() = default;

    /// Switches all nodes on and plans the first messages.
    void begin();

    /// Time of the next event, or of what lies ready for others.
    Time next_time();

    /// Everything before `end`. Takes from `all` what they put out in the window before.
    ///
    /// in  windows are counted; two shards may run the same window at once, but not different ones
    void run(Time end, std::uint64_t window, std::vector<Shard>& all);

    /// Between windows only.
    void fail(NodeId node);
    void recover(NodeId node, Time now);

    const Counters& counters(NodeId node) const { return m_counters[node - m_low]; }

    const Totals& totals() const { return m_totals; }

    /// Sum over everything that was sent and received: equal runs have equal sums.
    std::uint64_t trace() const { return m_trace; }

    /// What happened to messages since the last call.
    std::vector<MessageNote>& notes() { return m_notes; }

    std::size_t memory() const;

private:
    class NodeAir;

    enum class Kind : std::uint8_t { packet_end, packet_start, wire, wake, demand, timer, plan };

    static constexpr unsigned phase_bits = 25;
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    struct Receiver {
        Time lock_end = 0;         ///< it is busy with a packet until then
        Time noise_end = 0;        ///< other packets are on the air until then
        Time sends_until = 0;      ///< its own advertising event
        std::uint32_t lock = none; ///< burst that it is receiving
        float lock_mw = 0;
        float noise_mw = 0;
        std::uint8_t lock_level = 0;
        std::uint8_t noise_channel = 0;
        bool on : 1 = true;
        bool bad : 1 = false;        ///< the packet it is busy with is lost
        bool overlapped : 1 = false; ///< that packet met others
    };

    struct Sender {
        Time plan = never;   ///< when the next event is chosen
        Time radio_free = 0; ///< end of the last announced event
        Time timer = never;
        std::uint32_t head = none; ///< frames, first in first out
        std::uint32_t tail = none;
        std::uint32_t draws = 0;
        std::uint32_t messages = 0;
        std::uint8_t queued = 0;
    };

    struct Entry {
        Frame frame;
        std::uint8_t left = 0; ///< events still to be sent
        bool begun = false;
        Time due = 0;
        Time interval = 0;
        std::uint32_t next = none;
    };

    static std::uint32_t who(Kind kind, NodeId node) {
        return static_cast<std::uint32_t>(kind) << node_bits | node;
    }

    bool mine(NodeId node) const { return node >= m_low && node < m_high; }

    Receiver& receiver(NodeId node) { return m_receivers[node - m_low]; }

    Sender& sender(NodeId node) { return m_senders[node - m_low]; }

    Counters& count(NodeId node) { return m_counters[node - m_low]; }

    Chance chance(NodeId node);
    void handle(const Event& event);
    void wake(NodeId node);
    void demand(NodeId node, std::uint32_t flow);
    void demand_later(NodeId node, std::uint32_t flow, Time after);
    void deliver_wires(const Event& event);

    // Sending (shard_send.cpp).
    bool enqueue(NodeId node, ByteView bytes, const Sending& sending);
    std::uint32_t due_first(const Sender& sender, const Profile& profile) const;
    void replan(NodeId node);
    void plan(NodeId node);
    void announce(NodeId node, const Entry& entry, Time start);
    void announce_everywhere(const Burst& burst);
    void put_out(std::size_t shard, const Burst& burst);
    void remove(Sender& sender, std::uint32_t entry);
    void drop_all(Sender& sender);
    void take(const Burst& burst);
    void post(NodeId to, Time time, std::uint64_t note);

    // Receiving (shard_receive.cpp).
    void packet_start(std::uint32_t slot);
    void packet_end(std::uint32_t slot);
    void own_packet(const Burst& burst);
    void hear(const Burst& burst, std::uint32_t slot, std::span<const Link> links);
    void arrive(NodeId node, Receiver& at, const Burst& burst, std::uint32_t slot, Link link);
    void overlap(NodeId node, Receiver& at, const Burst& burst, std::uint32_t slot, Link link);
    void lock(NodeId node, Receiver& at, const Burst& burst, std::uint32_t slot, Link link);
    static void disturb(Receiver& at, const Burst& burst, float mw);
    void resolve(NodeId node, Receiver& at, const Burst& burst);
    std::span<const Link> my_part(std::span<const Link> links) const;

    Shared& m_shared;
    std::size_t m_index;
    NodeId m_low;
    NodeId m_high;
    Time m_now = 0;
    EventQueue m_queue;
    /// Of each receiver: profile, and its place in the scan cycle at time 0. Apart from the rest,
    /// since it alone tells that two of three packets need no further look.
    std::vector<std::uint32_t> m_tunes;
    std::vector<Receiver> m_receivers;
    std::vector<Sender> m_senders;
    std::vector<Counters> m_counters;
    std::vector<Entry> m_entries;
    std::uint32_t m_free_entry = none;
    std::vector<Burst> m_bursts;
    std::vector<std::vector<NodeId>> m_lockers; ///< who receives the packet of a burst
    std::vector<std::uint32_t> m_free_bursts;
    std::vector<Wire> m_wires;
    std::vector<std::uint32_t> m_free_wires;
    std::vector<std::uint32_t> m_scan_at; ///< the moment at hand in each profile's scan cycle
    Totals m_totals;
    std::uint64_t m_trace = 0;
    std::vector<MessageNote> m_notes;

    /// For the other shards, by shard; one set is filled while the other is read.
    struct Out {
        std::vector<Burst> bursts;
        std::vector<Wire> wires;
    };

    std::array<std::vector<Out>, 2> m_out;
    std::size_t m_filling = 0;
    Time m_out_next = never;
};

} // namespace torgo::radio
