#pragma once

#include "mesh/node.hpp"
#include "mesh/provisioning.hpp"
#include "mesh/remote_messages.hpp"

#include <deque>
#include <optional>

namespace torgo::mesh {

/// Remote Provisioning Client (0x0005): provisions a device that a server elsewhere in the network
/// hears. Provisioning itself is the same as over the air: it runs against a link of its own that
/// ends here, and whose PDUs go to the server.
class RemoteClient {
public:
    static constexpr std::chrono::seconds give_up_after{120}; ///< without any progress

    /// Asks a server to report the devices it hears; reports come to the host as
    /// op::remote_scan_report. Errors: those of Node::send.
    static Result<> scan(Node& node, Time now, Address server, KeyIndex net_index,
                         std::uint8_t limit, std::uint8_t seconds);

    /// Begins. The node and `random` outlive it, and it stays where it was made.
    RemoteClient(Node& node, env::Random& random, Address server, KeyIndex net_index,
                 const DeviceUuid& device, Provisioning::Options options, Time now);
    RemoteClient(const RemoteClient&) = delete;
    RemoteClient& operator=(const RemoteClient&) = delete;

    bool on_message(Time now, const Received& received);
    void on_wake(Time now);
    Time next_wake() const;

    /// The device is a node now; provisioning() knows its key.
    bool is_done() const { return m_stage == Stage::done; }
    bool has_failed() const { return m_stage == Stage::failed; }

    /// Null before the link is open.
    const Provisioning* provisioning() const { return m_provisioning ? &*m_provisioning : nullptr; }

private:
    enum class Stage : std::uint8_t { opening, running, closing, done, failed };

    void send(Time now, const AccessPayload& payload);
    void ask_open(Time now);
    void start(Time now);
    void on_pdu_report(Time now, Fields in);
    void pump(Time now);
    void handle(const ProvisioningLink::Event& event);
    void send_next(Time now);
    void progress(Time now);

    Node& m_node;
    env::Random& m_random;
    Address m_server;
    KeyIndex m_net_index;
    DeviceUuid m_device;
    Provisioning::Options m_options;
    Stage m_stage = Stage::opening;
    std::optional<Provisioning> m_provisioning{};
    std::optional<ProvisioningLink> m_here{}; ///< the near end of provisioning's link
    std::deque<PbAdvFrame> m_to_here;
    std::deque<PbAdvFrame> m_from_here;
    std::deque<ProvisioningPdu> m_outgoing;
    std::deque<ProvisioningPdu> m_incoming;
    std::uint8_t m_outbound = 1; ///< number of the next PDU out, or of the one under way
    std::uint8_t m_inbound = 0;
    bool m_under_way = false;
    Time m_retry_due;
    Time m_give_up;
};

} // namespace torgo::mesh
