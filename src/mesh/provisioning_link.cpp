#include "mesh/provisioning_link.hpp"

namespace torgo::mesh {

ProvisioningLink::ProvisioningLink(bool provisioner, const DeviceUuid& device, Send send)
    : m_provisioner(provisioner),
      m_device(device),
      m_send(std::move(send)),
      m_transaction(first_transaction()),
      m_expected(their_first()) {}

ProvisioningLink ProvisioningLink::open(std::uint32_t link, const DeviceUuid& device, Send send,
                                        Time now) {
    ProvisioningLink out(true, device, std::move(send));
    out.m_link = link;
    out.m_state = State::opening;
    out.m_give_up = now + open_timeout;
    out.m_retry_due = now;
    return out;
}

ProvisioningLink ProvisioningLink::listen(const DeviceUuid& device, Send send) {
    return {false, device, std::move(send)};
}

/// 5.3.2: 0x00 to 0x7F for the provisioner, 0x80 to 0xFF for the device, each in a ring.
std::uint8_t ProvisioningLink::after(std::uint8_t transaction) {
    return static_cast<std::uint8_t>((transaction & 0x80U) | ((transaction + 1U) & 0x7FU));
}

ProvisioningLink::Event ProvisioningLink::ended(LinkClose reason) {
    m_state = State::closed;
    m_retry_due = m_give_up = never;
    return {.kind = Event::Kind::closed, .reason = reason};
}

void ProvisioningLink::send(Time now, const ProvisioningPdu& pdu) {
    ENSURE(m_state == State::open && m_outgoing.empty() && !pdu.empty());
    m_outgoing = pdu;
    m_give_up = now + transaction_timeout;
    m_retry_due = now + retry_interval;
    send_segments();
}

void ProvisioningLink::send_segments() {
    const auto count = segments_of_transaction(m_outgoing.size());
    for (std::size_t i = 0; i < count; ++i)
        emit(segment_of_transaction(m_link, m_transaction, m_outgoing.view(), i));
}

void ProvisioningLink::close(Time now, LinkClose reason) {
    if (m_state == State::closed || m_state == State::listening) return;
    m_state = State::closing;
    m_reason = reason;
    m_closes_left = close_repeats;
    m_retry_due = now;
    m_give_up = never;
    m_outgoing.clear();
}

ProvisioningLink::Event ProvisioningLink::on_frame(Time now, ByteView frame) {
    const auto pdu = decode_pb_adv(frame);
    if (!pdu) return {};
    if (m_state == State::listening) return on_listening(now, *pdu);
    if (pdu->link != m_link || m_state == State::closed) return {};
    if (pdu->kind == PbAdv::Kind::link_close) {
        if (m_state == State::closing) return ended(m_reason);
        return ended(pdu->reason);
    }
    if (m_state == State::opening && pdu->kind == PbAdv::Kind::link_ack) {
        m_state = State::open;
        m_retry_due = never;
        m_give_up = now + protocol_timeout;
        return {.kind = Event::Kind::opened};
    }
    if (m_state == State::open) return on_open(now, *pdu);
    return {};
}

ProvisioningLink::Event ProvisioningLink::on_listening(Time now, const PbAdv& pdu) {
    if (pdu.kind != PbAdv::Kind::link_open || !std::ranges::equal(pdu.payload.view(), m_device))
        return {};
    m_link = pdu.link;
    m_state = State::open;
    m_give_up = now + open_timeout;
    emit({.link = m_link, .kind = PbAdv::Kind::link_ack});
    return {.kind = Event::Kind::opened};
}

ProvisioningLink::Event ProvisioningLink::on_open(Time now, const PbAdv& pdu) {
    switch (pdu.kind) {
    case PbAdv::Kind::link_open:
        // Our acknowledgment was lost.
        if (!m_provisioner) emit({.link = m_link, .kind = PbAdv::Kind::link_ack});
        return {};
    case PbAdv::Kind::ack:
        return on_ack(now, pdu);
    case PbAdv::Kind::start:
    case PbAdv::Kind::continuation: {
        const auto event = on_segment(pdu);
        if (event.kind == Event::Kind::pdu && m_outgoing.empty())
            m_give_up = now + protocol_timeout;
        return event;
    }
    default:
        return {};
    }
}

ProvisioningLink::Event ProvisioningLink::on_ack(Time now, const PbAdv& pdu) {
    if (m_outgoing.empty() || pdu.transaction != m_transaction) return {};
    m_outgoing.clear();
    m_transaction = after(m_transaction);
    m_retry_due = never;
    m_give_up = now + protocol_timeout;
    return {.kind = Event::Kind::sent};
}

void ProvisioningLink::begin_incoming(const PbAdv& start) {
    m_receiving = true;
    m_last_segment = start.segment;
    m_fcs = start.fcs;
    m_incoming.clear();
    (void)m_incoming.extend(start.total_length);
}

ProvisioningLink::Event ProvisioningLink::on_segment(const PbAdv& pdu) {
    const auto answered =
        static_cast<std::uint8_t>((m_expected & 0x80U) | ((m_expected - 1U) & 0x7FU));
    if (pdu.transaction == answered && !m_receiving) {
        // Taken before; the acknowledgment was lost. The first one comes before any was taken.
        if (m_expected != their_first())
            emit({.link = m_link, .transaction = answered, .kind = PbAdv::Kind::ack});
        return {};
    }
    if (pdu.transaction != m_expected) return {};
    if (pdu.kind == PbAdv::Kind::start) {
        if (!m_receiving) begin_incoming(pdu);
        if (m_incoming.size() != pdu.total_length || m_fcs != pdu.fcs) return {};
    }
    // A continuation before its start: its place is known, its length is not.
    if (!m_receiving || pdu.segment > m_last_segment) return {};
    const auto index = pdu.kind == PbAdv::Kind::start ? 0U : unsigned{pdu.segment};
    const auto from = index == 0 ? 0 : start_payload_max + (index - 1U) * continuation_payload_max;
    auto payload = pdu.payload.view();
    const auto room = m_incoming.size() - from;
    // Only the last segment may be shorter, or padded by its bearer.
    if (payload.size() > room) payload = payload.first(room);
    if (index != m_last_segment && index != 0 && payload.size() != continuation_payload_max)
        return {};
    if (index == m_last_segment && payload.size() != room) return {};
    std::ranges::copy(payload, m_incoming.span().begin() + static_cast<std::ptrdiff_t>(from));
    m_block |= 1U << index;
    if (m_block != (1U << (m_last_segment + 1U)) - 1) return {};
    return finish_incoming();
}

ProvisioningLink::Event ProvisioningLink::finish_incoming() {
    m_receiving = false;
    m_block = 0;
    if (fcs8(m_incoming.view()) != m_fcs) return {};
    emit({.link = m_link, .transaction = m_expected, .kind = PbAdv::Kind::ack});
    m_expected = after(m_expected);
    return {.kind = Event::Kind::pdu, .pdu = m_incoming};
}

ProvisioningLink::Event ProvisioningLink::on_wake(Time now) {
    if (m_give_up <= now) {
        // 5.3.2: the other side is told, and hears it or not.
        close(now, LinkClose::timeout);
    }
    if (m_retry_due > now) return {};
    m_retry_due = now + retry_interval;
    if (m_state == State::opening) {
        PbAdv pdu{.link = m_link, .kind = PbAdv::Kind::link_open};
        pdu.payload.append(m_device);
        emit(pdu);
    } else if (m_state == State::open && !m_outgoing.empty()) {
        send_segments();
    } else if (m_state == State::closing) {
        emit({.link = m_link, .kind = PbAdv::Kind::link_close, .reason = m_reason});
        if (--m_closes_left == 0) return ended(m_reason);
    } else {
        m_retry_due = never;
    }
    return {};
}

Time ProvisioningLink::next_wake() const {
    return std::min(m_retry_due, m_give_up);
}

} // namespace torgo::mesh
