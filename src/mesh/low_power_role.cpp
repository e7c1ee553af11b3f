#include "mesh/low_power_role.hpp"

#include "mesh/node.hpp"

#include <algorithm>

namespace torgo::mesh {

namespace {
constexpr std::chrono::milliseconds offer_wait{1500};
constexpr std::chrono::milliseconds search_pause{1000};
constexpr unsigned first_polls_max = 6;
/// Of an established friendship, so that a bad minute on the air does not end it.
constexpr unsigned attempts_max = 16;
/// While a long message waits for its acknowledgment.
constexpr std::chrono::milliseconds busy_poll_interval{300};
/// What a repeat takes beside its interval: advertising's own delay.
constexpr std::chrono::milliseconds repeat_slack{11};
} // namespace

LowPowerRole::LowPowerRole(Node& node, const LowPowerOptions& options, Time now)
    : m_node(node), m_options(options), m_due(now) {}

bool LowPowerRole::is_listening(Time now) const {
    if (!m_established) return true;
    return m_state == State::wait_answer && now >= m_listen_from;
}

std::vector<FriendRole::Candidate> LowPowerRole::candidates(std::uint8_t nid) {
    std::vector<FriendRole::Candidate> out;
    const auto* subnet = m_node.m_config.keys->subnet(m_net_index);
    if (m_friend == unassigned || subnet == nullptr) return out;
    for (const auto* keys : {&m_keys.current(*subnet), m_keys.next(*subnet)}) {
        if (keys != nullptr && keys->nid == nid) out.push_back({keys, m_net_index});
    }
    return out;
}

void LowPowerRole::search(Time now) {
    if (m_node.m_config.keys->subnets.empty()) {
        m_due = never;
        return;
    }
    m_net_index = m_node.m_config.keys->subnets.front().index;
    m_friend = unassigned;
    m_state = State::wait_offer;
    const FriendRequest request{
        .criteria = m_options.least_queue_log,
        .receive_delay = static_cast<std::uint8_t>(m_options.receive_delay.count()),
        .poll_timeout = static_cast<std::uint32_t>(10 * m_options.poll_timeout.count()),
        .previous = m_previous,
        .elements = m_node.m_config.element_count(),
        .counter = m_counter};
    m_node.send_control(m_node.m_config.address, all_friends, m_net_index, 0,
                        ControlOpcode::friend_request, encode(request).view());
    m_due = now + offer_wait;
}

void LowPowerRole::send(ControlOpcode opcode, ByteView parameters) {
    const auto* subnet = m_node.m_config.keys->subnet(m_net_index);
    if (subnet == nullptr) return;
    m_node.send_control_under(m_node.m_config.address, m_friend, 0, m_keys.transmit(*subnet),
                              opcode, parameters);
}

void LowPowerRole::expect_answer(Time now) {
    const auto transmit = m_node.m_config.states.network_transmit;
    const auto span =
        (transmit & 7U) * (repeat_slack + std::chrono::milliseconds(10) * ((transmit >> 3U) + 1U));
    m_state = State::wait_answer;
    m_listen_from = now + m_options.receive_delay;
    m_due = m_listen_from + span + 2 * repeat_slack + std::chrono::milliseconds(m_window);
}

void LowPowerRole::send_poll(Time now) {
    m_asked = Asked::poll;
    send(ControlOpcode::friend_poll, std::array{m_sequence});
    expect_answer(now);
}

std::vector<Address> LowPowerRole::wanted_groups() const {
    std::vector<Address> out;
    for (const auto& model : *m_node.m_config.models) {
        for (const auto& s : model.subscriptions) {
            if (out.size() < m_subscriptions_max && std::ranges::find(out, s.address) == out.end())
                out.push_back(s.address);
        }
    }
    return out;
}

/// What the friend's list lacks or has too much; whether there was something.
bool LowPowerRole::send_subscriptions(Time now) {
    const auto wanted = wanted_groups();
    const auto lacking = [](const std::vector<Address>& of, const std::vector<Address>& in) {
        std::vector<Address> out;
        for (const auto a : of) {
            if (out.size() < FriendSubscriptions::addresses_max &&
                std::ranges::find(in, a) == in.end())
                out.push_back(a);
        }
        return out;
    };
    m_asked_groups = lacking(m_groups, wanted);
    m_adding = m_asked_groups.empty();
    if (m_adding) m_asked_groups = lacking(wanted, m_groups);
    if (m_asked_groups.empty()) return false;
    FriendSubscriptions message{.transaction = ++m_transaction};
    for (const auto address : m_asked_groups)
        message.addresses.be16(address);
    m_asked = Asked::subscriptions;
    send(m_adding ? ControlOpcode::subscription_add : ControlOpcode::subscription_remove,
         encode(message).view());
    expect_answer(now);
    return true;
}

void LowPowerRole::ask(Time now) {
    if (m_established && send_subscriptions(now)) return;
    send_poll(now);
}

void LowPowerRole::poll_soon(Time now) {
    if (m_established && m_state == State::ready) m_due = std::min(m_due, now + busy_poll_interval);
}

void LowPowerRole::answered() {
    m_asked = Asked::nothing;
    m_state = State::ready;
    m_attempts = 0;
}

void LowPowerRole::failed(Time now) {
    const auto limit = m_established ? attempts_max : first_polls_max;
    if (++m_attempts < limit) {
        ask(now);
        return;
    }
    if (m_established) {
        m_previous = m_friend;
        m_established = false;
        m_node.m_host.event(m_node, NodeEvent::friendship_ended);
    }
    m_groups.clear();
    m_attempts = 0;
    ++m_counter;
    m_state = State::searching;
    m_due = now + search_pause;
}

void LowPowerRole::on_wake(Time now) {
    if (m_due > now) return;
    switch (m_state) {
    case State::searching:
        search(now);
        break;
    case State::wait_offer:
        ++m_counter;
        m_state = State::searching;
        m_due = now + search_pause;
        break;
    case State::wait_answer:
        failed(now);
        break;
    case State::ready:
        ask(now);
        break;
    }
}

/// [MESH-33] Whatever comes under the friendship's keys answers a poll; the next one asks for what
/// follows it. [MESH-48] What came before does so, too, since a friend may hand out PDUs in another
/// order; but it does not prove that the friend is still there.
void LowPowerRole::on_pdu(Time now, const NetworkPdu& pdu, std::uint32_t iv_index) {
    const auto head = pdu.transport.view()[0];
    const bool confirms =
        pdu.control && head == static_cast<std::uint8_t>(ControlOpcode::subscription_confirm);
    if (m_state != State::wait_answer || m_asked != Asked::poll || confirms) return;
    m_sequence ^= 1U;
    const auto attempts = m_attempts;
    answered();
    m_due = now;
    if (m_node.m_replay.is_new(pdu.src, iv_index, pdu.seq)) return;
    m_attempts = attempts;
    if (m_established) failed(now);
}

void LowPowerRole::on_control(Time now, const NetworkPdu& pdu, KeyIndex net_index,
                              const Credentials* friendship, std::uint8_t opcode,
                              ByteView parameters) {
    if (opcode == static_cast<std::uint8_t>(ControlOpcode::friend_offer)) {
        const auto offer = decode_friend_offer(parameters);
        if (!offer || m_state != State::wait_offer || net_index != m_net_index ||
            pdu.dst != m_node.m_config.address ||
            offer->queue_size < (1U << m_options.least_queue_log))
            return;
        m_friend = pdu.src;
        m_window = offer->receive_window;
        m_subscriptions_max = offer->subscriptions;
        m_keys = FriendshipKeys(m_node.m_config.address, m_friend, m_counter, offer->counter);
        m_sequence = 0;
        m_attempts = 0;
        send_poll(now);
        return;
    }
    const auto* subnet = m_node.m_config.keys->subnet(net_index);
    if (friendship == nullptr || pdu.src != m_friend || subnet == nullptr) return;
    if (opcode == static_cast<std::uint8_t>(ControlOpcode::friend_update))
        on_update(now, friendship == m_keys.next(*subnet), parameters);
    if (opcode != static_cast<std::uint8_t>(ControlOpcode::subscription_confirm) ||
        m_asked != Asked::subscriptions || parameters.size() != 1 || parameters[0] != m_transaction)
        return;
    for (const auto address : m_asked_groups) {
        std::erase(m_groups, address);
        if (m_adding) m_groups.push_back(address);
    }
    answered();
    m_due = now;
}

void LowPowerRole::on_update(Time now, bool under_next, ByteView parameters) {
    const auto update = decode_friend_update(parameters);
    if (!update) return;
    if (!m_established) {
        m_established = true;
        ++m_counter;
        m_node.m_host.event(m_node, NodeEvent::friendship_begun);
    }
    m_node.hear_state(now, m_net_index, update->state, under_next);
    if (m_state != State::ready) return;
    // New groups go to the friend before the next sleep.
    if (update->more || wanted_groups().size() != m_groups.size()) return;
    const bool busy = !m_node.m_outgoing.empty();
    m_due = now + (busy ? std::chrono::milliseconds(busy_poll_interval) : m_options.poll_interval);
}

} // namespace torgo::mesh
