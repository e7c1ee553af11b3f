#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/sign.hpp"
#include "peer/rights.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

/// Who may do what, as roots that the owner signs. source  docs/spec/peer-protocol.md 4.2
namespace torgo::peer {

inline constexpr std::string_view capability_prefix = "capability-";
inline constexpr std::string_view revocation_prefix = "revocation-";
inline constexpr std::string_view lock_prefix = "lock-";
inline constexpr std::size_t max_label = 1024;
/// No record of either kind is longer: fields, label and signature.
inline constexpr std::size_t max_rights_record =
    4 + 1 + RepoId::size + PeerId::size + 1 + 10 + 2 + max_label +
    crypto::sizes_of(crypto::SignatureScheme::ml_dsa_87).signature;

/// The PeerId of a certificate's ML-DSA-65 public key. source  PEER-1
PeerId peer_id_of(ByteView ml_dsa_65_public_key);

/// Gives rights to a client.
struct Capability {
    RepoId repository;
    PeerId client;
    Rights rights;
    std::int64_t not_after_ns = 0; ///< since 1970, 0: none. A label for people: PEER-19
    std::string label;

    bool operator==(const Capability&) const = default;
};

/// Takes all rights from a client, for ever.
struct Revocation {
    RepoId repository;
    PeerId client;
    std::string reason;

    bool operator==(const Revocation&) const = default;
};

/// Until when a lock stands of which nobody can read it any more. source  PEER-50
inline constexpr std::int64_t lock_until_max = std::numeric_limits<std::int64_t>::max();

/// Nothing is deleted while it is there. source  PEER-46
struct Lock {
    RepoId repository;
    std::int64_t until_ns = 0; ///< since 1970: before that the owner does not want it released
    std::int64_t set_ns = 0;   ///< when it was set, a label
    std::string label = {};

    bool operator==(const Lock&) const = default;
};

/// The record with its signature.
///
/// in      `owner`, the repository's ML-DSA-87 root key
/// errors  `invalid_argument` for no rights, unknown ones, another kind of key or a label over
///         max_label
Result<Bytes> sign(const Capability& capability, const crypto::SigningKey& owner,
                   crypto::SignMode mode = crypto::SignMode::hedged);
Result<Bytes> sign(const Revocation& revocation, const crypto::SigningKey& owner,
                   crypto::SignMode mode = crypto::SignMode::hedged);

Result<Bytes> sign(const Lock& lock, const crypto::SigningKey& owner,
                   crypto::SignMode mode = crypto::SignMode::hedged);

/// Decodes a record and verifies it.
///
/// errors  `corrupt`, `limit_exceeded`, `unsupported`; `authentication` for another repository or
///         a signature that is not the owner's
Result<Capability> open_capability(ByteView record, const RepoId& repository, ByteView owner_key);
Result<Revocation> open_revocation(ByteView record, const RepoId& repository, ByteView owner_key);

Result<Lock> open_lock(ByteView record, const RepoId& repository, ByteView owner_key);

/// Whom a damaged revocation most likely names: the field at its place, unverified. Zero where the
/// record is too short.
PeerId client_of_damaged(ByteView revocation);

/// The prefix and 64 digits: the root under which a record is kept.
std::string name_of_record(std::string_view prefix, ByteView record);

/// False only for a name that ends in "-" and 64 digits which are not the SHA-256 of `content`.
/// source  PEER-10
bool fits_name(std::string_view name, ByteView content);

} // namespace torgo::peer
