#include "mesh/network.hpp"

namespace torgo::mesh {

namespace {

constexpr std::size_t obfuscated_size = 6; // CTL and TTL, SEQ, SRC
constexpr std::size_t clear_size = 1 + obfuscated_size;
constexpr std::size_t dst_size = 2;
constexpr std::size_t shortest = clear_size + dst_size + 1 + 4;

std::size_t mic_size(bool control) {
    return control ? 8 : 4;
}

/// 3.8.7.3: the keystream over the header comes from the first bytes of ciphertext.
std::array<std::uint8_t, obfuscated_size> veil(ByteView encrypted, const Credentials& credentials,
                                               std::uint32_t iv_index) {
    Buffer<16> plain;
    plain.append(std::array<std::uint8_t, 5>{}).be32(iv_index).append(encrypted.first(7));
    crypto::Block128 block{};
    std::ranges::copy(plain.view(), block.begin());
    const auto pecb = credentials.privacy.encrypt(block);
    std::array<std::uint8_t, obfuscated_size> out{};
    std::copy_n(pecb.begin(), out.size(), out.begin());
    return out;
}

} // namespace

crypto::CcmNonce network_nonce(NetworkNonce kind, const NetworkPdu& pdu, std::uint32_t iv_index) {
    Buffer<13> out;
    const auto ctl_ttl = (pdu.control ? 0x80U : 0U) | pdu.ttl;
    out.u8(static_cast<std::uint8_t>(kind)).u8(kind == NetworkNonce::proxy ? 0U : ctl_ttl);
    out.be24(pdu.seq).be16(pdu.src).be16(0).be32(iv_index);
    crypto::CcmNonce nonce{};
    std::ranges::copy(out.view(), nonce.begin());
    return nonce;
}

NetworkFrame encode_network(const NetworkPdu& pdu, const Credentials& credentials,
                            std::uint32_t iv_index, NetworkNonce nonce) {
    const auto mic = mic_size(pdu.control);
    ENSURE(!pdu.transport.empty() && pdu.ttl <= ttl_max && pdu.seq <= sequence_max);
    ENSURE(!pdu.control || pdu.transport.size() <= control_transport_max);
    NetworkFrame frame;
    frame.u8((iv_index & 1U) << 7U | credentials.nid);
    frame.u8((pdu.control ? 0x80U : 0U) | pdu.ttl).be24(pdu.seq).be16(pdu.src);
    Buffer<dst_size + access_transport_max> plain;
    plain.be16(pdu.dst).append(pdu.transport.view());
    const auto sealed = frame.extend(plain.size() + mic);
    crypto::ccm_seal(credentials.encryption, network_nonce(nonce, pdu, iv_index), {}, plain.view(),
                     mic, sealed);
    const auto mask = veil(sealed, credentials, iv_index);
    for (std::size_t i = 0; i < mask.size(); ++i)
        frame.span()[1 + i] ^= mask[i];
    return frame;
}

std::optional<FrameHint> look_at_network(ByteView frame) {
    if (frame.size() < shortest || frame.size() > network_pdu_max) return std::nullopt;
    return FrameHint{.ivi = (frame[0] & 0x80U) != 0,
                     .nid = static_cast<std::uint8_t>(frame[0] & 0x7FU)};
}

std::optional<NetworkHeader> unveil_network(ByteView frame, const Credentials& credentials,
                                            std::uint32_t iv_index) {
    if (!look_at_network(frame)) return std::nullopt;
    auto mask = veil(frame.subspan(clear_size), credentials, iv_index);
    for (std::size_t i = 0; i < mask.size(); ++i)
        mask[i] ^= frame[1 + i];
    Fields in(mask);
    const auto ctl_ttl = in.u8();
    NetworkHeader header{.control = (ctl_ttl & 0x80U) != 0,
                         .ttl = static_cast<std::uint8_t>(ctl_ttl & ttl_max)};
    header.seq = in.be24();
    header.src = in.be16();
    const auto least = clear_size + dst_size + 1 + mic_size(header.control);
    if (frame.size() < least || !is_unicast(header.src)) return std::nullopt;
    return header;
}

std::optional<NetworkPdu> open_network(ByteView frame, const NetworkHeader& header,
                                       const Credentials& credentials, std::uint32_t iv_index,
                                       NetworkNonce nonce) {
    NetworkPdu pdu{
        .control = header.control, .ttl = header.ttl, .seq = header.seq, .src = header.src};
    const auto mic = mic_size(pdu.control);
    const auto sealed = frame.subspan(clear_size);
    Buffer<dst_size + access_transport_max> plain;
    if (!crypto::ccm_open(credentials.encryption, network_nonce(nonce, pdu, iv_index), {}, sealed,
                          mic, plain.extend(sealed.size() - mic)))
        return std::nullopt;
    Fields in(plain.view());
    pdu.dst = in.be16();
    pdu.transport.append(in.rest());
    // 3.4.3: a network message goes to somebody, a proxy configuration message to nobody.
    if ((pdu.dst == unassigned) != (nonce == NetworkNonce::proxy)) return std::nullopt;
    return pdu;
}

std::optional<NetworkPdu> decode_network(ByteView frame, const Credentials& credentials,
                                         std::uint32_t iv_index, NetworkNonce nonce) {
    const auto hint = look_at_network(frame);
    if (!hint || hint->nid != credentials.nid || hint->ivi != ((iv_index & 1U) != 0))
        return std::nullopt;
    const auto header = unveil_network(frame, credentials, iv_index);
    if (!header) return std::nullopt;
    return open_network(frame, *header, credentials, iv_index, nonce);
}

} // namespace torgo::mesh
