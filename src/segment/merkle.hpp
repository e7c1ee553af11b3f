#pragma once

#include "base/bytes.hpp"
#include "base/id.hpp"

#include <cstdint>
#include <span>
#include <vector>

/// The hash tree of RFC 9162 section 2.1 over the cells of a segment.
namespace torgo::segment {

/// SHA-256(0x00 || cell).
Digest leaf_hash(ByteView cell);

/// leaf_hash of many cells of cell_size bytes, in parallel lanes.
/// in      `out`, one digest for each cell
void leaf_hashes(std::span<const ByteView> cells, std::span<Digest> out);

/// The root over one or more leaf hashes: the name of the segment.
SegmentId merkle_root(std::span<const Digest> leaves);

/// The hashes beside the way from a leaf up to the root, lowest first.
using Proof = std::vector<Digest>;

/// in      `leaf_index` < leaves.size()
Proof prove(std::span<const Digest> leaves, std::uint64_t leaf_index);

/// True when `proof` shows that leaf `leaf_index` of `leaf_count` under `root` is `leaf`. Takes any
/// input. source  RFC 9162 2.1.3.2
bool check_proof(const SegmentId& root, std::uint64_t leaf_index, std::uint64_t leaf_count,
                 const Digest& leaf, std::span<const Digest> proof);

/// The same from the cell itself, as an auditor has it.
bool check_cell_proof(const SegmentId& root, std::uint64_t leaf_index, std::uint64_t leaf_count,
                      ByteView cell, std::span<const Digest> proof);

} // namespace torgo::segment
