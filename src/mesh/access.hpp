#pragma once

#include "mesh/transport.hpp"

#include <cstdint>
#include <optional>

// Access messages: an opcode of 1, 2 or 3 bytes and its parameters (Mesh Protocol 1.1, 3.7.3).
namespace torgo::mesh {

/// As it stands in the message, big-endian: 0x04, 0x8002, or 0xC00000 | number << 16 | company as
/// sent (a vendor's).
using Opcode = std::uint32_t;

using AccessPayload = Buffer<access_payload_max>;

constexpr std::size_t opcode_size(Opcode opcode) {
    return opcode < 0x80 ? 1 : opcode < 0x10000 ? 2 : 3;
}

/// A vendor's opcode: 6 bits of its own and its company (little-endian in the message).
constexpr Opcode vendor_opcode(std::uint8_t number, std::uint16_t company) {
    return 0xC00000U | Opcode{number} << 16U | (company & 0xFFU) << 8U | company >> 8U;
}

struct AccessMessage {
    Opcode opcode = 0;
    ByteView parameters{}; ///< into the payload
};

/// None where the opcode is cut short or reserved (0x7F).
std::optional<AccessMessage> decode_access(ByteView payload);

/// Opcode and parameters of at most access_payload_max bytes together.
AccessPayload encode_access(Opcode opcode, ByteView parameters);

} // namespace torgo::mesh
