#include "peer/audit.hpp"

#include "base/codec.hpp"
#include "base/ensure.hpp"
#include "crypto/hash.hpp"
#include "segment/code.hpp"

#include <algorithm>

namespace torgo::peer {

namespace {

constexpr std::uint8_t evidence_prefix = 0x02;

std::size_t evidence_size(AuditForm form) noexcept {
    return form == AuditForm::full ? segment::cell_size : Digest::size;
}

Result<LeafProof> decode_proof(Reader& in, AuditForm form) {
    LeafProof proof;
    TRY(const auto evidence, in.raw(evidence_size(form)));
    proof.evidence.assign(evidence.begin(), evidence.end());
    TRY(proof.leaf, in.id<Digest>());
    TRY(const auto steps, in.get<std::uint8_t>());
    if (steps > max_path) return fail(Errc::limit_exceeded, "a proof with too many steps");
    for (unsigned i = 0; i < steps; ++i) {
        TRY(const auto step, in.id<Digest>());
        proof.path.push_back(step);
    }
    return proof;
}

} // namespace

Bytes encode(const AuditRequest& request) {
    ENSURE(!request.leaves.empty() && request.leaves.size() <= max_leaves(request.form));
    Writer out;
    out.put(static_cast<std::uint8_t>(request.form)).raw(request.nonce.view());
    out.put(static_cast<std::uint8_t>(request.leaves.size()));
    for (const auto leaf : request.leaves)
        out.put(leaf);
    return std::move(out).take();
}

Result<AuditRequest> decode_audit_request(ByteView body) {
    Reader in(body);
    AuditRequest request;
    TRY(const auto form, in.get<std::uint8_t>());
    if (form != static_cast<std::uint8_t>(AuditForm::hashed) &&
        form != static_cast<std::uint8_t>(AuditForm::full))
        return fail(Errc::unsupported, "an audit of an unknown form");
    request.form = AuditForm{form};
    TRY(request.nonce, in.id<Nonce>());
    TRY(const auto count, in.get<std::uint8_t>());
    if (count == 0) return fail(Errc::corrupt, "an audit of no leaves");
    if (count > max_leaves(request.form))
        return fail(Errc::limit_exceeded, "an audit of too many leaves");
    for (unsigned i = 0; i < count; ++i) {
        TRY(const auto leaf, in.get<std::uint32_t>());
        if (!request.leaves.empty() && leaf <= request.leaves.back())
            return fail(Errc::corrupt, "leaves of an audit that do not ascend");
        request.leaves.push_back(leaf);
    }
    CHECK_OK(in.done());
    return request;
}

Bytes encode(const AuditRequest& request, std::span<const LeafProof> proofs) {
    ENSURE(proofs.size() == request.leaves.size());
    Writer out;
    for (const auto& proof : proofs) {
        ENSURE(proof.evidence.size() == evidence_size(request.form));
        ENSURE(proof.path.size() <= max_path);
        out.raw(proof.evidence).raw(proof.leaf.view());
        out.put(static_cast<std::uint8_t>(proof.path.size()));
        for (const auto& step : proof.path)
            out.raw(step.view());
    }
    return std::move(out).take();
}

Result<std::vector<LeafProof>> decode_audit_answer(const AuditRequest& request, ByteView body) {
    Reader in(body);
    std::vector<LeafProof> proofs;
    for (std::size_t i = 0; i < request.leaves.size(); ++i) {
        TRY(auto proof, decode_proof(in, request.form));
        proofs.push_back(std::move(proof));
    }
    CHECK_OK(in.done());
    return proofs;
}

std::size_t max_audit_answer(const AuditRequest& request) noexcept {
    return request.leaves.size() *
           (evidence_size(request.form) + Digest::size + 1 + max_path * Digest::size);
}

Digest evidence_of(const Nonce& nonce, ByteView cell) {
    return crypto::sha256_of({ByteView(&evidence_prefix, 1), nonce.view(), cell});
}

// PEER-15
Result<> check_audit(const SegmentId& segment, std::uint64_t leaf_count,
                     const AuditRequest& request, std::span<const LeafProof> proofs) {
    if (proofs.size() != request.leaves.size())
        return fail(Errc::corrupt, "an audit answers for other leaves");
    for (std::size_t i = 0; i < proofs.size(); ++i) {
        const auto& proof = proofs[i];
        const bool placed =
            segment::check_proof(segment, request.leaves[i], leaf_count, proof.leaf, proof.path);
        const bool whole =
            request.form == AuditForm::hashed || segment::leaf_hash(proof.evidence) == proof.leaf;
        if (!placed || !whole)
            return fail(Errc::corrupt, "cell " + std::to_string(request.leaves[i]) +
                                           " of segment " + segment.hex() + " is not shown");
    }
    return {};
}

} // namespace torgo::peer
