#pragma once

#include "mesh/buffer.hpp"
#include "mesh/keys.hpp"

#include <cstdint>
#include <optional>

// The network layer's PDU (Mesh Protocol 1.1, 3.4.4): what every relay on the way can open.
namespace torgo::mesh {

inline constexpr std::size_t network_pdu_max = 29;
inline constexpr std::size_t access_transport_max = 16;  ///< with a 32-bit NetMIC
inline constexpr std::size_t control_transport_max = 12; ///< with a 64-bit NetMIC

using NetworkFrame = Buffer<network_pdu_max>;

struct NetworkPdu {
    bool control = false; ///< CTL
    std::uint8_t ttl = 0; ///< 0 to 127
    std::uint32_t seq = 0;
    Address src = unassigned;
    Address dst = unassigned;
    Buffer<access_transport_max> transport{};

    bool operator==(const NetworkPdu&) const = default;
};

/// Which nonce: network PDUs, or proxy configuration, which takes another (3.9.5.1, 3.9.5.4).
enum class NetworkNonce : std::uint8_t { network = 0, proxy = 3 };

crypto::CcmNonce network_nonce(NetworkNonce kind, const NetworkPdu& pdu, std::uint32_t iv_index);

/// Encrypts and obfuscates; the least bit of the IV Index becomes IVI.
///
/// in      a transport PDU of 1 to access_transport_max (control: control_transport_max) bytes
/// cost    7 AES runs, no memory
NetworkFrame encode_network(const NetworkPdu& pdu, const Credentials& credentials,
                            std::uint32_t iv_index, NetworkNonce nonce = NetworkNonce::network);

/// The bits of a frame that need no key.
struct FrameHint {
    bool ivi = false;
    std::uint8_t nid = 0;
};

/// None where the length can be no network PDU's.
std::optional<FrameHint> look_at_network(ByteView frame);

/// What one AES run shows: who sent it under which number. To be believed only after decoding.
struct NetworkHeader {
    bool control = false;
    std::uint8_t ttl = 0;
    std::uint32_t seq = 0;
    Address src = unassigned;
};

/// None where the length cannot hold what CTL asks for, or SRC is no unicast address.
std::optional<NetworkHeader> unveil_network(ByteView frame, const Credentials& credentials,
                                            std::uint32_t iv_index);

/// Decrypts what unveil_network showed; none where the MIC does not fit or DST is unassigned (but
/// for proxy configuration, where it must be).
std::optional<NetworkPdu> open_network(ByteView frame, const NetworkHeader& header,
                                       const Credentials& credentials, std::uint32_t iv_index,
                                       NetworkNonce nonce = NetworkNonce::network);

/// Both steps, for one set of credentials; the frame's NID and IVI must be theirs.
std::optional<NetworkPdu> decode_network(ByteView frame, const Credentials& credentials,
                                         std::uint32_t iv_index,
                                         NetworkNonce nonce = NetworkNonce::network);

} // namespace torgo::mesh
