// Bodies and signed records of the peer protocol. The first byte chooses which. Oracle: what is
// accepted is what encode writes.
#include "base/ensure.hpp"
#include "peer/audit.hpp"
#include "peer/capability.hpp"
#include "peer/messages.hpp"
#include "peer/receipt.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;

template <class Decode>
void comes_back(ByteView body, Decode decode) {
    if (const auto message = decode(body)) ENSURE(std::ranges::equal(peer::encode(*message), body));
}

void decode_lists(ByteView body) {
    comes_back(body, peer::decode_kept);
    if (const auto ids = peer::decode_ids(body))
        ENSURE(std::ranges::equal(peer::encode_ids(*ids), body));
    if (const auto names = peer::decode_names(body))
        ENSURE(std::ranges::equal(peer::encode_names(*names), body));
    for (const std::size_t missing : {0U, 1U, 7U}) {
        const auto count = body.size() * 8 - std::min(body.size() * 8, missing);
        if (const auto bits = peer::decode_bitmap(body, count))
            ENSURE(std::ranges::equal(peer::encode_bitmap(*bits), body));
    }
}

/// No input is signed by this key, which is none.
void open_records(ByteView body) {
    const Bytes key(peer::OwnerKeys::ml_dsa_size);
    RepoId repository;
    if (body.size() >= 5 + RepoId::size) repository = *RepoId::from(body.subspan(5, RepoId::size));
    ENSURE(!peer::open_capability(body, repository, key));
    ENSURE(!peer::open_revocation(body, repository, key));
}

void decode_audit(ByteView body) {
    comes_back(body, peer::decode_audit_request);
    const peer::AuditRequest request{peer::AuditForm::hashed, {}, {0, 5}};
    const auto proofs = peer::decode_audit_answer(request, body);
    if (!proofs) return;
    ENSURE(std::ranges::equal(peer::encode(request, *proofs), body));
    ENSURE(!peer::check_audit(SegmentId{}, 9, request, *proofs));
}

/// A signature is fuzzed in vain.
void decode_receipts(ByteView body) {
    if (const auto batch = peer::parse_batch(body)) {
        const auto covered = peer::signed_part(*batch);
        ENSURE(std::ranges::equal(covered, body.first(covered.size())));
    }
    const auto page = peer::decode_batch_page(body);
    if (!page) return;
    Writer out;
    for (const auto& batch : *page)
        peer::encode(out, batch.number, batch.bytes);
    ENSURE(std::ranges::equal(out.view(), body));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView body(data + 1, size - 1);
    switch (data[0] % 7) {
    case 0:
        comes_back(body, peer::decode_node_status);
        break;
    case 1:
        comes_back(body, peer::decode_repository_status);
        break;
    case 2:
        comes_back(body, peer::decode_join);
        break;
    case 3:
        decode_lists(body);
        break;
    case 4:
        open_records(body);
        break;
    case 5:
        decode_audit(body);
        break;
    default:
        decode_receipts(body);
    }
    return 0;
}
