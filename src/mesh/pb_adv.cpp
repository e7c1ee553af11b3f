#include "mesh/pb_adv.hpp"

namespace torgo::mesh {

namespace {

constexpr std::uint8_t gpcf_start = 0;
constexpr std::uint8_t gpcf_ack = 1;
constexpr std::uint8_t gpcf_continuation = 2;
constexpr std::uint8_t gpcf_control = 3;
constexpr std::uint8_t control_open = 0;
constexpr std::uint8_t control_ack = 1;
constexpr std::uint8_t control_close = 2;

bool only_padding(ByteView rest) {
    return std::ranges::all_of(rest, [](auto byte) { return byte == 0; });
}

bool decode_control(Fields& in, std::uint8_t opcode, PbAdv& out) {
    if (opcode == control_open) {
        out.kind = PbAdv::Kind::link_open;
        out.payload.append(in.take(sizeof(DeviceUuid)));
    } else if (opcode == control_ack) {
        out.kind = PbAdv::Kind::link_ack;
    } else if (opcode == control_close) {
        out.kind = PbAdv::Kind::link_close;
        out.reason = static_cast<LinkClose>(in.u8());
    } else {
        return false;
    }
    return in.ok() && only_padding(in.rest());
}

bool decode_start(Fields& in, std::uint8_t last_segment, PbAdv& out) {
    out.kind = PbAdv::Kind::start;
    out.segment = last_segment;
    out.total_length = in.be16();
    out.fcs = in.u8();
    const auto payload = in.rest();
    if (!in.ok() || out.total_length == 0 || out.total_length > provisioning_pdu_max ||
        last_segment + 1U != segments_of_transaction(out.total_length))
        return false;
    const auto size = std::min<std::size_t>(out.total_length, start_payload_max);
    if (payload.size() < size || !only_padding(payload.subspan(size))) return false;
    out.payload.append(payload.first(size));
    return true;
}

bool decode_continuation(Fields& in, std::uint8_t segment, PbAdv& out) {
    out.kind = PbAdv::Kind::continuation;
    out.segment = segment;
    const auto payload = in.rest();
    if (segment == 0 || segment >= transaction_segments_max || payload.empty() ||
        payload.size() > continuation_payload_max)
        return false;
    out.payload.append(payload);
    return true;
}

} // namespace

PbAdvFrame encode_pb_adv(const PbAdv& pdu) {
    PbAdvFrame out;
    out.be32(pdu.link).u8(pdu.transaction);
    switch (pdu.kind) {
    case PbAdv::Kind::start:
        out.u8(std::uint32_t{pdu.segment} << 2U | gpcf_start).be16(pdu.total_length).u8(pdu.fcs);
        break;
    case PbAdv::Kind::continuation:
        out.u8(std::uint32_t{pdu.segment} << 2U | gpcf_continuation);
        break;
    case PbAdv::Kind::ack:
        out.u8(gpcf_ack);
        break;
    case PbAdv::Kind::link_open:
        out.u8(control_open << 2U | gpcf_control);
        break;
    case PbAdv::Kind::link_ack:
        out.u8(control_ack << 2U | gpcf_control);
        break;
    case PbAdv::Kind::link_close:
        out.u8(control_close << 2U | gpcf_control).u8(static_cast<std::uint8_t>(pdu.reason));
        break;
    }
    return out.append(pdu.payload.view());
}

std::optional<PbAdv> decode_pb_adv(ByteView frame) {
    if (frame.size() > pb_adv_max) return std::nullopt;
    Fields in(frame);
    PbAdv out{.link = in.be32(), .transaction = in.u8()};
    const auto gpcf = in.u8();
    const auto upper = static_cast<std::uint8_t>(gpcf >> 2U);
    if (!in.ok()) return std::nullopt;
    bool good = false;
    switch (gpcf & 3U) {
    case gpcf_start:
        good = decode_start(in, upper, out);
        break;
    case gpcf_ack:
        good = upper == 0 && only_padding(in.rest());
        break;
    case gpcf_continuation:
        good = decode_continuation(in, upper, out);
        break;
    default:
        good = decode_control(in, upper, out);
    }
    if (!good) return std::nullopt;
    return out;
}

std::uint8_t fcs8(ByteView bytes) {
    std::uint8_t crc = 0xFF;
    for (const auto byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit)
            crc = static_cast<std::uint8_t>((crc & 1U) != 0 ? crc >> 1U ^ 0xE0U : crc >> 1U);
    }
    return static_cast<std::uint8_t>(0xFFU - crc);
}

std::size_t segments_of_transaction(std::size_t size) {
    if (size <= start_payload_max) return 1;
    return 1 + (size - start_payload_max + continuation_payload_max - 1) / continuation_payload_max;
}

PbAdv segment_of_transaction(std::uint32_t link, std::uint8_t transaction, ByteView pdu,
                             std::size_t index) {
    const auto count = segments_of_transaction(pdu.size());
    ENSURE(!pdu.empty() && pdu.size() <= provisioning_pdu_max && index < count);
    PbAdv out{.link = link, .transaction = transaction};
    if (index == 0) {
        out.kind = PbAdv::Kind::start;
        out.segment = static_cast<std::uint8_t>(count - 1);
        out.total_length = static_cast<std::uint16_t>(pdu.size());
        out.fcs = fcs8(pdu);
        out.payload.append(pdu.first(std::min(pdu.size(), start_payload_max)));
        return out;
    }
    out.kind = PbAdv::Kind::continuation;
    out.segment = static_cast<std::uint8_t>(index);
    const auto from = start_payload_max + (index - 1) * continuation_payload_max;
    out.payload.append(pdu.subspan(from, std::min(pdu.size() - from, continuation_payload_max)));
    return out;
}

std::optional<ProxyPart> proxy_part(ByteView message, ProxyType type, std::size_t att_mtu,
                                    std::size_t index) {
    const auto room = att_mtu - 4; // three bytes of ATT's own, one for SAR and type
    const auto from = index * room;
    if (from >= message.size() && index != 0) return std::nullopt;
    const auto size = std::min(message.size() - from, room);
    const bool last = from + size == message.size();
    const auto sar = index == 0 ? (last ? ProxySar::complete : ProxySar::first)
                                : (last ? ProxySar::last : ProxySar::continuation);
    return ProxyPart{.sar = sar, .type = type, .payload = message.subspan(from, size)};
}

std::uint8_t proxy_head(const ProxyPart& part) {
    return static_cast<std::uint8_t>(static_cast<unsigned>(part.sar) << 6U |
                                     static_cast<unsigned>(part.type));
}

} // namespace torgo::mesh
