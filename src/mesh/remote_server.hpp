#pragma once

#include "mesh/node.hpp"
#include "mesh/provisioning_link.hpp"
#include "mesh/remote_messages.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace torgo::mesh {

/// Remote Provisioning Server (0x0004) on a node's primary element: tells which devices without a
/// network it hears, and carries a client's provisioning PDUs to one of them. Its host gives it
/// messages under the node's own device key, unprovisioned beacons, PB-ADV frames and wakes.
class RemoteServer {
public:
    static constexpr std::uint8_t scanned_max = 8;
    static constexpr std::size_t reports_max = 8;
    static constexpr Time reports_pause = std::chrono::milliseconds(100);

    /// `send` puts PB-ADV frames on the air. All outlive the server.
    RemoteServer(Node& node, env::Random& random, ProvisioningLink::Send send);

    /// Whether it was a message for this model.
    bool on_message(Time now, const Received& received);
    void on_beacon(Time now, ByteView beacon);
    void on_pb_adv(Time now, ByteView frame);
    void on_wake(Time now);
    Time next_wake() const;

    RemoteLink link_state() const { return m_state; }

private:
    struct Client {
        Address address = unassigned;
        KeyIndex net_index = 0;

        bool operator==(const Client&) const = default;
    };

    void on_scan_start(Time now, const Client& from, Fields in);
    void on_link_open(Time now, const Client& from, Fields in);
    void on_link_close(Time now, const Client& from, Fields in);
    void on_pdu_send(Time now, const Client& from, Fields in);
    void handle(Time now, const ProvisioningLink::Event& event);
    void close(Time now, RemoteStatus status, LinkClose reason);
    void scan_status(Time now, const Client& to, RemoteStatus status);
    void link_status(Time now, const Client& to, RemoteStatus status);
    void link_report(Time now, std::optional<LinkClose> reason);
    bool send(Time now, const Client& to, const AccessPayload& payload, bool acknowledged);
    void report(Time now, AccessPayload payload);
    void send_reports(Time now);

    Node& m_node;
    env::Random& m_random;
    ProvisioningLink::Send m_send;

    RemoteScan m_scan = RemoteScan::idle;
    Client m_scan_client{};
    std::uint8_t m_scan_limit = 0;
    std::optional<DeviceUuid> m_scan_for{};
    std::vector<DeviceUuid> m_scanned;
    Time m_scan_end = never;

    RemoteLink m_state = RemoteLink::idle;
    Client m_client{};
    DeviceUuid m_device{};
    std::optional<ProvisioningLink> m_link{};
    RemoteStatus m_status = RemoteStatus::success;
    Time m_open_end = never;
    std::deque<AccessPayload> m_reports; ///< that the node had no room for yet, in order
    Time m_reports_due = never;
    std::uint8_t m_outbound = 0; ///< number of the last PDU that the device has
    std::uint8_t m_inbound = 0;
};

} // namespace torgo::mesh
