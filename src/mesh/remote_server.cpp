#include "mesh/remote_server.hpp"

#include <algorithm>

namespace torgo::mesh {

namespace {
constexpr std::uint8_t open_seconds = 10; // 4.3.11.10, where none are given
constexpr std::uint8_t open_seconds_max = 60;
constexpr std::int8_t no_rssi = 127;
} // namespace

RemoteServer::RemoteServer(Node& node, env::Random& random, ProvisioningLink::Send send)
    : m_node(node), m_random(random), m_send(std::move(send)) {}

bool RemoteServer::send(Time now, const Client& to, const AccessPayload& payload,
                        bool acknowledged) {
    // A status that finds no room is asked for again by the client.
    return m_node
        .send(now, {.dst = to.address,
                    .net_index = to.net_index,
                    .acknowledged = acknowledged,
                    .payload = payload.view()})
        .has_value();
}

/// [MESH-39] The client does not ask for what the device sent: it waits here until the node has
/// room. There are few: a device sends one PDU after the other.
void RemoteServer::report(Time now, AccessPayload payload) {
    if (m_reports.size() == reports_max) m_reports.pop_front();
    m_reports.push_back(std::move(payload));
    send_reports(now);
}

void RemoteServer::send_reports(Time now) {
    while (!m_reports.empty() && send(now, m_client, m_reports.front(), true))
        m_reports.pop_front();
    m_reports_due = m_reports.empty() ? never : now + reports_pause;
}

void RemoteServer::scan_status(Time now, const Client& to, RemoteStatus status) {
    const auto left = m_scan_end == never ? Time{0} : std::max(m_scan_end - now, Time{0});
    auto out = encode_access(op::remote_scan_status, {});
    out.u8(static_cast<std::uint8_t>(status)).u8(static_cast<std::uint8_t>(m_scan));
    out.u8(m_scan == RemoteScan::idle ? std::uint8_t{0} : m_scan_limit);
    out.u8(static_cast<std::uint64_t>(left / std::chrono::seconds(1)));
    send(now, to, out, false);
}

void RemoteServer::link_status(Time now, const Client& to, RemoteStatus status) {
    auto out = encode_access(op::remote_link_status, {});
    out.u8(static_cast<std::uint8_t>(status)).u8(static_cast<std::uint8_t>(m_state));
    send(now, to, out, false);
}

void RemoteServer::link_report(Time now, std::optional<LinkClose> reason) {
    auto out = encode_access(op::remote_link_report, {});
    out.u8(static_cast<std::uint8_t>(m_status)).u8(static_cast<std::uint8_t>(m_state));
    if (reason) out.u8(static_cast<std::uint8_t>(*reason));
    report(now, out);
}

// [MESH-38] Only under this node's own device key: not under an application's, nor another node's.
bool RemoteServer::on_message(Time now, const Received& received) {
    if (!received.device_key || received.model != remote_server || received.element != 0)
        return false;
    const Client from{.address = received.src, .net_index = received.net_index};
    const Fields in(received.parameters);
    switch (received.opcode) {
    case op::remote_scan_capabilities_get: {
        auto out = encode_access(op::remote_scan_capabilities_status, {});
        send(now, from, out.u8(scanned_max).u8(0), false); // no active scanning
        return true;
    }
    case op::remote_scan_start:
        on_scan_start(now, from, in);
        return true;
    case op::remote_scan_stop:
        m_scan = RemoteScan::idle;
        m_scan_end = never;
        scan_status(now, from, RemoteStatus::success);
        return true;
    case op::remote_scan_get:
        scan_status(now, from, RemoteStatus::success);
        return true;
    case op::remote_link_get:
        link_status(now, from, RemoteStatus::success);
        return true;
    case op::remote_link_open:
        on_link_open(now, from, in);
        return true;
    case op::remote_link_close:
        on_link_close(now, from, in);
        return true;
    case op::remote_pdu_send:
        on_pdu_send(now, from, in);
        return true;
    default:
        return false;
    }
}

void RemoteServer::on_scan_start(Time now, const Client& from, Fields in) {
    const auto limit = in.u8();
    const auto seconds = in.u8();
    std::optional<DeviceUuid> device;
    if (in.left() > 0) device = in.bytes<16>();
    if (!in.done() || seconds == 0) return;
    if (limit > scanned_max) {
        scan_status(now, from, RemoteStatus::scanning_cannot_start);
        return;
    }
    if (m_scan != RemoteScan::idle && from != m_scan_client) {
        scan_status(now, from, RemoteStatus::invalid_state);
        return;
    }
    m_scan = device ? RemoteScan::one : RemoteScan::several;
    m_scan_client = from;
    m_scan_limit = limit == 0 ? scanned_max : limit;
    m_scan_for = device;
    m_scanned.clear();
    m_scan_end = now + std::chrono::seconds(seconds);
    scan_status(now, from, RemoteStatus::success);
}

void RemoteServer::on_beacon(Time now, ByteView beacon) {
    if (m_scan == RemoteScan::idle) return;
    const auto heard = decode_unprovisioned(beacon);
    if (!heard || (m_scan_for && heard->device != *m_scan_for)) return;
    if (std::ranges::find(m_scanned, heard->device) != m_scanned.end() ||
        m_scanned.size() >= m_scan_limit)
        return;
    m_scanned.push_back(heard->device);
    auto out = encode_access(op::remote_scan_report, {});
    out.u8(static_cast<std::uint8_t>(no_rssi)).append(heard->device).le16(heard->oob);
    if (heard->uri_hash) out.append(*heard->uri_hash);
    send(now, m_scan_client, out, true);
}

void RemoteServer::on_link_open(Time now, const Client& from, Fields in) {
    // One byte would ask for a refresh of this node's own key or address, which is not done here.
    if (in.left() != 16 && in.left() != 17) {
        if (in.left() == 1) link_status(now, from, RemoteStatus::link_cannot_open);
        return;
    }
    const auto device = in.bytes<16>();
    const auto seconds = in.left() > 0 ? in.u8() : open_seconds;
    if (seconds == 0 || seconds > open_seconds_max) return;
    if (m_state == RemoteLink::closing || m_state == RemoteLink::sending) {
        link_status(now, from, RemoteStatus::invalid_state);
        return;
    }
    if (m_state != RemoteLink::idle) {
        const bool same = from == m_client && device == m_device;
        link_status(now, from, same ? RemoteStatus::success : RemoteStatus::link_cannot_open);
        return;
    }
    std::array<std::uint8_t, 4> number{};
    m_random.fill(number);
    m_client = from;
    m_reports.clear();
    m_reports_due = never;
    m_device = device;
    m_link = ProvisioningLink::open(Fields(number).be32(), device, m_send, now);
    m_state = RemoteLink::opening;
    m_status = RemoteStatus::success;
    m_open_end = now + std::chrono::seconds(seconds);
    m_outbound = m_inbound = 0;
    link_status(now, from, RemoteStatus::success);
}

void RemoteServer::close(Time now, RemoteStatus status, LinkClose reason) {
    m_status = status;
    m_open_end = never;
    m_state = RemoteLink::closing;
    if (m_link) m_link->close(now, reason);
}

void RemoteServer::on_link_close(Time now, const Client& from, Fields in) {
    const auto reason = in.u8();
    if (!in.done() || (reason != 0 && reason != 2)) return;
    const bool idle = m_state == RemoteLink::idle || m_state == RemoteLink::closing;
    if (!idle && from != m_client) {
        link_status(now, from, RemoteStatus::invalid_state);
        return;
    }
    if (!idle) close(now, RemoteStatus::closed_by_client, static_cast<LinkClose>(reason));
    link_status(now, from, RemoteStatus::success);
}

/// [MESH-39] PDUs are numbered; one that the device has already is reported again, not sent again.
void RemoteServer::on_pdu_send(Time now, const Client& from, Fields in) {
    const auto number = in.u8();
    const auto pdu = in.rest();
    if (from != m_client || m_state != RemoteLink::active || !m_link || pdu.empty() ||
        pdu.size() > provisioning_pdu_max)
        return;
    if (number == m_outbound) {
        send(now, from, encode_access(op::remote_pdu_outbound_report, std::array{m_outbound}),
             true);
        return;
    }
    if (number != static_cast<std::uint8_t>(m_outbound + 1) || !m_link->is_free()) return;
    m_state = RemoteLink::sending;
    m_link->send(now, ProvisioningPdu(pdu));
}

void RemoteServer::handle(Time now, const ProvisioningLink::Event& event) {
    using Kind = ProvisioningLink::Event::Kind;
    switch (event.kind) {
    case Kind::opened:
        m_state = RemoteLink::active;
        m_open_end = never;
        link_report(now, std::nullopt);
        return;
    case Kind::sent:
        ++m_outbound;
        if (m_state == RemoteLink::sending) m_state = RemoteLink::active;
        report(now, encode_access(op::remote_pdu_outbound_report, std::array{m_outbound}));
        return;
    case Kind::pdu: {
        auto out = encode_access(op::remote_pdu_report, std::array{++m_inbound});
        report(now, out.append(event.pdu.view()));
        return;
    }
    case Kind::closed:
        if (m_state == RemoteLink::opening)
            m_status = RemoteStatus::link_open_failed;
        else if (m_state != RemoteLink::closing)
            m_status = event.reason == LinkClose::timeout ? RemoteStatus::cannot_send
                                                          : RemoteStatus::closed_by_device;
        m_state = RemoteLink::idle;
        m_open_end = never;
        m_link.reset();
        link_report(now, event.reason);
        return;
    case Kind::nothing:
        return;
    }
}

void RemoteServer::on_pb_adv(Time now, ByteView frame) {
    if (!m_link) return;
    const auto event = m_link->on_frame(now, frame);
    handle(now, event);
}

void RemoteServer::on_wake(Time now) {
    if (m_scan_end <= now) {
        m_scan = RemoteScan::idle;
        m_scan_end = never;
    }
    if (m_reports_due <= now) send_reports(now);
    if (m_open_end <= now) close(now, RemoteStatus::link_open_failed, LinkClose::timeout);
    if (!m_link || m_link->next_wake() > now) return;
    const auto event = m_link->on_wake(now);
    handle(now, event);
}

Time RemoteServer::next_wake() const {
    return std::min({m_scan_end, m_open_end, m_reports_due, m_link ? m_link->next_wake() : never});
}

} // namespace torgo::mesh
