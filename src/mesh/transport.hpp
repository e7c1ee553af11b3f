#pragma once

#include "mesh/buffer.hpp"
#include "mesh/keys.hpp"

#include <cstdint>
#include <optional>
#include <span>

// PDUs of the lower and the upper transport layer (Mesh Protocol 1.1, 3.5 and 3.6).
namespace torgo::mesh {

inline constexpr std::size_t segments_max = 32;
inline constexpr std::size_t access_segment_size = 12;
inline constexpr std::size_t control_segment_size = 8;
inline constexpr std::size_t unsegmented_access_max = 15;
inline constexpr std::size_t unsegmented_control_max = 11;
/// An encrypted access message with its TransMIC: 384 bytes.
inline constexpr std::size_t upper_pdu_max = segments_max * access_segment_size;
/// Opcode and parameters, beside a 32-bit TransMIC: 380 bytes.
inline constexpr std::size_t access_payload_max = upper_pdu_max - 4;

constexpr std::size_t segment_size(bool control) {
    return control ? control_segment_size : access_segment_size;
}

using UpperPdu = Buffer<upper_pdu_max>;

/// A lower transport PDU, access or control, whole or a segment (3.5.2).
struct LowerPdu {
    bool segmented = false;
    /// Access: AKF and AID, 7 bits; control: the opcode, 7 bits.
    std::uint8_t head = 0;
    bool szmic = false;         ///< a 64-bit TransMIC; segments of access messages only
    std::uint16_t seq_zero = 0; ///< low 13 bits of the first segment's SEQ
    std::uint8_t seg_o = 0;     ///< this segment
    std::uint8_t seg_n = 0;     ///< the last segment
    Buffer<unsegmented_access_max> payload{};

    bool operator==(const LowerPdu&) const = default;
};

inline constexpr std::uint8_t akf_bit = 0x40;
inline constexpr std::uint8_t aid_mask = 0x3F;
inline constexpr std::uint16_t seq_zero_mask = 0x1FFF;

Buffer<16> encode_lower(const LowerPdu& pdu);

/// None where a length or SegO does not fit. Only the last segment may be shorter than full.
std::optional<LowerPdu> decode_lower(ByteView transport, bool control);

/// Which segments have come: control opcode 0 (3.5.2.3.1).
struct SegmentAck {
    bool on_behalf = false; ///< OBO: sent by the Friend of whom it was meant for
    std::uint16_t seq_zero = 0;
    std::uint32_t block = 0; ///< bit i: segment i; zero: "I cannot take it"

    bool operator==(const SegmentAck&) const = default;
};

Buffer<unsegmented_control_max> encode_ack(const SegmentAck& ack);
std::optional<SegmentAck> decode_ack(ByteView parameters);

/// The SEQ of a message's first segment, from a segment's own SEQ and SeqZero (3.5.3.1); none
/// where it would lie before the first.
std::optional<std::uint32_t> first_sequence(std::uint32_t seq, std::uint16_t seq_zero);

/// Control opcodes (3.6.5).
enum class ControlOpcode : std::uint8_t {
    segment_ack = 0x00,
    friend_poll = 0x01,
    friend_update = 0x02,
    friend_request = 0x03,
    friend_offer = 0x04,
    friend_clear = 0x05,
    friend_clear_confirm = 0x06,
    subscription_add = 0x07,
    subscription_remove = 0x08,
    subscription_confirm = 0x09,
    heartbeat = 0x0A,
    path_request = 0x0B,
    path_reply = 0x0C,
    path_confirmation = 0x0D,
    path_echo_request = 0x0E,
    path_echo_reply = 0x0F,
};

/// What an access message is encrypted under, besides the key (3.9.5.2, 3.9.5.3).
struct AccessNonce {
    bool device_key = false;
    bool szmic = false;
    std::uint32_t seq = 0; ///< of a segmented message: that of its first segment
    Address src = unassigned;
    Address dst = unassigned;
    std::uint32_t iv_index = 0;

    crypto::CcmNonce bytes() const;
};

constexpr std::size_t trans_mic_size(bool szmic) {
    return szmic ? 8 : 4;
}

/// Encrypts an access payload of 1 to upper_pdu_max less the MIC; `label` where DST is virtual.
UpperPdu seal_access(const Aes128& key, const AccessNonce& nonce, ByteView payload,
                     const LabelUuid* label = nullptr);

/// The inverse; none where the MIC does not fit.
std::optional<UpperPdu> open_access(const Aes128& key, const AccessNonce& nonce, ByteView sealed,
                                    const LabelUuid* label = nullptr);

/// Heartbeat (3.6.5.10).
struct Heartbeat {
    std::uint8_t initial_ttl = 0;
    std::uint16_t features = 0;

    bool operator==(const Heartbeat&) const = default;
};

Buffer<unsegmented_control_max> encode_heartbeat(const Heartbeat& heartbeat);
std::optional<Heartbeat> decode_heartbeat(ByteView parameters);

} // namespace torgo::mesh
