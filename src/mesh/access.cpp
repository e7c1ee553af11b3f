#include "mesh/access.hpp"

namespace torgo::mesh {

std::optional<AccessMessage> decode_access(ByteView payload) {
    Fields in(payload);
    Opcode opcode = in.u8();
    constexpr Opcode reserved = 0x7F;
    if (opcode == reserved) return std::nullopt;
    if (opcode >= 0xC0)
        opcode = opcode << 16U | in.be16();
    else if (opcode >= 0x80)
        opcode = opcode << 8U | in.u8();
    if (!in.ok()) return std::nullopt;
    return AccessMessage{.opcode = opcode, .parameters = in.rest()};
}

AccessPayload encode_access(Opcode opcode, ByteView parameters) {
    AccessPayload out;
    for (auto left = opcode_size(opcode); left-- > 0;)
        out.u8(opcode >> (8 * left) & 0xFFU);
    return out.append(parameters);
}

} // namespace torgo::mesh
