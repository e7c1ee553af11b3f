#pragma once

#include "mesh/friendship.hpp"
#include "mesh/network.hpp"
#include "mesh/node_config.hpp"
#include "mesh/replay.hpp"
#include "mesh/sar.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace torgo::mesh {

class Node;

/// The keys of one friendship, derived anew when the subnet's keys change.
class FriendshipKeys {
public:
    FriendshipKeys() = default;
    FriendshipKeys(Address lpn, Address friend_address, std::uint16_t lpn_counter,
                   std::uint16_t friend_counter);

    /// Those of the subnet's key, and of its successor where it has one.
    const Credentials& current(const Subnet& subnet);
    const Credentials* next(const Subnet& subnet);
    /// What to send under: the successor once the subnet has switched.
    const Credentials& transmit(const Subnet& subnet);

private:
    struct Derived {
        std::shared_ptr<const NetKey> of;
        Credentials credentials;
    };

    const Credentials& derive(Derived& slot, const std::shared_ptr<const NetKey>& key) const;

    Address m_lpn = unassigned;
    Address m_friend = unassigned;
    std::uint16_t m_lpn_counter = 0;
    std::uint16_t m_friend_counter = 0;
    Derived m_current;
    Derived m_next;
};

/// The friend's side of friendship (Mesh Protocol 1.1, 3.6.6.3): keeps for low power nodes what
/// comes while they sleep, acknowledges long messages on their behalf, and hands it out when they
/// poll. There is one only on nodes that have such friends.
class FriendRole {
public:
    static constexpr std::chrono::milliseconds receive_window{100};
    static constexpr std::uint8_t queue_size = 64;
    static constexpr std::uint8_t subscriptions_max = 16;
    static constexpr std::size_t reassemblies_max = 2; ///< of one low power node
    static constexpr std::size_t completed_max = 4;
    static constexpr std::uint16_t taken_sources_max = 256;

    explicit FriendRole(Node& node) : m_node(node) {}

    /// A control message that may be about friendship.
    void on_control(Time now, const NetworkPdu& pdu, KeyIndex net_index, bool under_friendship,
                    std::uint8_t opcode, ByteView parameters);

    /// A network PDU, also one of the node's own: kept where a low power node should have it.
    void on_pdu(Time now, const NetworkPdu& pdu, KeyIndex net_index, std::uint32_t iv_index,
                bool own);

    /// An address of an element of one of the friends.
    bool serves(Address unicast) const;

    /// Keys to try on a frame, with the friendship they are of.
    struct Candidate {
        const Credentials* credentials = nullptr;
        KeyIndex net_index = 0;
    };

    std::vector<Candidate> candidates(std::uint8_t nid);

    /// The IV Index or a key has changed: what comes from now on is told about first.
    void security_changed();

    void on_wake(Time now);
    Time next_wake() const;

    std::size_t size() const { return m_friendships.size(); }
    /// In 100 ms; 0 where it is no friend of ours.
    std::uint32_t poll_timeout_of(Address lpn) const;
    std::size_t queued_for(Address lpn) const;

private:
    struct Queued {
        NetworkPdu pdu{};
        std::uint32_t iv_index = 0;
        bool update = false; ///< a Friend Update, made when it is sent
    };

    struct Assembly {
        IncomingMessage message{};
        std::array<std::uint32_t, segments_max> seqs{};
        std::uint8_t ttl_left = 0;
    };

    struct Completed {
        Address src = unassigned;
        std::uint32_t iv_index = 0; ///< numbers begin anew with another
        std::uint32_t first_seq = 0;
        Time quiet_until{0};
    };

    struct Friendship {
        FriendRequest request{};
        Address lpn = unassigned;
        KeyIndex net_index = 0;
        std::uint16_t counter = 0;
        FriendshipKeys keys{};
        bool established = false;
        std::optional<std::uint8_t> sequence{}; ///< FSN of the last poll
        std::deque<Queued> queue{};
        std::optional<Queued> last{};
        std::optional<std::uint8_t> confirm{}; ///< a subscription's transaction, to be answered
        bool answer_last = false;
        std::vector<Address> subscriptions{};
        std::vector<std::unique_ptr<Assembly>> assemblies{};
        std::vector<Completed> completed{};
        ReplayList taken{taken_sources_max}; ///< what was kept: replays fill no queue
        Time offer_due = never;
        Time answer_due = never;
        Time lost_due = never;
        Time clear_due = never;
        Time clear_end = never;
        std::chrono::seconds clear_pause{1};

        bool is_element(Address a) const { return a >= lpn && a - lpn < request.elements; }
        bool wants(Address a) const;
    };

    Friendship* find(Address lpn, KeyIndex net_index);
    void on_request(Time now, const NetworkPdu& pdu, KeyIndex net_index, ByteView parameters);
    void on_poll(Time now, Friendship& f, ByteView parameters);
    void on_subscriptions(Time now, Friendship& f, bool add, ByteView parameters);
    void on_clear(const NetworkPdu& pdu, KeyIndex net_index, ByteView parameters);
    void on_clear_confirm(const NetworkPdu& pdu, ByteView parameters);
    void keep(Friendship& f, Queued entry);
    void keep_segment(Time now, Friendship& f, const NetworkPdu& pdu, const LowerPdu& lower,
                      std::uint32_t iv_index, std::uint8_t ttl);
    void finish(Friendship& f, Assembly& assembly);
    void acknowledge(Time now, Friendship& f, const IncomingMessage& message);
    void wake_assemblies(Time now, Friendship& f);
    void answer(Time now, Friendship& f);
    void send_queued(Friendship& f, const Queued& entry);
    void send_clear(Time now, Friendship& f);

    Node& m_node;
    std::uint16_t m_counter = 0;
    std::vector<std::unique_ptr<Friendship>> m_friendships;
};

} // namespace torgo::mesh
