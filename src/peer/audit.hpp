#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "segment/merkle.hpp"

#include <cstdint>
#include <span>
#include <vector>

/// Proofs that a node still has cells of a segment. source  docs/spec/peer-protocol.md 3.2
namespace torgo::peer {

using Nonce = Id<struct NonceTag, 32>; ///< drawn for one audit, so that nothing can be prepared

enum class AuditForm : std::uint8_t {
    hashed = 1, ///< evidence of 32 bytes, for an auditor that has the cells or prepared it
    full = 2,   ///< the cells themselves, for an auditor that knows the segment's name only
};

constexpr std::size_t max_leaves(AuditForm form) noexcept {
    return form == AuditForm::full ? 16 : 64;
}

struct AuditRequest {
    AuditForm form = AuditForm::hashed;
    Nonce nonce;
    std::vector<std::uint32_t> leaves; ///< ascending, 1 to max_leaves(form)

    bool operator==(const AuditRequest&) const = default;
};

inline constexpr std::size_t max_audit_request = 2 + Nonce::size + 4 * 64;

/// in      a request whose leaves are in their bounds
Bytes encode(const AuditRequest& request);
Result<AuditRequest> decode_audit_request(ByteView body);

/// What is shown for one leaf.
struct LeafProof {
    Bytes evidence; ///< 32 bytes, or the cell
    Digest leaf;
    segment::Proof path;

    bool operator==(const LeafProof&) const = default;
};

/// The steps of a proof: a segment has at most 2^10 cells, and the reader need not know that.
inline constexpr std::size_t max_path = 32;

Bytes encode(const AuditRequest& request, std::span<const LeafProof> proofs);
Result<std::vector<LeafProof>> decode_audit_answer(const AuditRequest& request, ByteView body);

/// The most that an answer may have.
std::size_t max_audit_answer(const AuditRequest& request) noexcept;

/// SHA-256(0x02 || nonce || cell): what only who has the cell can tell.
Digest evidence_of(const Nonce& nonce, ByteView cell);

/// Whether every leaf hash lies at its place under the segment's name, and, of form full, every
/// cell has its leaf hash. A hashed answer is not yet shown to hold any cell: compare its evidence
/// with evidence_of.
///
/// in      `leaf_count`, the stripes of the pack, from its PackInfo and never from the node
/// errors  `corrupt` naming the first leaf that does not fit
/// source  PEER-15
Result<> check_audit(const SegmentId& segment, std::uint64_t leaf_count,
                     const AuditRequest& request, std::span<const LeafProof> proofs);

} // namespace torgo::peer
