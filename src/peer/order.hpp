#pragma once

// How a head is made again while its owner is away: the owner's standing order to one standby node,
// and what that node says when it has done so. Both are roots.
// source  docs/spec/peer-protocol.md 7, docs/design/repair.md

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/sign.hpp"
#include "peer/capability.hpp"
#include "peer/invite.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::peer {

inline constexpr std::string_view order_prefix = "order-";
inline constexpr std::string_view places_prefix = "places-";
inline constexpr std::string_view takeover_prefix = "takeover-";

/// The number of a head that is none yet: a standby joins with it. In an order: any head. No code
/// has so many segments.
inline constexpr unsigned spare_index = 255;
inline constexpr std::size_t max_order_heads = 64;
inline constexpr std::size_t max_order_uri = 256;
inline constexpr std::uint32_t max_audit_every_s = 30 * 86'400;
inline constexpr std::uint32_t max_misses = 10'000;
inline constexpr std::uint32_t max_lost_after_s = 365 * 86'400;
inline constexpr std::size_t max_order_record =
    4 + 1 + RepoId::size + (max_order_uri + 2) + 2 + Digest::size + 8 + 12 + 10 + 2 + max_label +
    crypto::sizes_of(crypto::SignatureScheme::ml_dsa_87).signature;
inline constexpr std::size_t max_places = 4 + 2 + max_order_heads * (max_order_uri + 2);
inline constexpr std::size_t max_takeover_record =
    4 + 1 + RepoId::size + Digest::size + 2 + max_addresses * (max_address + 2) +
    crypto::sizes_of(crypto::SignatureScheme::ml_dsa_65).public_key +
    crypto::sizes_of(crypto::SignatureScheme::ml_dsa_65).signature;

/// When a head is lost: so many audits in a row were missed or failed, and that has lasted so long.
struct LossRule {
    std::uint32_t audit_every_s = 3600;      ///< about; 1 to max_audit_every_s
    std::uint32_t misses = 72;               ///< 1 to max_misses
    std::uint32_t lost_after_s = 3 * 86'400; ///< 0 to max_lost_after_s

    bool operator==(const LossRule&) const = default;
};

/// What a standby node may do, in the owner's words.
struct Order {
    RepoId repository;
    std::string standby;         ///< URI of the node that the order is for
    unsigned head = spare_index; ///< which one it may take over, or spare_index: any
    unsigned head_count = 0;     ///< of the repository, 1 to max_order_heads
    Digest places; ///< of their places, which the standby alone is told: SHA-256 of encode_places
    std::uint64_t bytes_a_second = 0; ///< read for rebuilding, at most; more than 0
    LossRule rule;
    std::int64_t not_after_ns = 0; ///< since 1970, 0: none. A label for people, as PEER-19
    std::string label;

    bool operator==(const Order&) const = default;

    /// errors  `invalid_argument` for an order that is none of a node's
    Result<PeerId> standby_id() const;
};

/// Where the heads are, by number; empty where the standby can not get to one. A root of the
/// standby and of nobody else, as a node need not know the other nodes.
///
/// in      1 to max_order_heads URIs of nodes in their one spelling, or empty ones
/// errors  `invalid_argument`
Result<Bytes> encode_places(const std::vector<std::string>& heads);

/// The strict inverse. errors  `corrupt`, `limit_exceeded`, `unsupported`. source  PEER-37
Result<std::vector<std::string>> decode_places(ByteView record);

/// The record with its signature.
///
/// in      `owner`, the repository's ML-DSA-87 root key
/// errors  `invalid_argument` for what is out of its bounds, or another kind of key
Result<Bytes> sign(const Order& order, const crypto::SigningKey& owner,
                   crypto::SignMode mode = crypto::SignMode::hedged);

/// Decodes a record and verifies it.
///
/// errors  `corrupt`, `limit_exceeded`, `unsupported`; `authentication` for another repository or
///         a signature that is not the owner's
/// source  PEER-37
Result<Order> open_order(ByteView record, const RepoId& repository, ByteView owner_key);

/// What a standby says of a head that it has rebuilt.
struct Takeover {
    RepoId repository;
    Digest order;                   ///< the SHA-256 of the order's record, which is in its name
    unsigned head = 0;              ///< which one
    std::vector<Address> addresses; ///< where it is now, 1 to max_addresses
    PeerId node;                    ///< whose key has signed it

    bool operator==(const Takeover&) const = default;
};

/// The record with the node's public key and signature; `node` is the key's.
///
/// in      `key`, the node's ML-DSA-65 key
/// errors  `invalid_argument` for what is out of its bounds, or another kind of key
Result<Bytes> sign(const Takeover& takeover, const crypto::SigningKey& key,
                   crypto::SignMode mode = crypto::SignMode::hedged);

/// Decodes a record and verifies it with the key that it brings; what that key is worth, says the
/// order. errors  as open_order
Result<Takeover> open_takeover(ByteView record, const RepoId& repository);

/// Whether the order lets this node take over this head.
///
/// in      `id`, the order's
/// errors  `permission`
/// source  PEER-39
Result<> check_takeover(const Takeover& takeover, const Order& order, const Digest& id);

/// The digest at the end of the name of such a root. errors  `invalid_argument`
Result<Digest> id_in_name(std::string_view name);

} // namespace torgo::peer
