// From an access message to frames.

#include "mesh/node.hpp"

#include <algorithm>

namespace torgo::mesh {

void Node::say_used_up() {
    if (!m_iv.state().updating) m_host.event(*this, NodeEvent::sequence_used_up);
}

// [MESH-5] A block of numbers is stored as used before the first of them is.
std::optional<std::uint32_t> Node::take_sequence() {
    if (m_reset) return std::nullopt;
    if (m_sequence > sequence_max) {
        say_used_up();
        return std::nullopt;
    }
    if (m_store != nullptr && m_sequence >= m_sequence_stored) {
        const auto end = std::min(m_sequence + m_limits.sequence_block, sequence_max + 1);
        Bytes record;
        for (unsigned shift = 0; shift < 32; shift += 8)
            record.push_back(static_cast<std::uint8_t>(end >> shift));
        if (!save(RecordKind::sequence, 0, record)) return std::nullopt;
        m_sequence_stored = end;
    }
    return m_sequence++;
}

bool Node::is_busy(Address src, Address dst) const {
    return std::ranges::any_of(
        m_outgoing, [&](const auto& other) { return other->src == src && other->dst == dst; });
}

Result<MessageNumber> Node::send(Time now, const Outgoing& message) {
    const auto mic = trans_mic_size(message.long_mic);
    if (m_reset) return fail(Errc::unavailable, "the node has left its network");
    if (message.dst == unassigned || message.element >= m_config.element_count())
        return fail(Errc::invalid_argument, "no such element or destination");
    if (is_virtual(message.dst) != (message.label != nullptr))
        return fail(Errc::invalid_argument, "a virtual address needs its label, others have none");
    if (message.payload.empty() || message.payload.size() + mic > upper_pdu_max)
        return fail(Errc::limit_exceeded, "a mesh message holds 1 to 380 bytes");
    if (message.ttl > ttl_max && message.ttl != 0xFF)
        return fail(Errc::invalid_argument, "a TTL is at most 127");
    if (m_outgoing.size() + m_waiting.size() >= m_limits.outgoing)
        return fail(Errc::limit_exceeded, "too many messages are under way");
    if (m_config.element_of(message.dst)) return send_here(now, message);
    const auto src = static_cast<Address>(m_config.address + message.element);
    const bool segmented = message.acknowledged || message.long_mic ||
                           message.payload.size() + mic > unsegmented_access_max;
    const auto number = m_next_number++;
    // 3.6.4.1: one segmented message at a time from one element to one place. [MESH-6]
    if (!segmented || !is_busy(src, message.dst)) {
        CHECK_OK(send_now(now, message, number));
        loop_back(now, message);
        return number;
    }
    auto waiting = std::make_unique<Waiting>();
    waiting->number = number;
    waiting->message = message;
    waiting->payload.append(message.payload);
    if (message.label != nullptr) waiting->label = *message.label;
    m_waiting.items().push_back(std::move(waiting));
    loop_back(now, message);
    return number;
}

/// To one of our own elements: nothing goes over the air.
Result<MessageNumber> Node::send_here(Time now, const Outgoing& message) {
    const Received received{.src = static_cast<Address>(m_config.address + message.element),
                            .dst = message.dst,
                            .app_index = message.app_index.value_or(0),
                            .net_index = message.net_index,
                            .device_key = !message.app_index};
    const auto number = m_next_number++;
    const AccessPayload payload(message.payload);
    if (message.app_index)
        deliver_application(now, received, nullptr, payload.view());
    else
        deliver_device(now, received, payload.view(), true);
    return number;
}

void Node::start_waiting(Time now) {
    for (std::size_t i = 0; i < m_waiting.size();) {
        auto& waiting = *m_waiting[i];
        const auto src = static_cast<Address>(m_config.address + waiting.message.element);
        if (is_busy(src, waiting.message.dst)) {
            ++i;
            continue;
        }
        const auto next = std::move(m_waiting[i]);
        m_waiting.items().erase(m_waiting.begin() + static_cast<std::ptrdiff_t>(i));
        next->message.payload = next->payload.view();
        if (next->message.label != nullptr) next->message.label = &next->label;
        if (!send_now(now, next->message, next->number))
            m_host.ended(*this, next->number, SendEnd::abandoned);
    }
}

Result<MessageNumber> Node::send_now(Time now, const Outgoing& message, MessageNumber number) {
    const auto keys = m_config.keys;
    if (!message.app_index) {
        const auto* subnet = keys->subnet(message.net_index);
        // Its schedule is made anew: messages under it are few, and every node would carry 176
        // bytes.
        const Aes128 own(m_config.device_key);
        const auto* key = message.their_device_key ? m_host.device_key_of(message.dst) : &own;
        if (subnet == nullptr || key == nullptr || !is_unicast(message.dst))
            return fail(Errc::invalid_argument, "no device key, network or node of that number");
        return send_upper(now, message, number, *subnet, 0, *key);
    }
    const auto* application = keys->application(*message.app_index);
    const auto* subnet = application == nullptr ? nullptr : keys->subnet(application->net);
    if (subnet == nullptr) return fail(Errc::invalid_argument, "no application key of that number");
    const auto& key = keys->transmit_key(*application);
    return send_upper(now, message, number, *subnet, static_cast<std::uint8_t>(akf_bit | key.aid),
                      key.key);
}

Result<MessageNumber> Node::send_upper(Time now, const Outgoing& message, MessageNumber number,
                                       const Subnet& subnet, std::uint8_t head, const Aes128& key) {
    const auto src = static_cast<Address>(m_config.address + message.element);
    const auto ttl = message.ttl == 0xFF ? m_config.states.default_ttl : message.ttl;
    const bool segmented =
        message.acknowledged || message.long_mic ||
        message.payload.size() + trans_mic_size(message.long_mic) > unsegmented_access_max;
    if (m_sequence > sequence_max) {
        say_used_up();
        return fail(Errc::unavailable, "all sequence numbers are used until the next IV update");
    }
    const AccessNonce nonce{.device_key = !message.app_index,
                            .szmic = message.long_mic,
                            .seq = m_sequence,
                            .src = src,
                            .dst = message.dst,
                            .iv_index = m_iv.transmit()};
    const auto upper = seal_access(key, nonce, message.payload, message.label);
    LowerPdu lower{.segmented = segmented, .head = head, .szmic = message.long_mic};
    if (!segmented) {
        lower.payload.append(upper.view());
        NetworkPdu pdu{.ttl = ttl, .src = src, .dst = message.dst};
        pdu.transport.append(encode_lower(lower).view());
        if (!transmit_pdu(now, subnet, pdu, nonce.iv_index))
            return fail(Errc::unavailable, "no sequence number to be had");
        return number;
    }
    lower.seq_zero = static_cast<std::uint16_t>(m_sequence & seq_zero_mask);
    lower.seg_n = static_cast<std::uint8_t>((upper.size() - 1) / access_segment_size);
    OutgoingMessage out{
        .number = number, .src = src, .dst = message.dst, .net_index = subnet.index, .ttl = ttl};
    out.iv_index = nonce.iv_index;
    out.shape = lower;
    out.upper = upper;
    return send_segmented(now, std::move(out));
}

Result<MessageNumber> Node::send_segmented(Time now, OutgoingMessage message) {
    // At once: the message is encrypted under the number that its first segment takes now.
    auto& added =
        *m_outgoing.items().emplace_back(std::make_unique<OutgoingMessage>(std::move(message)));
    const auto number = added.number;
    added.start(m_config.states.sar_transmitter, now);
    const auto* subnet = m_config.keys->subnet(added.net_index);
    NetworkPdu pdu{.control = added.control, .ttl = added.ttl, .src = added.src, .dst = added.dst};
    pdu.transport.append(encode_lower(added.segment()).view());
    if (m_low_power) m_low_power->poll_soon(now);
    if (!transmit_pdu(now, *subnet, pdu, added.iv_index)) {
        m_outgoing.items().pop_back();
        return fail(Errc::unavailable, "no sequence number to be had");
    }
    added.sent(m_config.states.sar_transmitter, now);
    return number;
}

void Node::send_control(Address src, Address dst, KeyIndex net_index, std::uint8_t ttl,
                        ControlOpcode opcode, ByteView parameters) {
    const auto* subnet = m_config.keys->subnet(net_index);
    if (subnet == nullptr) return;
    LowerPdu lower{.head = static_cast<std::uint8_t>(opcode)};
    lower.payload.append(parameters);
    NetworkPdu pdu{.control = true, .ttl = ttl, .src = src, .dst = dst};
    pdu.transport.append(encode_lower(lower).view());
    // Unsegmented: the time is of no use to it.
    (void)transmit_pdu(Time{0}, *subnet, pdu, m_iv.transmit());
}

/// Under other keys than the flood's: between friends, and along paths.
void Node::send_control_under(Address src, Address dst, std::uint8_t ttl,
                              const Credentials& credentials, ControlOpcode opcode,
                              ByteView parameters) {
    const auto seq = take_sequence();
    if (!seq) return;
    LowerPdu lower{.head = static_cast<std::uint8_t>(opcode)};
    lower.payload.append(parameters);
    NetworkPdu pdu{.control = true, .ttl = ttl, .seq = *seq, .src = src, .dst = dst};
    pdu.transport.append(encode_lower(lower).view());
    m_cache.insert((m_iv.transmit() & 1U) != 0, pdu.src, pdu.seq);
    transmit_frame(encode_network(pdu, credentials, m_iv.transmit()));
}

void Node::end_outgoing(std::size_t index, Time now, SendEnd end) {
    const auto number = m_outgoing[index]->number;
    if (end == SendEnd::timed_out && m_directed) m_directed->doubt(now, m_outgoing[index]->dst);
    m_outgoing.items().erase(m_outgoing.begin() + static_cast<std::ptrdiff_t>(index));
    m_host.ended(*this, number, end);
    start_waiting(now);
}

void Node::wake_outgoing(Time now) {
    const auto& sar = m_config.states.sar_transmitter;
    for (std::size_t i = 0; i < m_outgoing.size();) {
        auto& message = *m_outgoing[i];
        const auto* subnet = m_config.keys->subnet(message.net_index);
        const auto step =
            subnet == nullptr ? OutgoingMessage::Step::timed_out : message.step(sar, now);
        if (step == OutgoingMessage::Step::done) {
            end_outgoing(i, now, SendEnd::sent_to_group);
            continue;
        }
        if (step == OutgoingMessage::Step::timed_out) {
            end_outgoing(i, now, subnet == nullptr ? SendEnd::abandoned : SendEnd::timed_out);
            continue;
        }
        if (step == OutgoingMessage::Step::send_segment) {
            NetworkPdu pdu{.control = message.control,
                           .ttl = message.ttl,
                           .src = message.src,
                           .dst = message.dst};
            pdu.transport.append(encode_lower(message.segment()).view());
            if (!transmit_pdu(now, *subnet, pdu, message.iv_index)) {
                end_outgoing(i, now, SendEnd::abandoned);
                continue;
            }
            message.sent(sar, now);
        }
        ++i;
    }
}

} // namespace torgo::mesh
