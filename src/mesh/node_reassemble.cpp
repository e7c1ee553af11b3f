// Segments in, acknowledgments out (Mesh Protocol 1.1, 3.5.3.4).

#include "mesh/node.hpp"

#include <algorithm>

namespace torgo::mesh {

void Node::send_ack_to(Time now, Address src, Address dst, KeyIndex net_index, std::uint8_t ttl,
                       const SegmentAck& ack) {
    (void)now;
    // 3.5.2.3.1: an answer to a message that was not to be relayed is not, either.
    const auto own_ttl = ttl == 0 ? std::uint8_t{0} : m_config.states.default_ttl;
    send_control(src, dst, net_index, own_ttl, ControlOpcode::segment_ack, encode_ack(ack).view());
}

void Node::send_ack(Time now, const IncomingMessage& message) {
    // The friend has said it already.
    if (m_low_power && m_low_power->is_established()) return;
    send_ack_to(now, message.dst, message.src, message.net_index, message.ttl, message.ack());
}

/// A segment of what was taken already: the sender has not heard our acknowledgment. Answered, but
/// not more often than the acknowledgments of a message under way.
bool Node::answer_completed(Time now, const Opened& opened, std::uint32_t first) {
    const auto at = std::ranges::find_if(m_completed, [&](const Completed& c) {
        return c.src == opened.pdu.src && c.iv_index == opened.iv_index && c.first_seq == first;
    });
    if (at == m_completed.end()) return false;
    if (!is_unicast(opened.pdu.dst) || now < at->quiet_until || opened.friendship) return true;
    at->quiet_until = now + m_config.states.sar_receiver.ack_delay(segments_max - 1);
    send_ack_to(
        now, opened.pdu.dst, opened.pdu.src, opened.subnet->index, opened.pdu.ttl,
        {.seq_zero = static_cast<std::uint16_t>(first & seq_zero_mask), .block = at->block});
    return true;
}

/// The reassembly a segment belongs to, begun where it is new; null where there is none for it.
IncomingMessage* Node::reassembly(Time now, const Opened& opened, const LowerPdu& lower,
                                  std::uint32_t first) {
    const auto& pdu = opened.pdu;
    const auto same = [&](const auto& m) {
        return m->src == pdu.src && m->dst == pdu.dst && m->first_seq == first &&
               m->iv_index == opened.iv_index && m->control == pdu.control;
    };
    const auto at = std::ranges::find_if(m_incoming, same);
    if (at != m_incoming.end()) return at->get();
    // [MESH-8]
    if (!m_replay.is_new(pdu.src, opened.iv_index, pdu.seq) ||
        !m_replay.is_new_message(pdu.src, opened.iv_index, first)) {
        ++m_counters.replayed;
        return nullptr;
    }
    if (m_incoming.size() >= m_limits.incoming) {
        ++m_counters.no_room;
        if (is_unicast(pdu.dst))
            send_ack_to(now, pdu.dst, pdu.src, opened.subnet->index, pdu.ttl,
                        {.seq_zero = lower.seq_zero, .block = 0});
        return nullptr;
    }
    auto made = std::make_unique<IncomingMessage>();
    made->src = pdu.src;
    made->dst = pdu.dst;
    made->net_index = opened.subnet->index;
    made->control = pdu.control;
    made->ttl = pdu.ttl;
    made->iv_index = opened.iv_index;
    made->first_seq = first;
    made->start(lower);
    m_incoming.items().push_back(std::move(made));
    return m_incoming.back().get();
}

void Node::on_segment(Time now, const Opened& opened, const LowerPdu& lower) {
    const auto first = first_sequence(opened.pdu.seq, lower.seq_zero);
    if (!first || answer_completed(now, opened, *first)) return;
    auto* message = reassembly(now, opened, lower, *first);
    if (message == nullptr || message->take(lower) != IncomingMessage::Taken::fresh) return;
    const auto& sar = m_config.states.sar_receiver;
    message->greatest_seq = std::max(message->greatest_seq, opened.pdu.seq);
    message->discard_due = now + sar.discard_after();
    if (message->is_complete()) {
        on_complete(now, opened, *message);
        return;
    }
    if (!is_unicast(message->dst)) return;
    message->ack_due = now + sar.ack_delay(lower.seg_n);
    const bool is_long = lower.seg_n + 1U > sar.segments_threshold;
    message->acks_left = static_cast<std::uint8_t>(1 + (is_long ? sar.ack_retransmissions : 0));
}

void Node::on_complete(Time now, const Opened& opened, IncomingMessage& message) {
    const auto at = std::ranges::find_if(
        m_incoming, [&](const auto& other) { return other.get() == &message; });
    const auto done = std::move(*at);
    m_incoming.items().erase(at);
    if (!take(done->src, done->iv_index, done->greatest_seq, done->first_seq)) return;
    if (m_completed.size() >= std::max<std::size_t>(m_limits.completed, 1))
        m_completed.items().erase(m_completed.begin());
    m_completed.items().push_back({.src = done->src,
                                   .iv_index = done->iv_index,
                                   .first_seq = done->first_seq,
                                   .block = done->block});
    if (is_unicast(done->dst)) send_ack(now, *done);
    if (done->control) {
        on_control(now, opened, done->shape.head, done->upper.view());
        return;
    }
    on_access(now, {.opened = &opened,
                    .head = done->shape.head,
                    .szmic = done->shape.szmic,
                    .first_seq = done->first_seq,
                    .upper = done->upper.view()});
}

void Node::wake_incoming(Time now) {
    const auto& sar = m_config.states.sar_receiver;
    for (auto& message : m_incoming) {
        if (message->ack_due > now) continue;
        send_ack(now, *message);
        --message->acks_left;
        message->ack_due = message->acks_left > 0 ? now + sar.segment_interval() : never;
    }
    if (!m_incoming.empty())
        std::erase_if(m_incoming.items(),
                      [&](const auto& message) { return message->discard_due <= now; });
}

void Node::on_ack(Time now, const Opened& opened, ByteView parameters) {
    if (const auto ack = decode_ack(parameters))
        take_ack(now, opened.pdu.src, opened.pdu.dst, *ack);
}

void Node::take_ack(Time now, Address from, Address to, const SegmentAck& ack) {
    for (std::size_t i = 0; i < m_outgoing.size(); ++i) {
        auto& message = *m_outgoing[i];
        if (message.due == never || message.shape.seq_zero != ack.seq_zero || message.src != to ||
            (message.dst != from && !ack.on_behalf) || !is_unicast(message.dst))
            continue;
        switch (message.acknowledge(ack, m_config.states.sar_transmitter, now)) {
        case OutgoingMessage::Answer::done:
            end_outgoing(i, now, SendEnd::acknowledged);
            break;
        case OutgoingMessage::Answer::refused:
            end_outgoing(i, now, SendEnd::refused);
            break;
        case OutgoingMessage::Answer::going_on:
            break;
        }
        return;
    }
}

} // namespace torgo::mesh
