#pragma once

// What the owner does not want to be shown any more: a root that names a snapshot. Nothing is
// deleted by it. (docs/spec/repository.md 7.3)

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/sign.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace torgo::repo {

inline constexpr std::string_view withdrawal_prefix = "withdrawn-";
/// Of every such record: magic, version, repository, snapshot and signature.
inline constexpr std::size_t withdrawal_size =
    4 + 1 + RepoId::size + SnapshotId::size +
    crypto::sizes_of(crypto::SignatureScheme::ml_dsa_87).signature;

/// The record with its signature; the same bytes each time.
///
/// in      `owner`, the repository's ML-DSA-87 root key
/// errors  those of the signature
Result<Bytes> sign_withdrawal(const RepoId& repository, const SnapshotId& snapshot,
                              const crypto::SigningKey& owner);

/// Which snapshot it withdraws.
///
/// errors  `corrupt` for another size or kind, `unsupported`; `authentication` for another
///         repository, or a signature that is not the owner's
Result<SnapshotId> open_withdrawal(ByteView record, const RepoId& repository, ByteView owner_key);

/// The root under which a record is kept.
std::string withdrawal_name(ByteView record);

} // namespace torgo::repo
