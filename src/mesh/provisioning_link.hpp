#pragma once

#include "env/random.hpp"
#include "mesh/pb_adv.hpp"
#include "mesh/time.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace torgo::mesh {

/// One PB-ADV link: opened, kept, closed; provisioning PDUs over it as transactions that are sent
/// again until they are acknowledged (Mesh Protocol 1.1, 5.3.2, 5.3.3). No clock and no radio.
class ProvisioningLink {
public:
    static constexpr std::chrono::seconds open_timeout{60};
    static constexpr std::chrono::seconds transaction_timeout{30}; ///< until acknowledged
    /// Until the other side goes on, from each PDU on (5.4).
    static constexpr std::chrono::seconds protocol_timeout{60};
    static constexpr std::chrono::milliseconds retry_interval{500};
    static constexpr std::uint8_t close_repeats = 3; ///< no answer comes to a close

    /// What an incoming frame or the time has brought.
    struct Event {
        enum class Kind : std::uint8_t { nothing, opened, pdu, sent, closed };

        Kind kind = Kind::nothing;
        LinkClose reason{};    ///< closed
        ProvisioningPdu pdu{}; ///< pdu
    };

    using Send = std::function<void(const PbAdvFrame&)>;

    /// The provisioner's end: opens the link. `send` puts a frame on the air; outlives the link.
    static ProvisioningLink open(std::uint32_t link, const DeviceUuid& device, Send send, Time now);

    /// The device's end, waiting to be opened.
    static ProvisioningLink listen(const DeviceUuid& device, Send send);

    Event on_frame(Time now, ByteView frame);
    Event on_wake(Time now);
    Time next_wake() const;

    /// Sends a PDU of 1 to provisioning_pdu_max bytes; `sent` comes when it is acknowledged. One at
    /// a time.
    void send(Time now, const ProvisioningPdu& pdu);

    void close(Time now, LinkClose reason);

    bool is_open() const { return m_state == State::open; }

    /// No transaction is on its way.
    bool is_free() const { return m_outgoing.empty(); }

private:
    enum class State : std::uint8_t { listening, opening, open, closing, closed };

    ProvisioningLink(bool provisioner, const DeviceUuid& device, Send send);

    void emit(const PbAdv& pdu) { m_send(encode_pb_adv(pdu)); }

    void send_segments();
    Event on_listening(Time now, const PbAdv& pdu);
    Event on_open(Time now, const PbAdv& pdu);
    Event on_ack(Time now, const PbAdv& pdu);
    Event on_segment(const PbAdv& pdu);
    void begin_incoming(const PbAdv& start);
    Event finish_incoming();
    Event ended(LinkClose reason);
    std::uint8_t first_transaction() const { return m_provisioner ? 0x00 : 0x80; }
    std::uint8_t their_first() const { return m_provisioner ? 0x80 : 0x00; }
    static std::uint8_t after(std::uint8_t transaction);

    bool m_provisioner;
    DeviceUuid m_device;
    Send m_send;
    State m_state = State::listening;
    std::uint32_t m_link = 0;
    Time m_retry_due = never;
    Time m_give_up = never;

    ProvisioningPdu m_outgoing;
    std::uint8_t m_transaction = 0; ///< of what goes out
    std::uint8_t m_closes_left = 0;
    LinkClose m_reason{};

    std::uint8_t m_expected = 0; ///< transaction of what comes next
    bool m_receiving = false;    ///< m_incoming has its start
    std::uint8_t m_last_segment = 0;
    std::uint8_t m_fcs = 0;
    std::uint32_t m_block = 0;
    ProvisioningPdu m_incoming;
};

} // namespace torgo::mesh
