#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/sign.hpp"
#include "repo/snapshot.hpp"
#include "seal/sealer.hpp"

namespace torgo::repo {

/// What anyone may read of a snapshot record (docs/spec/repository.md 7).
struct SnapshotFrame {
    SnapshotId id; ///< SHA-256 of the whole record
    RepoId repo;
    WriterId writer;
    std::uint64_t counter = 0;
    std::vector<SnapshotId> parents;
    seal::SealedHeader header; ///< of the sealed body
    Bytes sealed;
    Bytes record; ///< the whole, for its signature
};

/// Seals the body, signs the whole. `snapshot.id` is not read.
Result<Bytes> encode_snapshot(const RepoId& repo, const Snapshot& snapshot, const seal::Keys& keys,
                              seal::Sealer& sealer, const crypto::SigningKey& writer_key);

/// errors  `corrupt`, `unsupported`, `limit_exceeded`; the signature is not checked here
Result<SnapshotFrame> decode_snapshot_frame(ByteView record);

/// errors  `authentication`
Result<Snapshot> open_snapshot(const SnapshotFrame& frame, seal::Sealer& sealer);

inline constexpr std::string_view snapshot_context = "torgo/snapshot/1";

} // namespace torgo::repo
