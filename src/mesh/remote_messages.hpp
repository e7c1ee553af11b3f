#pragma once

#include "mesh/access.hpp"
#include "mesh/composition.hpp"

#include <cstdint>

// Words of the Remote Provisioning models (Mesh Protocol 1.1, 4.3.11 and 4.4.5).
namespace torgo::mesh {

inline constexpr ModelId remote_server{0x0004};
inline constexpr ModelId remote_client{0x0005};

namespace op {
inline constexpr Opcode remote_scan_capabilities_get = 0x804F;
inline constexpr Opcode remote_scan_capabilities_status = 0x8050;
inline constexpr Opcode remote_scan_get = 0x8051;
inline constexpr Opcode remote_scan_start = 0x8052;
inline constexpr Opcode remote_scan_stop = 0x8053;
inline constexpr Opcode remote_scan_status = 0x8054;
inline constexpr Opcode remote_scan_report = 0x8055;
inline constexpr Opcode remote_link_get = 0x8058;
inline constexpr Opcode remote_link_open = 0x8059;
inline constexpr Opcode remote_link_close = 0x805A;
inline constexpr Opcode remote_link_status = 0x805B;
inline constexpr Opcode remote_link_report = 0x805C;
inline constexpr Opcode remote_pdu_send = 0x805D;
inline constexpr Opcode remote_pdu_outbound_report = 0x805E;
inline constexpr Opcode remote_pdu_report = 0x805F;
} // namespace op

enum class RemoteStatus : std::uint8_t {
    success = 0,
    scanning_cannot_start = 1,
    invalid_state = 2,
    limited_resources = 3,
    link_cannot_open = 4,
    link_open_failed = 5,
    closed_by_device = 6,
    closed_by_server = 7,
    closed_by_client = 8,
    cannot_receive = 9,
    cannot_send = 10,
};

enum class RemoteLink : std::uint8_t {
    idle = 0,
    opening = 1,
    active = 2,
    sending = 3,
    closing = 4
};

enum class RemoteScan : std::uint8_t { idle = 0, several = 1, one = 2 };

} // namespace torgo::mesh
