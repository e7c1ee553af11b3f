#include "segment/merkle.hpp"

#include "base/ensure.hpp"
#include "crypto/hash.hpp"
#include "segment/code.hpp"

#include <bit>

namespace torgo::segment {
namespace {

constexpr std::uint8_t leaf_prefix = 0x00;
constexpr std::uint8_t node_prefix = 0x01;

Digest node_hash(const Digest& left, const Digest& right) {
    return crypto::sha256_of({ByteView(&node_prefix, 1), left.view(), right.view()});
}

/// Pairs neighbours; a last one without a neighbour moves up as it is, which gives the tree of
/// RFC 9162 (split at the largest power of two below the count).
std::vector<Digest> level_above(std::span<const Digest> level) {
    std::vector<Digest> above;
    above.reserve((level.size() + 1) / 2);
    for (std::size_t i = 0; i + 1 < level.size(); i += 2)
        above.push_back(node_hash(level[i], level[i + 1]));
    if (level.size() % 2 != 0) above.push_back(level.back());
    return above;
}

} // namespace

Digest leaf_hash(ByteView cell) {
    return crypto::sha256_of({ByteView(&leaf_prefix, 1), cell});
}

void leaf_hashes(std::span<const ByteView> cells, std::span<Digest> out) {
    crypto::sha256_lanes(cells, out, leaf_prefix);
}

SegmentId merkle_root(std::span<const Digest> leaves) {
    ENSURE(!leaves.empty());
    std::vector<Digest> level(leaves.begin(), leaves.end());
    while (level.size() > 1)
        level = level_above(level);
    return SegmentId{level.front().bytes};
}

Proof prove(std::span<const Digest> leaves, std::uint64_t leaf_index) {
    ENSURE(leaf_index < leaves.size());
    Proof proof;
    std::vector<Digest> level(leaves.begin(), leaves.end());
    for (; level.size() > 1; leaf_index /= 2) {
        const auto beside = leaf_index ^ 1U;
        if (beside < level.size()) proof.push_back(level[beside]);
        level = level_above(level);
    }
    return proof;
}

bool check_proof(const SegmentId& root, std::uint64_t leaf_index, std::uint64_t leaf_count,
                 const Digest& leaf, std::span<const Digest> proof) {
    if (leaf_index >= leaf_count) return false;
    auto at = leaf_index;
    auto last = leaf_count - 1; // index of the last node of this level
    auto hash = leaf;
    for (const auto& beside : proof) {
        if (last == 0) return false;
        if ((at & 1U) != 0 || at == last) {
            hash = node_hash(beside, hash);
            // levels on which this node had no neighbour took no part in the proof
            const auto skipped = (at & 1U) != 0 ? 0 : std::countr_zero(at);
            at >>= static_cast<unsigned>(skipped);
            last >>= static_cast<unsigned>(skipped);
        } else {
            hash = node_hash(hash, beside);
        }
        at >>= 1U;
        last >>= 1U;
    }
    return last == 0 && hash.bytes == root.bytes;
}

bool check_cell_proof(const SegmentId& root, std::uint64_t leaf_index, std::uint64_t leaf_count,
                      ByteView cell, std::span<const Digest> proof) {
    return check_proof(root, leaf_index, leaf_count, leaf_hash(cell), proof);
}

} // namespace torgo::segment
