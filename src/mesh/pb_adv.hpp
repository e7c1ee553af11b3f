#pragma once

#include "mesh/beacon.hpp"
#include "mesh/buffer.hpp"

#include <cstdint>
#include <optional>

// Provisioning PDUs cut to fit advertising (PB-ADV, Mesh Protocol 1.1, 5.2 and 5.3) and GATT (6.3).
namespace torgo::mesh {

inline constexpr std::size_t pb_adv_max = 29;
/// The greatest provisioning PDU: room for a record fragment; the public key has 65 bytes.
inline constexpr std::size_t provisioning_pdu_max = 128;
inline constexpr std::size_t start_payload_max = 20;
inline constexpr std::size_t continuation_payload_max = 23;
inline constexpr std::size_t transaction_segments_max =
    1 + (provisioning_pdu_max - start_payload_max + continuation_payload_max - 1) /
            continuation_payload_max;

using PbAdvFrame = Buffer<pb_adv_max>;
using ProvisioningPdu = Buffer<provisioning_pdu_max>;

enum class LinkClose : std::uint8_t { success = 0, timeout = 1, fail = 2 };

/// One PB-ADV PDU.
struct PbAdv {
    enum class Kind : std::uint8_t { start, continuation, ack, link_open, link_ack, link_close };

    std::uint32_t link = 0;
    std::uint8_t transaction = 0;
    Kind kind = Kind::ack;
    std::uint8_t segment = 0;                   ///< start: the last segment; continuation: this one
    std::uint16_t total_length = 0;             ///< start
    std::uint8_t fcs = 0;                       ///< start
    LinkClose reason{};                         ///< link_close
    Buffer<continuation_payload_max> payload{}; ///< start, continuation; link_open: the device

    bool operator==(const PbAdv&) const = default;
};

PbAdvFrame encode_pb_adv(const PbAdv& pdu);

/// None where a length, the segment or the type is not as the standard says. Zeros after a link's
/// control message are taken: some bearers pad (5.3.1.4 lets later versions add fields).
std::optional<PbAdv> decode_pb_adv(ByteView frame);

/// CRC-8 of 3GPP TS 27.010 (5.3.3).
std::uint8_t fcs8(ByteView bytes);

/// How many segments a provisioning PDU of `size` bytes takes.
std::size_t segments_of_transaction(std::size_t size);

/// Segment `index` of a provisioning PDU of 1 to provisioning_pdu_max bytes.
PbAdv segment_of_transaction(std::uint32_t link, std::uint8_t transaction, ByteView pdu,
                             std::size_t index);

/// Proxy PDUs over GATT: SAR and type in the first byte (6.3.1).
enum class ProxySar : std::uint8_t { complete = 0, first = 1, continuation = 2, last = 3 };
enum class ProxyType : std::uint8_t {
    network = 0,
    beacon = 1,
    configuration = 2,
    provisioning = 3
};

struct ProxyPart {
    ProxySar sar{};
    ProxyType type{};
    ByteView payload{}; ///< into the message
};

/// Part `index` of a message for values of `att_mtu` - 3 bytes (at least 2); none when there are no
/// more.
std::optional<ProxyPart> proxy_part(ByteView message, ProxyType type, std::size_t att_mtu,
                                    std::size_t index);
std::uint8_t proxy_head(const ProxyPart& part);

} // namespace torgo::mesh
