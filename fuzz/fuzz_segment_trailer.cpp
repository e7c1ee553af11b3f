// SPDX-License-Identifier: MIT
// Trailers of segment files, records of packs and proofs, as any holder may send them. The first
// byte chooses: the trailer as it is, or with its check made to fit, so that what lies behind the
// check is reached too. Oracle: what is accepted is what encode writes.
#include "base/ensure.hpp"
#include "crypto/hash.hpp"
#include "segment/verify.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;

/// Decodes as the end of a file with `stripes` cells of payload.
void decode_trailer(ByteView bytes, std::uint64_t stripes) {
    const auto trailer =
        segment::decode_trailer(bytes, stripes * segment::cell_size + bytes.size());
    if (!trailer) return;
    ENSURE(std::ranges::equal(segment::encode_trailer(*trailer), bytes));
    ENSURE(trailer->leaves.size() == stripes);
}

void repair_check(Bytes& bytes) {
    constexpr std::size_t check_size = 24;
    if (bytes.size() < segment::tail_size) return;
    const auto digest = crypto::sha256(ByteView(bytes).first(bytes.size() - check_size));
    std::copy_n(digest.bytes.begin(), check_size, bytes.end() - check_size);
}

void decode_info(ByteView bytes) {
    Reader in(bytes);
    const auto info = segment::PackInfo::decode(in);
    if (!info) return;
    ENSURE(info->valid());
    Writer out;
    info->encode(out);
    ENSURE(std::ranges::equal(out.view(), bytes.first(bytes.size() - in.left())));
}

/// A proof of noise proves nothing; what it takes must be bounded by its length.
void check_proof(ByteView bytes) {
    Reader in(bytes);
    const auto index = in.get<std::uint64_t>();
    const auto count = in.get<std::uint64_t>();
    const auto leaf = in.id<Digest>();
    if (!index || !count || !leaf) return;
    segment::Proof proof;
    while (in.left() >= Digest::size)
        proof.push_back(in.id<Digest>().value());
    const SegmentId root{crypto::sha256(bytes).bytes};
    ENSURE(!segment::check_proof(root, *index, *count, *leaf, proof));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const ByteView rest(data + 3, size - 3);
    const std::uint64_t stripes = data[1] + std::uint64_t{data[2]} * 256;
    if ((data[0] & 1U) != 0) {
        Bytes repaired(rest.begin(), rest.end());
        repair_check(repaired);
        decode_trailer(repaired, stripes);
    } else {
        decode_trailer(rest, stripes);
    }
    decode_info(rest);
    check_proof(rest);
    return 0;
}
