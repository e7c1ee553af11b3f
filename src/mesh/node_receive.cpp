// From the air to the lower transport layer: keys tried, floods ended, frames passed on.

#include "mesh/node.hpp"

#include <algorithm>

namespace torgo::mesh {

namespace {
constexpr std::uint8_t ttl_relayed_least = 2;

struct Repeats {
    std::uint8_t count;
    std::uint16_t interval_ms;
};

/// Network Transmit and Relay Retransmit have one form (4.2.20, 4.2.21).
Repeats repeats_of(std::uint8_t state) {
    return {.count = static_cast<std::uint8_t>(state & 7U),
            .interval_ms = static_cast<std::uint16_t>(10 * ((state >> 3U) + 1))};
}
} // namespace

// [MESH-3] What the cache knows is dropped after one AES run, before its MIC is reckoned.
std::optional<Node::Opened> Node::try_credentials(ByteView frame, const Credentials& credentials,
                                                  std::uint32_t iv_index, bool& cached) {
    const auto header = unveil_network(frame, credentials, iv_index);
    if (!header) return std::nullopt;
    if (m_cache.contains((iv_index & 1U) != 0, header->src, header->seq)) {
        cached = true;
        return std::nullopt;
    }
    auto pdu = open_network(frame, *header, credentials, iv_index);
    if (!pdu) return std::nullopt;
    return Opened{.pdu = *pdu, .iv_index = iv_index, .credentials = &credentials};
}

std::optional<Node::Opened> Node::open_flooding(ByteView frame, const FrameHint& hint,
                                                std::uint32_t iv_index, bool& cached) {
    // 3.6.6.4: with a friend, a low power node hears nothing but the friend.
    if (m_low_power && m_low_power->is_established()) return std::nullopt;
    for (const auto& subnet : m_config.keys->subnets) {
        for (const auto* key : {subnet.key.get(), subnet.next.get()}) {
            if (key == nullptr) continue;
            for (const auto* credentials : {&key->flooding, &key->directed}) {
                const bool directed = credentials == &key->directed;
                if (credentials->nid != hint.nid || (directed && !m_config.states.directed))
                    continue;
                auto opened = try_credentials(frame, *credentials, iv_index, cached);
                if (!opened) continue;
                opened->subnet = &subnet;
                opened->directed = directed;
                return opened;
            }
        }
    }
    return std::nullopt;
}

std::optional<Node::Opened> Node::open_friendship(ByteView frame, const FrameHint& hint,
                                                  std::uint32_t iv_index, bool& cached) {
    if (!m_friends && !m_low_power) return std::nullopt;
    const auto candidates =
        m_low_power ? m_low_power->candidates(hint.nid) : m_friends->candidates(hint.nid);
    for (const auto& candidate : candidates) {
        auto opened = try_credentials(frame, *candidate.credentials, iv_index, cached);
        if (!opened) continue;
        opened->subnet = m_config.keys->subnet(candidate.net_index);
        opened->friendship = true;
        return opened;
    }
    return std::nullopt;
}

std::optional<Node::Opened> Node::open(ByteView frame) {
    const auto hint = look_at_network(frame);
    if (!hint) return std::nullopt;
    const auto iv_index = m_iv.receive(hint->ivi);
    bool cached = false;
    if (iv_index) {
        auto opened = open_flooding(frame, *hint, *iv_index, cached);
        if (!opened) opened = open_friendship(frame, *hint, *iv_index, cached);
        if (opened) return opened;
    }
    ++(cached ? m_counters.cached : m_counters.foreign);
    return std::nullopt;
}

/// 3.4.2.4: who is in a fixed group is said by its features.
bool Node::is_in_fixed_group(Address dst) const {
    if (dst == all_nodes) return true;
    if (dst == all_relays) return m_config.states.relay;
    if (dst == all_friends) return m_config.states.friendly;
    return dst == all_directed && m_config.states.directed;
}

bool Node::is_for_us(Address dst) const {
    if (is_unicast(dst)) return m_config.element_of(dst).has_value();
    if (is_in_fixed_group(dst)) return true;
    if (dst == m_config.states.heartbeat.to) return true;
    if (is_group(dst) && is_fixed_group(dst)) return false;
    return std::ranges::any_of(*m_config.models,
                               [&](const auto& model) { return model.is_subscribed(dst); });
}

// [MESH-4] What is for a low power node that sleeps goes no further than its friend.
bool Node::should_relay(const Opened& opened) const {
    const auto& pdu = opened.pdu;
    // [MESH-36] What goes along a path is passed on by those on it.
    if (opened.directed)
        return m_config.states.directed_relay && pdu.ttl >= ttl_relayed_least && m_directed &&
               !m_config.element_of(pdu.dst) &&
               m_directed->has_path(opened.subnet->index, pdu.src, pdu.dst);
    return m_config.states.relay && pdu.ttl >= ttl_relayed_least && !m_config.element_of(pdu.dst) &&
           !(m_friends && m_friends->serves(pdu.dst));
}

void Node::on_message(Time now, ByteView frame) {
    if (m_reset || !is_listening(now)) return;
    const auto opened = open(frame);
    if (!opened) return;
    const auto& pdu = opened->pdu;
    m_cache.insert((opened->iv_index & 1U) != 0, pdu.src, pdu.seq);
    // Our own voice, come back by a relay.
    if (m_config.element_of(pdu.src)) return;
    ++m_counters.received;
    if (should_relay(*opened)) relay(*opened);
    if (m_friends) m_friends->on_pdu(now, pdu, opened->subnet->index, opened->iv_index, false);
    if (m_low_power && opened->friendship) m_low_power->on_pdu(now, pdu, opened->iv_index);
    if (!is_for_us(pdu.dst)) return;
    // A change of keys while this message is worked on must not take them away from under it.
    const auto keys = m_config.keys;
    on_lower(now, *opened);
}

void Node::relay(const Opened& opened) {
    auto pdu = opened.pdu;
    --pdu.ttl;
    // What a low power node says to its friend goes on as everybody can hear it.
    const auto& credentials =
        opened.friendship ? opened.subnet->transmit().flooding : *opened.credentials;
    const auto frame = encode_network(pdu, credentials, opened.iv_index);
    const auto repeats = repeats_of(m_config.states.relay_retransmit);
    ++m_counters.relayed;
    m_host.transmit(*this, {.bearing = Bearing::message,
                            .frame = frame.view(),
                            .repeats = repeats.count,
                            .interval_ms = repeats.interval_ms,
                            .relayed = true});
}

bool Node::transmit_pdu(Time now, const Subnet& subnet, NetworkPdu pdu, std::uint32_t iv_index) {
    const auto seq = take_sequence();
    if (!seq) return false;
    pdu.seq = *seq;
    m_cache.insert((iv_index & 1U) != 0, pdu.src, pdu.seq);
    if (m_friends) {
        m_friends->on_pdu(now, pdu, subnet.index, iv_index, true);
        if (m_friends->serves(pdu.dst)) return true;
    }
    const bool directed = m_directed && m_directed->has_path(subnet.index, pdu.src, pdu.dst);
    const auto& key = subnet.transmit();
    transmit_frame(encode_network(pdu, directed ? key.directed : key.flooding, iv_index));
    return true;
}

void Node::transmit_frame(const NetworkFrame& frame) {
    const auto repeats = repeats_of(m_config.states.network_transmit);
    m_host.transmit(*this, {.bearing = Bearing::message,
                            .frame = frame.view(),
                            .repeats = repeats.count,
                            .interval_ms = repeats.interval_ms});
}

void Node::on_lower(Time now, const Opened& opened) {
    const auto lower = decode_lower(opened.pdu.transport.view(), opened.pdu.control);
    if (!lower) return;
    if (lower->segmented)
        on_segment(now, opened, *lower);
    else
        on_unsegmented(now, opened, *lower);
}

// [MESH-7] Nothing is done for a message before its mark is stored.
bool Node::take(Address src, std::uint32_t iv_index, std::uint32_t seq,
                std::optional<std::uint32_t> first) {
    const auto mark = m_replay.take(src, iv_index, seq, first);
    Bytes record;
    for (const auto value : {mark.iv_index, mark.seq, mark.segmented.value_or(sequence_max)}) {
        for (unsigned shift = 0; shift < 32; shift += 8)
            record.push_back(static_cast<std::uint8_t>(value >> shift));
    }
    return save(RecordKind::replay, src, record);
}

void Node::on_unsegmented(Time now, const Opened& opened, const LowerPdu& lower) {
    const auto& pdu = opened.pdu;
    if (!m_replay.is_new(pdu.src, opened.iv_index, pdu.seq)) {
        ++m_counters.replayed;
        return;
    }
    if (!pdu.control) {
        on_access(now, {.opened = &opened,
                        .head = lower.head,
                        .szmic = false,
                        .first_seq = pdu.seq,
                        .upper = lower.payload.view()});
        return;
    }
    if (take(pdu.src, opened.iv_index, pdu.seq, std::nullopt))
        on_control(now, opened, lower.head, lower.payload.view());
}

} // namespace torgo::mesh
