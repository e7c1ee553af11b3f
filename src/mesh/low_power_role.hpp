#pragma once

#include "mesh/friend_role.hpp"

namespace torgo::mesh {

/// How a low power node wants to live.
struct LowPowerOptions {
    std::chrono::milliseconds receive_delay{100}; ///< 10 to 255: sleep between request and answer
    /// The friend forgets a node that is silent for so long: 1 s to 95 hours.
    std::chrono::seconds poll_timeout{60};
    /// Between polls; well below the timeout.
    std::chrono::milliseconds poll_interval{10'000};
    std::uint8_t least_queue_log = 5; ///< 1 to 7: 2^n PDUs
};

/// The low power node's side of friendship (Mesh Protocol 1.1, 3.6.6.4): finds a friend, sleeps,
/// polls, keeps the friend's list of groups, and looks for another when the friend is gone.
class LowPowerRole {
public:
    LowPowerRole(Node& node, const LowPowerOptions& options, Time now);

    bool is_established() const { return m_established; }
    Address friend_address() const { return m_established ? m_friend : unassigned; }

    /// Whether the radio has to be on: always without a friend, in short windows with one.
    bool is_listening(Time now) const;

    std::vector<FriendRole::Candidate> candidates(std::uint8_t nid);

    /// A PDU under the friendship's keys, before anything else is done with it.
    void on_pdu(Time now, const NetworkPdu& pdu, std::uint32_t iv_index);
    /// `friendship`: the credentials it came under, null where they are none of a friendship's.
    void on_control(Time now, const NetworkPdu& pdu, KeyIndex net_index,
                    const Credentials* friendship, std::uint8_t opcode, ByteView parameters);
    void on_wake(Time now);

    Time next_wake() const { return m_due; }

    /// An acknowledgment is wanted soon.
    void poll_soon(Time now);

private:
    enum class State : std::uint8_t { searching, wait_offer, wait_answer, ready };
    enum class Asked : std::uint8_t { nothing, poll, subscriptions };

    void search(Time now);
    void ask(Time now);
    void send_poll(Time now);
    bool send_subscriptions(Time now);
    void expect_answer(Time now);
    void answered();
    void failed(Time now);
    void on_update(Time now, bool under_next, ByteView parameters);
    std::vector<Address> wanted_groups() const;
    void send(ControlOpcode opcode, ByteView parameters);

    Node& m_node;
    LowPowerOptions m_options;
    State m_state = State::searching;
    Asked m_asked = Asked::nothing;
    bool m_established = false;
    bool m_more = false;
    KeyIndex m_net_index = 0;
    Address m_friend = unassigned;
    Address m_previous = unassigned;
    std::uint16_t m_counter = 0;
    std::uint8_t m_window = 0;
    std::uint8_t m_sequence = 0;
    std::uint8_t m_transaction = 0;
    std::uint8_t m_subscriptions_max = 0;
    unsigned m_attempts = 0;
    FriendshipKeys m_keys{};
    std::vector<Address> m_groups; ///< those the friend has confirmed
    std::vector<Address> m_asked_groups;
    bool m_adding = true;
    Time m_listen_from{0};
    Time m_due;
};

} // namespace torgo::mesh
