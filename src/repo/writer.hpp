#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/sign.hpp"
#include "repo/descriptor.hpp"
#include "repo/signing.hpp"
#include "seal/sealer.hpp"

namespace torgo::repo {

/// One machine (or program) that writes into a repository: two signing keys, certified by the
/// owner's root (docs/spec/repository.md 4.3).
struct WriterKeys {
    WriterId id;
    crypto::SigningKey pack_key;   ///< ML-DSA-87: batches of packs, long-lived evidence
    crypto::SigningKey record_key; ///< ML-DSA-65: snapshots and daily records
};

/// What anyone may know of a writer.
struct WriterCertificate {
    WriterId id;
    Bytes pack_public;
    Bytes record_public;
};

struct NewWriter {
    WriterKeys keys;
    Bytes record; ///< the root object writer-<id>
};

/// cost: one SLH-DSA signature, about a second
Result<NewWriter> create_writer(const RepoId& repo, const RootKeys& root, const seal::Keys& keys,
                                seal::Sealer& sealer, env::Random& random);

/// errors  `corrupt`, `unsupported`, `authentication` when the root did not sign it
Result<WriterCertificate> read_certificate(ByteView record, const Descriptor& descriptor);

/// The signing keys of a writer, for whoever holds the repository's secrets.
Result<WriterKeys> open_writer(ByteView record, const Descriptor& descriptor, seal::Sealer& sealer);

std::string writer_root_name(const WriterId& id);

} // namespace torgo::repo
