#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "seal/chunk.hpp"
#include "segment/code.hpp"

#include <cstdint>
#include <string_view>

namespace torgo::repo {

/// The public, signed facts of a repository (docs/spec/repository.md 3).
struct Descriptor {
    RepoId id;
    std::uint32_t generation = 1; ///< grows with every change; the largest valid one counts
    seal::Suite suite = seal::Suite::chimera2048;
    seal::Suite lowest_suite = seal::Suite::chimera2048; ///< anything lower is refused
    std::uint32_t epoch = 1;
    segment::Code data_code;
    segment::Code metadata_code;
    unsigned heads = 0; ///< among which the segments are spread evenly; 0: one for each segment
    Bytes root_ml_dsa;  ///< ML-DSA-87 public key, 2592 bytes
    Bytes root_slh_dsa; ///< SLH-DSA-SHA2-256s public key, 64 bytes

    Digest fingerprint() const; ///< SHA-256 over both root keys
    Bytes owner() const;        ///< both root public keys, one after the other

    unsigned head_count() const noexcept { return heads == 0 ? data_code.n : heads; }

    /// How many whole heads give everything back.
    unsigned heads_to_restore() const noexcept;

    /// How many heads must take what counts as stored: one of them may be lost (REPO-40).
    unsigned min_heads() const noexcept;
};

/// The unsigned record; RootKeys::sign with `descriptor_context` completes it.
Bytes encode(const Descriptor& descriptor);

/// Reads and verifies a signed descriptor.
///
/// errors  `corrupt`; `unsupported` for a newer format; `authentication` when the signatures do not
///         fit the keys inside, or those keys are not `fingerprint`'s (zero: any, for `discover`)
Result<Descriptor> decode_descriptor(ByteView signed_record, const Digest& fingerprint);

inline constexpr std::string_view descriptor_context = "torgo/descriptor/1";

} // namespace torgo::repo
