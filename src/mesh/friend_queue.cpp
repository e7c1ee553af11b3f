// What a friend keeps: whole PDUs at once, segments when all of a message are there (Mesh Protocol
// 1.1, 3.5.5).

#include "mesh/friend_role.hpp"
#include "mesh/node.hpp"

#include <algorithm>

namespace torgo::mesh {

void FriendRole::on_pdu(Time now, const NetworkPdu& pdu, KeyIndex net_index, std::uint32_t iv_index,
                        bool own) {
    // A PDU that may go no further does not go to a low power node, either.
    if (!own && pdu.ttl < 2) return;
    for (auto& f : m_friendships) {
        if (!f->established || f->net_index != net_index || f->is_element(pdu.src) ||
            !f->wants(pdu.dst))
            continue;
        const auto lower = decode_lower(pdu.transport.view(), pdu.control);
        if (!lower) return;
        const auto ttl = static_cast<std::uint8_t>(own ? pdu.ttl : pdu.ttl - 1);
        if (lower->segmented) {
            keep_segment(now, *f, pdu, *lower, iv_index, ttl);
            continue;
        }
        // [MESH-49]
        if (!f->taken.is_new(pdu.src, iv_index, pdu.seq)) continue;
        f->taken.take(pdu.src, iv_index, pdu.seq);
        auto kept = pdu;
        kept.ttl = ttl;
        keep(*f, {.pdu = kept, .iv_index = iv_index});
    }
}

/// [MESH-34] The oldest makes room, but for news about keys and the IV Index.
void FriendRole::keep(Friendship& f, Queued entry) {
    if (entry.update) {
        std::erase_if(f.queue, [](const Queued& q) { return q.update; });
    } else if (entry.pdu.control && !entry.pdu.transport.empty() &&
               entry.pdu.transport.view()[0] == 0) {
        // An acknowledgment says all that an older one of the same message said.
        const auto lower = decode_lower(entry.pdu.transport.view(), true);
        const auto ack = lower ? decode_ack(lower->payload.view()) : std::nullopt;
        std::erase_if(f.queue, [&](const Queued& q) {
            if (q.update || !q.pdu.control || q.pdu.src != entry.pdu.src) return false;
            const auto other = decode_lower(q.pdu.transport.view(), true);
            if (!ack || !other || other->segmented || other->head != 0) return false;
            const auto older = decode_ack(other->payload.view());
            return older && older->seq_zero == ack->seq_zero;
        });
    }
    while (f.queue.size() >= queue_size) {
        const auto oldest =
            std::ranges::find_if(f.queue, [](const Queued& q) { return !q.update; });
        if (oldest == f.queue.end()) return;
        f.queue.erase(oldest);
    }
    f.queue.push_back(std::move(entry));
}

void FriendRole::keep_segment(Time now, Friendship& f, const NetworkPdu& pdu, const LowerPdu& lower,
                              std::uint32_t iv_index, std::uint8_t ttl) {
    const auto first = first_sequence(pdu.seq, lower.seq_zero);
    if (!first) return;
    const auto& sar = m_node.m_config.states.sar_receiver;
    const auto known = std::ranges::find_if(f.completed, [&](const Completed& c) {
        return c.src == pdu.src && c.iv_index == iv_index && c.first_seq == *first;
    });
    if (known != f.completed.end()) {
        if (!is_unicast(pdu.dst) || now < known->quiet_until) return;
        known->quiet_until = now + sar.ack_delay(segments_max - 1);
        IncomingMessage all{.src = pdu.src, .dst = pdu.dst, .net_index = f.net_index};
        all.shape = lower;
        all.ttl = pdu.ttl;
        all.block = static_cast<std::uint32_t>((std::uint64_t{1} << (lower.seg_n + 1U)) - 1);
        acknowledge(now, f, all);
        return;
    }
    auto at = std::ranges::find_if(f.assemblies, [&](const auto& a) {
        return a->message.src == pdu.src && a->message.dst == pdu.dst &&
               a->message.iv_index == iv_index && a->message.first_seq == *first &&
               a->message.control == pdu.control;
    });
    if (at == f.assemblies.end()) {
        if (!f.taken.is_new(pdu.src, iv_index, pdu.seq) ||
            !f.taken.is_new_message(pdu.src, iv_index, *first))
            return;
        if (f.assemblies.size() >= reassemblies_max || lower.seg_n + 1U > queue_size) return;
        auto made = std::make_unique<Assembly>();
        made->message = {.src = pdu.src, .dst = pdu.dst, .net_index = f.net_index};
        made->message.control = pdu.control;
        made->message.ttl = pdu.ttl;
        made->message.iv_index = iv_index;
        made->message.first_seq = *first;
        made->message.start(lower);
        made->ttl_left = ttl;
        at = f.assemblies.insert(f.assemblies.end(), std::move(made));
    }
    auto& assembly = **at;
    auto& message = assembly.message;
    if (message.take(lower) != IncomingMessage::Taken::fresh) return;
    assembly.seqs[lower.seg_o] = pdu.seq;
    message.greatest_seq = std::max(message.greatest_seq, pdu.seq);
    message.discard_due = now + sar.discard_after();
    // Nothing is sent from here: the caller may be in the middle of sending itself.
    message.ack_due = !is_unicast(message.dst) ? never
                      : message.is_complete()  ? now
                                               : now + sar.ack_delay(lower.seg_n);
    if (message.is_complete()) finish(f, assembly);
}

/// All segments follow each other in the queue, under the numbers that they came with.
void FriendRole::finish(Friendship& f, Assembly& assembly) {
    const auto& message = assembly.message;
    const auto size = segment_size(message.control);
    for (std::uint8_t i = 0; i <= message.shape.seg_n; ++i) {
        auto lower = message.shape;
        lower.seg_o = i;
        const auto upper = message.upper.view().subspan(i * size);
        lower.payload = Buffer<unsegmented_access_max>(upper.first(std::min(size, upper.size())));
        NetworkPdu pdu{.control = message.control,
                       .ttl = assembly.ttl_left,
                       .seq = assembly.seqs[i],
                       .src = message.src,
                       .dst = message.dst};
        pdu.transport.append(encode_lower(lower).view());
        keep(f, {.pdu = pdu, .iv_index = message.iv_index});
    }
    f.taken.take(message.src, message.iv_index, message.greatest_seq, message.first_seq);
    if (f.completed.size() >= completed_max) f.completed.erase(f.completed.begin());
    f.completed.push_back(
        {.src = message.src, .iv_index = message.iv_index, .first_seq = message.first_seq});
    if (!is_unicast(message.dst)) assembly.message.discard_due = Time{0};
}

/// [MESH-35] In the name of the low power node, with OBO set.
void FriendRole::acknowledge(Time now, Friendship& f, const IncomingMessage& message) {
    auto ack = message.ack();
    ack.on_behalf = true;
    if (m_node.m_config.element_of(message.src)) {
        m_node.take_ack(now, message.dst, message.src, ack);
        return;
    }
    m_node.send_ack_to(now, m_node.m_config.address, message.src, f.net_index, message.ttl, ack);
}

void FriendRole::wake_assemblies(Time now, Friendship& f) {
    for (auto& assembly : f.assemblies) {
        auto& message = assembly->message;
        if (message.ack_due > now) continue;
        message.ack_due = never;
        if (message.is_complete()) message.discard_due = now;
        acknowledge(now, f, message);
    }
    std::erase_if(f.assemblies, [&](const auto& a) { return a->message.discard_due <= now; });
}

} // namespace torgo::mesh
