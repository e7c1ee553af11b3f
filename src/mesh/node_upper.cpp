// Upper transport and access: whose key fits, and which models are meant (Mesh Protocol 1.1, 3.6.4,
// 3.7.4).

#include "mesh/config_server.hpp"
#include "mesh/node.hpp"
#include "mesh/remote_messages.hpp"

#include <algorithm>
#include <bit>

namespace torgo::mesh {

void Node::on_control(Time now, const Opened& opened, std::uint8_t opcode, ByteView parameters) {
    if (opcode == static_cast<std::uint8_t>(ControlOpcode::segment_ack))
        on_ack(now, opened, parameters);
    if (opcode == static_cast<std::uint8_t>(ControlOpcode::heartbeat))
        on_heartbeat(now, opened, parameters);
    if (opcode >= static_cast<std::uint8_t>(ControlOpcode::friend_poll) &&
        opcode <= static_cast<std::uint8_t>(ControlOpcode::subscription_confirm))
        on_friendship(now, opened, opcode, parameters);
    if (opcode >= static_cast<std::uint8_t>(ControlOpcode::path_request) &&
        opcode <= static_cast<std::uint8_t>(ControlOpcode::path_echo_reply))
        on_directed(now, opened, opcode, parameters);
}

bool Node::ready_directed() {
    if (!m_directed && m_config.states.directed) m_directed = std::make_unique<DirectedRole>(*this);
    return m_directed != nullptr;
}

void Node::on_directed(Time now, const Opened& opened, std::uint8_t opcode, ByteView parameters) {
    if (ready_directed())
        m_directed->on_control(now, opened.pdu, opened.subnet->index, opened.directed, opcode,
                               parameters);
}

void Node::on_friendship(Time now, const Opened& opened, std::uint8_t opcode, ByteView parameters) {
    const auto net_index = opened.subnet->index;
    if (m_low_power) {
        m_low_power->on_control(now, opened.pdu, net_index,
                                opened.friendship ? opened.credentials : nullptr, opcode,
                                parameters);
        return;
    }
    if (!m_friends && m_config.states.friendly) m_friends = std::make_unique<FriendRole>(*this);
    if (m_friends)
        m_friends->on_control(now, opened.pdu, net_index, opened.friendship, opcode, parameters);
}

// 3.6.7.3
void Node::on_heartbeat(Time now, const Opened& opened, ByteView parameters) {
    auto& states = m_config.states.heartbeat;
    const auto& pdu = opened.pdu;
    const auto heard = decode_heartbeat(parameters);
    if (!heard || pdu.ttl > heard->initial_ttl) return;
    const auto hops = static_cast<std::uint8_t>(heard->initial_ttl - pdu.ttl + 1);
    if (pdu.src != states.from || pdu.dst != states.to || now >= states.listen_until) return;
    if (states.count < 0xFFFF) ++states.count;
    states.hops_least = std::min(states.hops_least, hops);
    states.hops_most = std::max(states.hops_most, hops);
    m_host.heartbeat(*this,
                     {.src = pdu.src, .dst = pdu.dst, .hops = hops, .features = heard->features});
}

void Node::on_access(Time now, const Whole& whole) {
    const auto& pdu = whole.opened->pdu;
    const AccessNonce nonce{.szmic = whole.szmic,
                            .seq = whole.first_seq,
                            .src = pdu.src,
                            .dst = pdu.dst,
                            .iv_index = whole.opened->iv_index};
    if ((whole.head & akf_bit) == 0)
        (void)open_by_device_key(now, whole, nonce);
    else
        open_by_application(now, whole, nonce);
}

bool Node::open_by_device_key(Time now, const Whole& whole, AccessNonce nonce) {
    nonce.device_key = true;
    if (!is_unicast(nonce.dst)) return false;
    Received received{.src = nonce.src,
                      .dst = nonce.dst,
                      .net_index = whole.opened->subnet->index,
                      .device_key = true,
                      .ttl = whole.opened->pdu.ttl,
                      .seq = whole.first_seq};
    const auto* theirs = m_host.device_key_of(nonce.src);
    const Aes128 own(m_config.device_key);
    for (const auto* key : {&own, theirs}) {
        if (key == nullptr) continue;
        const auto plain = open_access(*key, nonce, whole.upper, nullptr);
        if (!plain) continue;
        // A segmented message has left its mark already.
        const auto seq = whole.opened->pdu.seq;
        if (whole.first_seq == seq && m_replay.is_new(nonce.src, nonce.iv_index, seq) &&
            !take(nonce.src, nonce.iv_index, seq, std::nullopt))
            return false;
        deliver_device(now, received, plain->view(), key == &own);
        return true;
    }
    return false;
}

void Node::open_by_application(Time now, const Whole& whole, AccessNonce nonce) {
    const auto keys = m_config.keys;
    const auto aid = whole.head & aid_mask;
    for (const auto& application : keys->applications) {
        if (application.net != whole.opened->subnet->index) continue;
        for (const auto* key : {application.key.get(), application.next.get()}) {
            if (key == nullptr || key->aid != aid) continue;
            if (try_application(now, whole, nonce, application, *key)) return;
        }
    }
}

bool Node::try_application(Time now, const Whole& whole, const AccessNonce& nonce,
                           const Application& application, const AppKey& key) {
    Received received{.src = nonce.src,
                      .dst = nonce.dst,
                      .app_index = application.index,
                      .net_index = application.net,
                      .ttl = whole.opened->pdu.ttl,
                      .seq = whole.first_seq};
    std::vector<const LabelUuid*> labels;
    const auto models = m_config.models;
    if (is_virtual(nonce.dst)) {
        // Two labels may have one address: the one that fits is meant (3.4.2.3).
        for (const auto& model : *models) {
            for (const auto& s : model.subscriptions) {
                if (s.address != nonce.dst || !s.label) continue;
                if (std::ranges::none_of(labels, [&](const auto* l) { return *l == *s.label; }))
                    labels.push_back(&*s.label);
            }
        }
    } else {
        labels.push_back(nullptr);
    }
    for (const auto* label : labels) {
        const auto plain = open_access(key.key, nonce, whole.upper, label);
        if (!plain) continue;
        const auto seq = whole.opened->pdu.seq;
        if (whole.first_seq == seq && m_replay.is_new(nonce.src, nonce.iv_index, seq) &&
            !take(nonce.src, nonce.iv_index, seq, std::nullopt))
            return true;
        deliver_application(now, received, label, plain->view());
        return true;
    }
    return false;
}

// [MESH-9] A model hears what is bound to it, and sent to its element or to what it subscribed to.
void Node::deliver_application(Time now, Received received, const LabelUuid* label,
                               ByteView payload) {
    const auto message = decode_access(payload);
    if (!message) return;
    received.opcode = message->opcode;
    received.parameters = message->parameters;
    const auto element = m_config.element_of(received.dst);
    const auto models = m_config.models;
    for (const auto& model : *models) {
        if (!model.is_bound(received.app_index)) continue;
        const bool meant =
            is_unicast(received.dst) ? element && *element == model.element
            : is_in_fixed_group(received.dst)
                ? model.element == 0
                : std::ranges::any_of(model.subscriptions, [&](const Subscription& s) {
                      return s.address == received.dst &&
                             (label == nullptr || (s.label && *s.label == *label));
                  });
        if (!meant) continue;
        received.element = model.element;
        received.model = model.id;
        ++m_counters.delivered;
        if (model.id == health_server && is_health_request(received.opcode))
            answer_health(now, received);
        else
            m_host.message(*this, now, received);
    }
}

/// 4.4.3: a health server is asked, and answers, under an application's key.
void Node::answer_health(Time now, const Received& received) {
    const auto answer =
        serve_foundation(m_config, received.opcode, received.parameters, received.net_index, now);
    if (answer.reply)
        (void)send(now, {.element = received.element,
                         .dst = received.src,
                         .app_index = received.app_index,
                         .payload = answer.reply->view()});
}

void Node::deliver_device(Time now, Received received, ByteView payload, bool own_key) {
    const auto message = decode_access(payload);
    const auto element = m_config.element_of(received.dst);
    if (!message || !element) return;
    received.element = *element;
    received.opcode = message->opcode;
    received.parameters = message->parameters;
    ++m_counters.delivered;
    if (own_key && *element == 0 && is_foundation_request(message->opcode) &&
        !is_health_request(message->opcode)) {
        answer_foundation(now, received);
        return;
    }
    // [MESH-38] Under this very node's key, which a client of it has, these are requests to it.
    const bool remote = own_key && message->opcode >= op::remote_scan_capabilities_get &&
                        message->opcode <= op::remote_pdu_report;
    received.model = remote ? remote_server : config_client;
    m_host.message(*this, now, received);
}

void Node::answer_foundation(Time now, const Received& received) {
    const auto features_before = features();
    auto answer =
        serve_foundation(m_config, received.opcode, received.parameters, received.net_index, now);
    if (received.opcode == op::poll_timeout_get && answer.reply && m_friends) {
        const auto lpn = Fields(received.parameters).le16();
        answer.reply = encode_access(op::poll_timeout_status, {});
        answer.reply->le16(lpn).little(m_friends->poll_timeout_of(lpn), 3);
    }
    if (!m_config.states.friendly) m_friends.reset();
    if (!m_config.states.directed) m_directed.reset();
    // [MESH-50] Also what an earlier request changed and the store refused.
    m_unsaved = m_unsaved || answer.changed;
    if (m_unsaved && !save_config()) return;
    m_unsaved = false;
    if (answer.reply) {
        (void)send(now, {.dst = received.src,
                         .net_index = received.net_index,
                         .payload = answer.reply->view()});
    }
    if (answer.changed) {
        time_publications(now);
        m_beacon_due = now;
        // 4.2.18.5: a change of a feature that is watched is told at once.
        const auto& h = m_config.states.heartbeat;
        if (((features() ^ features_before) & h.features) != 0 && h.publish_to != unassigned)
            send_heartbeat();
        m_host.event(*this, NodeEvent::config_changed);
    }
    if (answer.reset) reset();
}

} // namespace torgo::mesh
