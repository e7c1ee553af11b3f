// The friend's side: requests, polls, and the timers of both.

#include "mesh/friend_role.hpp"

#include "mesh/node.hpp"

#include <algorithm>

namespace torgo::mesh {

namespace {
constexpr std::chrono::milliseconds offer_delay_min{100}; // 3.6.6.3.1
constexpr std::chrono::seconds first_poll_timeout{1};
constexpr std::uint16_t clear_counter_span = 255;

Time offer_delay(const FriendRequest& request) {
    // Windows factor of 1, 1.5, 2 or 2.5; signal strength is the bearer's, and not known here.
    const auto halves = 2 + (request.criteria >> 3U & 3U);
    return std::max<Time>(offer_delay_min, FriendRole::receive_window * halves / 2);
}

Time poll_timeout(const FriendRequest& request) {
    return std::chrono::milliseconds(100) * request.poll_timeout;
}
} // namespace

FriendshipKeys::FriendshipKeys(Address lpn, Address friend_address, std::uint16_t lpn_counter,
                               std::uint16_t friend_counter)
    : m_lpn(lpn),
      m_friend(friend_address),
      m_lpn_counter(lpn_counter),
      m_friend_counter(friend_counter) {}

const Credentials& FriendshipKeys::derive(Derived& slot,
                                          const std::shared_ptr<const NetKey>& key) const {
    if (slot.of != key) {
        slot.of = key;
        slot.credentials =
            Credentials::friendship(key->key, m_lpn, m_friend, m_lpn_counter, m_friend_counter);
    }
    return slot.credentials;
}

const Credentials& FriendshipKeys::current(const Subnet& subnet) {
    return derive(m_current, subnet.key);
}

const Credentials* FriendshipKeys::next(const Subnet& subnet) {
    return subnet.next == nullptr ? nullptr : &derive(m_next, subnet.next);
}

const Credentials& FriendshipKeys::transmit(const Subnet& subnet) {
    return subnet.phase == 2 ? derive(m_next, subnet.next) : current(subnet);
}

bool FriendRole::Friendship::wants(Address a) const {
    return is_unicast(a) ? is_element(a)
                         : std::ranges::find(subscriptions, a) != subscriptions.end();
}

FriendRole::Friendship* FriendRole::find(Address lpn, KeyIndex net_index) {
    const auto at = std::ranges::find_if(
        m_friendships, [&](const auto& f) { return f->lpn == lpn && f->net_index == net_index; });
    return at == m_friendships.end() ? nullptr : at->get();
}

bool FriendRole::serves(Address unicast) const {
    return std::ranges::any_of(
        m_friendships, [&](const auto& f) { return f->established && f->is_element(unicast); });
}

std::uint32_t FriendRole::poll_timeout_of(Address lpn) const {
    const auto at = std::ranges::find_if(
        m_friendships, [&](const auto& f) { return f->established && f->lpn == lpn; });
    return at == m_friendships.end() ? 0 : (*at)->request.poll_timeout;
}

std::size_t FriendRole::queued_for(Address lpn) const {
    const auto at =
        std::ranges::find_if(m_friendships, [&](const auto& f) { return f->lpn == lpn; });
    return at == m_friendships.end() ? 0 : (*at)->queue.size();
}

std::vector<FriendRole::Candidate> FriendRole::candidates(std::uint8_t nid) {
    std::vector<Candidate> out;
    for (const auto& f : m_friendships) {
        const auto* subnet = m_node.m_config.keys->subnet(f->net_index);
        if (subnet == nullptr) continue;
        for (const auto* keys : {&f->keys.current(*subnet), f->keys.next(*subnet)}) {
            if (keys != nullptr && keys->nid == nid) out.push_back({keys, f->net_index});
        }
    }
    return out;
}

void FriendRole::on_control(Time now, const NetworkPdu& pdu, KeyIndex net_index,
                            bool under_friendship, std::uint8_t opcode, ByteView parameters) {
    switch (static_cast<ControlOpcode>(opcode)) {
    case ControlOpcode::friend_request:
        if (pdu.dst == all_friends && pdu.ttl == 0) on_request(now, pdu, net_index, parameters);
        return;
    case ControlOpcode::friend_clear:
        on_clear(pdu, net_index, parameters);
        return;
    case ControlOpcode::friend_clear_confirm:
        on_clear_confirm(pdu, parameters);
        return;
    default:
        break;
    }
    auto* f = find(pdu.src, net_index);
    // [MESH-33] Only under the keys of the friendship.
    if (f == nullptr || !under_friendship) return;
    if (opcode == static_cast<std::uint8_t>(ControlOpcode::friend_poll))
        on_poll(now, *f, parameters);
    else if (opcode == static_cast<std::uint8_t>(ControlOpcode::subscription_add))
        on_subscriptions(now, *f, true, parameters);
    else if (opcode == static_cast<std::uint8_t>(ControlOpcode::subscription_remove))
        on_subscriptions(now, *f, false, parameters);
}

void FriendRole::on_request(Time now, const NetworkPdu& pdu, KeyIndex net_index,
                            ByteView parameters) {
    const auto request = decode_friend_request(parameters);
    if (!request || request->least_queue() > queue_size ||
        pdu.src + request->elements - 1 > unicast_max)
        return;
    std::erase_if(m_friendships, [&](const auto& f) { return f->lpn == pdu.src; });
    if (m_friendships.size() >= m_node.m_limits.friendships) return;
    auto made = std::make_unique<Friendship>();
    made->request = *request;
    made->lpn = pdu.src;
    made->net_index = net_index;
    made->counter = m_counter++;
    made->keys = FriendshipKeys(pdu.src, m_node.m_config.address, request->counter, made->counter);
    made->offer_due = now + offer_delay(*request);
    m_friendships.push_back(std::move(made));
}

void FriendRole::on_poll(Time now, Friendship& f, ByteView parameters) {
    if (parameters.size() != 1 || parameters[0] > 1) return;
    if (!f.established) {
        f.established = true;
        // 3.6.6.3.1: the friend before is told that it is none any more.
        if (is_unicast(f.request.previous) && f.request.previous != m_node.m_config.address) {
            f.clear_due = now;
            f.clear_end = now + 2 * poll_timeout(f.request);
        }
    }
    f.answer_last = f.sequence == parameters[0] && f.last.has_value();
    f.sequence = parameters[0];
    f.answer_due = now + std::chrono::milliseconds(f.request.receive_delay);
    f.lost_due = now + poll_timeout(f.request);
}

void FriendRole::on_subscriptions(Time now, Friendship& f, bool add, ByteView parameters) {
    const auto message = decode_friend_subscriptions(parameters);
    if (!message) return;
    Fields in(message->addresses.view());
    while (in.left() > 0) {
        const auto address = in.be16();
        if (is_unicast(address) || address == unassigned) continue;
        std::erase(f.subscriptions, address);
        if (add && f.subscriptions.size() < subscriptions_max) f.subscriptions.push_back(address);
    }
    f.confirm = message->transaction;
    f.answer_due = now + std::chrono::milliseconds(f.request.receive_delay);
    f.lost_due = now + poll_timeout(f.request);
}

void FriendRole::on_clear(const NetworkPdu& pdu, KeyIndex net_index, ByteView parameters) {
    const auto message = decode_friend_clear(parameters);
    if (!message) return;
    const auto* f = find(message->lpn, net_index);
    if (f == nullptr) return;
    const auto ahead = static_cast<std::uint16_t>(message->counter - f->request.counter);
    if (ahead > clear_counter_span) return;
    const auto ttl = pdu.src == f->lpn ? std::uint8_t{0} : ttl_max;
    // Before the answer, which would be kept for the low power node otherwise.
    std::erase_if(m_friendships, [&](const auto& other) { return other.get() == f; });
    m_node.send_control(m_node.m_config.address, pdu.src, net_index, ttl,
                        ControlOpcode::friend_clear_confirm, encode(*message).view());
}

void FriendRole::on_clear_confirm(const NetworkPdu& pdu, ByteView parameters) {
    const auto message = decode_friend_clear(parameters);
    if (!message) return;
    for (auto& f : m_friendships) {
        if (f->lpn == message->lpn && f->request.counter == message->counter &&
            f->request.previous == pdu.src)
            f->clear_due = never;
    }
}

void FriendRole::send_clear(Time now, Friendship& f) {
    if (now >= f.clear_end) {
        f.clear_due = never;
        return;
    }
    m_node.send_control(m_node.m_config.address, f.request.previous, f.net_index, ttl_max,
                        ControlOpcode::friend_clear,
                        encode(FriendClear{.lpn = f.lpn, .counter = f.request.counter}).view());
    f.clear_due = now + f.clear_pause;
    f.clear_pause *= 2;
}

void FriendRole::answer(Time now, Friendship& f) {
    f.answer_due = never;
    (void)now;
    const auto* subnet = m_node.m_config.keys->subnet(f.net_index);
    if (subnet == nullptr) return;
    if (f.confirm) {
        const std::array transaction{*f.confirm};
        f.confirm.reset();
        m_node.send_control_under(m_node.m_config.address, f.lpn, 0, f.keys.transmit(*subnet),
                                  ControlOpcode::subscription_confirm, transaction);
        return;
    }
    if (!f.answer_last) {
        f.last.reset();
        if (f.queue.empty()) {
            f.last = Queued{.update = true};
        } else {
            f.last = f.queue.front();
            f.queue.pop_front();
        }
    }
    send_queued(f, *f.last);
}

void FriendRole::send_queued(Friendship& f, const Queued& entry) {
    const auto* subnet = m_node.m_config.keys->subnet(f.net_index);
    if (entry.update) {
        const auto update =
            encode(FriendUpdate{.state = m_node.network_state(*subnet), .more = !f.queue.empty()});
        m_node.send_control_under(m_node.m_config.address, f.lpn, 0, f.keys.transmit(*subnet),
                                  ControlOpcode::friend_update, update.view());
        return;
    }
    const auto frame = encode_network(entry.pdu, f.keys.transmit(*subnet), entry.iv_index);
    m_node.transmit_frame(frame);
}

void FriendRole::security_changed() {
    for (auto& f : m_friendships) {
        if (f->established) keep(*f, {.update = true});
    }
}

void FriendRole::on_wake(Time now) {
    for (auto& f : m_friendships) {
        if (f->offer_due <= now) {
            f->offer_due = never;
            f->lost_due = now + first_poll_timeout;
            m_node.send_control(
                m_node.m_config.address, f->lpn, f->net_index, 0, ControlOpcode::friend_offer,
                encode(
                    FriendOffer{.receive_window = static_cast<std::uint8_t>(receive_window.count()),
                                .queue_size = queue_size,
                                .subscriptions = subscriptions_max,
                                .counter = f->counter})
                    .view());
        }
        if (f->answer_due <= now) answer(now, *f);
        if (f->clear_due <= now) send_clear(now, *f);
        wake_assemblies(now, *f);
    }
    std::erase_if(m_friendships, [&](const auto& f) { return f->lost_due <= now; });
}

Time FriendRole::next_wake() const {
    auto next = never;
    for (const auto& f : m_friendships) {
        next = std::min({next, f->offer_due, f->answer_due, f->lost_due, f->clear_due});
        for (const auto& assembly : f->assemblies)
            next = std::min({next, assembly->message.ack_due, assembly->message.discard_due});
    }
    return next;
}

} // namespace torgo::mesh
