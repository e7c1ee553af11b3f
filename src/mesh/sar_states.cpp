#include "mesh/sar_states.hpp"

namespace torgo::mesh {

Buffer<4> encode(const SarTransmitter& s) {
    Buffer<4> out;
    out.u8(s.segment_interval_step | unsigned{s.unicast_retransmissions} << 4U);
    out.u8(s.unicast_without_progress | unsigned{s.unicast_interval_step} << 4U);
    out.u8(s.unicast_interval_increment | unsigned{s.multicast_retransmissions} << 4U);
    return out.u8(s.multicast_interval_step);
}

std::optional<SarTransmitter> decode_sar_transmitter(ByteView bytes) {
    Fields in(bytes);
    SarTransmitter s;
    const auto low = [](unsigned byte) {
        return static_cast<std::uint8_t>(byte & 0xFU);
    };
    const auto first = in.u8();
    const auto second = in.u8();
    const auto third = in.u8();
    const auto fourth = in.u8();
    if (!in.done() || fourth > 0xF) return std::nullopt;
    s.segment_interval_step = low(first);
    s.unicast_retransmissions = low(first >> 4U);
    s.unicast_without_progress = low(second);
    s.unicast_interval_step = low(second >> 4U);
    s.unicast_interval_increment = low(third);
    s.multicast_retransmissions = low(third >> 4U);
    s.multicast_interval_step = fourth;
    return s;
}

Buffer<3> encode(const SarReceiver& s) {
    Buffer<3> out;
    out.u8(s.segments_threshold | unsigned{s.ack_delay_increment} << 5U);
    out.u8(s.discard_timeout | unsigned{s.segment_interval_step} << 4U);
    return out.u8(s.ack_retransmissions);
}

std::optional<SarReceiver> decode_sar_receiver(ByteView bytes) {
    Fields in(bytes);
    const auto first = in.u8();
    const auto second = in.u8();
    const auto third = in.u8();
    if (!in.done() || third > 3) return std::nullopt;
    return SarReceiver{.segments_threshold = static_cast<std::uint8_t>(first & 0x1FU),
                       .ack_delay_increment = static_cast<std::uint8_t>(first >> 5U),
                       .discard_timeout = static_cast<std::uint8_t>(second & 0xFU),
                       .segment_interval_step = static_cast<std::uint8_t>(second >> 4U),
                       .ack_retransmissions = third};
}

} // namespace torgo::mesh
