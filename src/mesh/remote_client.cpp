#include "mesh/remote_client.hpp"

namespace torgo::mesh {

namespace {
constexpr std::chrono::seconds retry_interval{5};
constexpr std::uint32_t near_link = 1; // never on any air
constexpr std::uint8_t open_seconds = 60;
/// Of provisioning, waiting for the near end: more come only from a server that makes them up.
constexpr std::size_t incoming_max = 4;
} // namespace

Result<> RemoteClient::scan(Node& node, Time now, Address server, KeyIndex net_index,
                            std::uint8_t limit, std::uint8_t seconds) {
    const auto payload = encode_access(op::remote_scan_start, std::array{limit, seconds});
    TRY(const auto number, node.send(now, {.dst = server,
                                           .their_device_key = true,
                                           .net_index = net_index,
                                           .acknowledged = true,
                                           .payload = payload.view()}));
    (void)number;
    return {};
}

RemoteClient::RemoteClient(Node& node, env::Random& random, Address server, KeyIndex net_index,
                           const DeviceUuid& device, Provisioning::Options options, Time now)
    : m_node(node),
      m_random(random),
      m_server(server),
      m_net_index(net_index),
      m_device(device),
      m_options(std::move(options)),
      m_retry_due(now),
      m_give_up(now + give_up_after) {}

void RemoteClient::send(Time now, const AccessPayload& payload) {
    (void)m_node.send(now, {.dst = m_server,
                            .their_device_key = true,
                            .net_index = m_net_index,
                            .acknowledged = true,
                            .payload = payload.view()});
    m_retry_due = now + retry_interval;
}

void RemoteClient::progress(Time now) {
    m_give_up = now + give_up_after;
}

void RemoteClient::ask_open(Time now) {
    auto out = encode_access(op::remote_link_open, m_device);
    send(now, out.u8(open_seconds));
}

void RemoteClient::start(Time now) {
    m_stage = Stage::running;
    m_retry_due = never;
    m_here = ProvisioningLink::listen(
        m_device, [this](const PbAdvFrame& frame) { m_from_here.push_back(frame); });
    m_provisioning.emplace(Provisioning::provisioner(
        m_options, m_random,
        ProvisioningLink::open(
            near_link, m_device, [this](const PbAdvFrame& frame) { m_to_here.push_back(frame); },
            now)));
    m_provisioning->on_wake(now);
    pump(now);
}

void RemoteClient::handle(const ProvisioningLink::Event& event) {
    using Kind = ProvisioningLink::Event::Kind;
    if (event.kind == Kind::pdu) m_outgoing.push_back(event.pdu);
    if (event.kind == Kind::closed && m_stage == Stage::running) {
        m_stage = Stage::closing;
        m_retry_due = Time{0};
    }
}

/// Frames between provisioning and the end of its link here, until both have nothing to say.
void RemoteClient::pump(Time now) {
    while (m_provisioning && (!m_to_here.empty() || !m_from_here.empty())) {
        if (!m_to_here.empty()) {
            const auto frame = m_to_here.front();
            m_to_here.pop_front();
            handle(m_here->on_frame(now, frame.view()));
        } else {
            const auto frame = m_from_here.front();
            m_from_here.pop_front();
            m_provisioning->on_frame(now, frame.view());
        }
        if (m_here->is_open() && m_here->is_free() && !m_incoming.empty()) {
            const auto pdu = m_incoming.front();
            m_incoming.pop_front();
            m_here->send(now, pdu);
        }
    }
    send_next(now);
}

void RemoteClient::send_next(Time now) {
    if (m_stage != Stage::running || m_under_way || m_outgoing.empty()) return;
    m_under_way = true;
    auto out = encode_access(op::remote_pdu_send, std::array{m_outbound});
    send(now, out.append(m_outgoing.front().view()));
}

void RemoteClient::on_pdu_report(Time now, Fields in) {
    const auto number = in.u8();
    const auto pdu = in.rest();
    // [MESH-39]
    if (number != static_cast<std::uint8_t>(m_inbound + 1) || pdu.empty() ||
        pdu.size() > provisioning_pdu_max || !m_here || m_stage != Stage::running ||
        m_incoming.size() >= incoming_max)
        return;
    m_inbound = number;
    progress(now);
    m_incoming.emplace_back(pdu);
    if (m_here->is_open() && m_here->is_free()) {
        m_here->send(now, m_incoming.front());
        m_incoming.pop_front();
    }
    pump(now);
}

bool RemoteClient::on_message(Time now, const Received& received) {
    if (!received.device_key || received.model != config_client || received.src != m_server)
        return false;
    Fields in(received.parameters);
    switch (received.opcode) {
    case op::remote_link_status:
    case op::remote_link_report: {
        const auto status = static_cast<RemoteStatus>(in.u8());
        const auto state = static_cast<RemoteLink>(in.u8());
        if (!in.ok()) return true;
        if (m_stage == Stage::closing && state != RemoteLink::active) {
            const bool good = m_provisioning && m_provisioning->is_done();
            m_stage = good ? Stage::done : Stage::failed;
        } else if (status != RemoteStatus::success && m_stage != Stage::done) {
            m_stage = Stage::failed;
        } else if (m_stage == Stage::opening && state == RemoteLink::active) {
            progress(now);
            start(now);
        }
        return true;
    }
    case op::remote_pdu_outbound_report:
        if (m_under_way && in.u8() == m_outbound) {
            m_outgoing.pop_front();
            m_under_way = false;
            m_retry_due = never;
            ++m_outbound;
            progress(now);
            send_next(now);
        }
        return true;
    case op::remote_pdu_report:
        on_pdu_report(now, in);
        return true;
    default:
        return false;
    }
}

void RemoteClient::on_wake(Time now) {
    if (m_stage == Stage::done || m_stage == Stage::failed) return;
    if (now >= m_give_up) {
        m_stage = Stage::failed;
        return;
    }
    if (m_provisioning && m_provisioning->next_wake() <= now) m_provisioning->on_wake(now);
    if (m_here && m_here->next_wake() <= now) handle(m_here->on_wake(now));
    pump(now);
    if (m_retry_due > now) return;
    if (m_stage == Stage::opening) {
        ask_open(now);
    } else if (m_stage == Stage::closing) {
        const bool good = m_provisioning && m_provisioning->is_done();
        const auto reason = good ? LinkClose::success : LinkClose::fail;
        send(now,
             encode_access(op::remote_link_close, std::array{static_cast<std::uint8_t>(reason)}));
    } else if (m_under_way) {
        m_under_way = false;
        send_next(now);
    } else {
        m_retry_due = never;
    }
}

Time RemoteClient::next_wake() const {
    if (m_stage == Stage::done || m_stage == Stage::failed) return never;
    auto next = std::min(m_retry_due, m_give_up);
    if (m_provisioning) next = std::min(next, m_provisioning->next_wake());
    if (m_here) next = std::min(next, m_here->next_wake());
    return next;
}

} // namespace torgo::mesh
