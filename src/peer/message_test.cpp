// Every body of the peer protocol: whatever it holds comes back, whole or not at all.
#include "peer/audit.hpp"
#include "peer/messages.hpp"
#include "peer/receipt.hpp"
#include "segment/code.hpp"
#include "segment/merkle.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace torgo::peer {
namespace {

using rc::gen::arbitrary;
using rc::gen::inRange;

template <class IdType>
IdType any_id() {
    return IdType{*rc::gen::container<decltype(IdType::bytes)>(arbitrary<std::uint8_t>())};
}

std::optional<Errc> any_failure() {
    const auto number = *inRange<std::uint16_t>(0, static_cast<std::uint16_t>(Errc::timeout) + 1);
    return number == 0 ? std::nullopt : std::optional(Errc{number});
}

AuditRequest any_request() {
    AuditRequest request;
    request.form = *rc::gen::element(AuditForm::hashed, AuditForm::full);
    request.nonce = any_id<Nonce>();
    request.leaves =
        *rc::gen::nonEmpty(rc::gen::unique<std::vector<std::uint32_t>>(arbitrary<std::uint32_t>()));
    std::ranges::sort(request.leaves);
    if (request.leaves.size() > max_leaves(request.form))
        request.leaves.resize(max_leaves(request.form));
    return request;
}

LeafProof any_proof(AuditForm form) {
    LeafProof proof;
    proof.evidence.resize(form == AuditForm::full ? segment::cell_size : Digest::size,
                          *arbitrary<std::uint8_t>());
    proof.leaf = any_id<Digest>();
    proof.path.resize(*inRange<std::size_t>(0, 11));
    std::ranges::generate(proof.path, any_id<Digest>);
    return proof;
}

/// What ends too early is refused, and so is what goes on.
template <class Decode>
void expect_whole_only(const Bytes& body, const Decode& decode) {
    EXPECT_TRUE(decode(body).has_value());
    for (std::size_t size = 0; size < body.size(); size += 1 + size / 50)
        EXPECT_FALSE(decode(ByteView(body).first(size)).has_value()) << size;
    auto longer = body;
    longer.push_back(0);
    EXPECT_FALSE(decode(longer).has_value());
}

} // namespace

RC_GTEST_PROP(NodeStatusMessage, round_trip, (std::uint64_t free_bytes)) {
    const NodeStatus status{*arbitrary<std::string>(), any_id<PeerId>(), free_bytes};
    RC_PRE(status.version.size() <= max_version_text);
    RC_ASSERT(decode_node_status(encode(status)).value() == status);
}

RC_GTEST_PROP(RepositoryStatusMessage, round_trip,
              (std::uint64_t free_bytes, std::uint64_t total_bytes)) {
    RepositoryStatus status;
    status.head = {any_id<RepoId>(), *inRange(0U, 64U), free_bytes, total_bytes};
    status.rights.bits = *inRange<std::uint8_t>(0, Rights::all + 1);
    status.write_error = any_failure();
    RC_ASSERT(decode_repository_status(encode(status)).value() == status);
}

TEST(RepositoryStatusMessage, of_unknown_rights_or_errors_is_refused) {
    RepositoryStatus status;
    status.rights.bits = Rights::all + 1;
    EXPECT_EQ(decode_repository_status(encode(status)).error().code(), Errc::corrupt);
    status.rights.bits = Rights::all;
    EXPECT_TRUE(decode_repository_status(encode(status)).has_value());
    status.write_error = Errc{static_cast<std::uint16_t>(static_cast<unsigned>(Errc::timeout) + 1)};
    EXPECT_EQ(decode_repository_status(encode(status)).error().code(), Errc::corrupt);
}

RC_GTEST_PROP(IdList, round_trip, ()) {
    std::vector<SegmentId> ids(*inRange<std::size_t>(0, 9));
    std::ranges::generate(ids, any_id<SegmentId>);
    RC_ASSERT(decode_ids(encode_ids(ids)).value() == ids);
}

RC_GTEST_PROP(AuditRequestMessage, round_trip, ()) {
    const auto request = any_request();
    const auto body = encode(request);
    RC_ASSERT(body.size() <= max_audit_request);
    RC_ASSERT(decode_audit_request(body).value() == request);
}

TEST(AuditRequestMessage, is_taken_whole_ascending_and_within_its_limit) {
    expect_whole_only(encode(AuditRequest{AuditForm::hashed, Nonce{{1}}, {0, 7, 9}}),
                      decode_audit_request);
    EXPECT_FALSE(decode_audit_request(encode(AuditRequest{AuditForm::hashed, {}, {3, 3}})));
    EXPECT_FALSE(decode_audit_request(encode(AuditRequest{AuditForm::hashed, {}, {4, 3}})));
    AuditRequest most{AuditForm::hashed, {}, std::vector<std::uint32_t>(17)};
    std::ranges::generate(most.leaves, [next = 0U]() mutable { return next++; });
    auto body = encode(most);
    EXPECT_TRUE(decode_audit_request(body).has_value());
    body[0] = static_cast<std::uint8_t>(AuditForm::full);
    EXPECT_EQ(decode_audit_request(body).error().code(), Errc::limit_exceeded);
    body[0] = 3;
    EXPECT_EQ(decode_audit_request(body).error().code(), Errc::unsupported);
}

RC_GTEST_PROP(AuditAnswerMessage, round_trip, ()) {
    auto request = any_request();
    if (request.leaves.size() > 3) request.leaves.resize(3);
    std::vector<LeafProof> proofs;
    for (std::size_t i = 0; i < request.leaves.size(); ++i)
        proofs.push_back(any_proof(request.form));
    const auto body = encode(request, proofs);
    RC_ASSERT(body.size() <= max_audit_answer(request));
    RC_ASSERT(decode_audit_answer(request, body).value() == proofs);
}

TEST(AuditAnswerMessage, is_taken_whole_or_not_at_all) {
    const AuditRequest request{AuditForm::hashed, {}, {1, 2}};
    LeafProof proof{Bytes(Digest::size, 1), Digest{{2}}, {Digest{{3}}, Digest{{4}}}};
    const auto decode = [&request](ByteView body) {
        return decode_audit_answer(request, body);
    };
    expect_whole_only(encode(request, std::vector{proof, proof}), decode);
}

// PEER-15
TEST(AuditAnswerMessage, with_a_cell_that_is_not_that_of_its_leaf_shows_nothing) {
    const Bytes cell(segment::cell_size, 7);
    const auto leaf = segment::leaf_hash(cell);
    const auto name = segment::merkle_root(std::vector{leaf});
    const AuditRequest request{AuditForm::full, {}, {0}};
    std::vector proofs{LeafProof{cell, leaf, {}}};
    EXPECT_TRUE(check_audit(name, 1, request, proofs).has_value());
    proofs[0].evidence[5] ^= 1U;
    EXPECT_FALSE(check_audit(name, 1, request, proofs).has_value());
}

RC_GTEST_PROP(ReceiptMessage, round_trip, (std::uint64_t bytes, std::int64_t time)) {
    Receipt receipt;
    receipt.trace = any_id<TraceId>();
    receipt.other = any_id<PeerId>();
    receipt.subject = any_id<Digest>();
    receipt.content = any_id<Digest>();
    receipt.bytes = bytes;
    receipt.time_ns = time;
    receipt.kind =
        Transfer{*inRange<std::uint8_t>(1, static_cast<std::uint8_t>(Transfer::audit) + 1)};
    receipt.failure = any_failure();
    Writer out;
    encode(out, receipt);
    RC_ASSERT(out.size() == Receipt::size);
    Reader in(out.view());
    RC_ASSERT(decode_receipt(in).value() == receipt);
}

TEST(ReceiptMessage, of_another_kind_or_with_what_is_reserved_is_refused) {
    Receipt receipt;
    receipt.kind = Transfer::audit;
    Writer out;
    encode(out, receipt);
    const auto good = std::move(out).take();
    const auto takes = [](const Bytes& bytes) {
        Reader in(bytes);
        return decode_receipt(in).has_value();
    };
    ASSERT_TRUE(takes(good));
    for (std::size_t i = good.size() - 16; i < good.size(); ++i) { // kind, failure, reserved
        auto other = good;
        other[i] = 200;
        EXPECT_FALSE(takes(other)) << i;
    }
}

} // namespace torgo::peer
