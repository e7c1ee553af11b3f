#include "mesh/transport.hpp"

namespace torgo::mesh {

Buffer<16> encode_lower(const LowerPdu& pdu) {
    Buffer<16> out;
    out.u8((pdu.segmented ? 0x80U : 0U) | pdu.head);
    if (pdu.segmented)
        out.be24((pdu.szmic ? 1U : 0U) << 23U | std::uint32_t{pdu.seq_zero} << 10U |
                 std::uint32_t{pdu.seg_o} << 5U | pdu.seg_n);
    return out.append(pdu.payload.view());
}

std::optional<LowerPdu> decode_lower(ByteView transport, bool control) {
    Fields in(transport);
    LowerPdu pdu;
    const auto head = in.u8();
    pdu.segmented = (head & 0x80U) != 0;
    pdu.head = head & 0x7FU;
    if (pdu.segmented) {
        const auto bits = in.be24();
        pdu.szmic = !control && (bits & 0x800000U) != 0;
        pdu.seq_zero = static_cast<std::uint16_t>(bits >> 10U & seq_zero_mask);
        pdu.seg_o = bits >> 5U & 0x1FU;
        pdu.seg_n = bits & 0x1FU;
    }
    const auto longest = pdu.segmented ? segment_size(control)
                         : control     ? unsegmented_control_max
                                       : unsegmented_access_max;
    const auto payload = in.rest();
    if (!in.ok() || payload.size() > longest) return std::nullopt;
    // An unsegmented control message may be a bare opcode; everything else carries something.
    if (payload.empty() && (pdu.segmented || !control)) return std::nullopt;
    // 3.6.4.2: an opcode byte and a MIC at the least.
    if (!pdu.segmented && !control && payload.size() < 5) return std::nullopt;
    if (pdu.segmented && (pdu.seg_o > pdu.seg_n ||
                          (pdu.seg_o < pdu.seg_n && payload.size() != segment_size(control))))
        return std::nullopt;
    pdu.payload.append(payload);
    return pdu;
}

Buffer<unsegmented_control_max> encode_ack(const SegmentAck& ack) {
    Buffer<unsegmented_control_max> out;
    return out.be16((ack.on_behalf ? 0x8000U : 0U) | std::uint32_t{ack.seq_zero} << 2U)
        .be32(ack.block);
}

std::optional<SegmentAck> decode_ack(ByteView parameters) {
    Fields in(parameters);
    const auto bits = in.be16();
    SegmentAck ack{.on_behalf = (bits & 0x8000U) != 0,
                   .seq_zero = static_cast<std::uint16_t>(bits >> 2U & seq_zero_mask)};
    ack.block = in.be32();
    if (!in.done()) return std::nullopt;
    return ack;
}

std::optional<std::uint32_t> first_sequence(std::uint32_t seq, std::uint16_t seq_zero) {
    const auto behind = (seq - seq_zero) & seq_zero_mask;
    if (behind > seq) return std::nullopt;
    return seq - behind;
}

crypto::CcmNonce AccessNonce::bytes() const {
    Buffer<13> out;
    out.u8(device_key ? 2 : 1).u8(szmic ? 0x80 : 0).be24(seq).be16(src).be16(dst).be32(iv_index);
    crypto::CcmNonce nonce{};
    std::ranges::copy(out.view(), nonce.begin());
    return nonce;
}

UpperPdu seal_access(const Aes128& key, const AccessNonce& nonce, ByteView payload,
                     const LabelUuid* label) {
    const auto mic = trans_mic_size(nonce.szmic);
    UpperPdu out;
    crypto::ccm_seal(key, nonce.bytes(), label != nullptr ? ByteView(*label) : ByteView{}, payload,
                     mic, out.extend(payload.size() + mic));
    return out;
}

std::optional<UpperPdu> open_access(const Aes128& key, const AccessNonce& nonce, ByteView sealed,
                                    const LabelUuid* label) {
    const auto mic = trans_mic_size(nonce.szmic);
    if (sealed.size() <= mic || sealed.size() > upper_pdu_max) return std::nullopt;
    UpperPdu out;
    if (!crypto::ccm_open(key, nonce.bytes(), label != nullptr ? ByteView(*label) : ByteView{},
                          sealed, mic, out.extend(sealed.size() - mic)))
        return std::nullopt;
    return out;
}

Buffer<unsegmented_control_max> encode_heartbeat(const Heartbeat& heartbeat) {
    Buffer<unsegmented_control_max> out;
    return out.u8(heartbeat.initial_ttl).be16(heartbeat.features);
}

std::optional<Heartbeat> decode_heartbeat(ByteView parameters) {
    Fields in(parameters);
    Heartbeat heartbeat{.initial_ttl = static_cast<std::uint8_t>(in.u8() & ttl_max)};
    heartbeat.features = in.be16();
    if (!in.done()) return std::nullopt;
    return heartbeat;
}

} // namespace torgo::mesh
