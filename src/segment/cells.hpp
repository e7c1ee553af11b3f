#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "segment/code.hpp"
#include "segment/erasure.hpp"
#include "segment/joiner.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

/// The inside of joiner and rebuild: groups of verified cells.
namespace torgo::segment {

/// Stripes read with one fetch a segment: 4 MiB of pack, so that latency and memory both stay
/// small.
constexpr std::uint64_t stripes_per_group(Code code) noexcept {
    constexpr unsigned cells = 64;
    return std::max(1U, cells / code.k);
}

/// The set bits, ascending.
std::vector<unsigned> indices_of(SegmentMask mask);

/// The wanted cells of a group of stripes, each fetched and equal to its leaf hash, or restored
/// from k that are.
class GoodCells {
public:
    /// All arguments must outlive it; segments in `avoid` are never fetched.
    GoodCells(const PackInfo& info, const Fetch& fetch, LeafCache& leaves, SegmentMask avoid);

    /// Forgets the group before and makes the cells of `wanted[i]` (of stripe first + i) good.
    ///
    /// in      `wanted`, up to stripes_per_group masks of any of the n cells
    /// errors  `too_few_heads`; `cancelled`; `corrupt` when the pack was never encoded rightly
    Result<> gather(std::uint64_t first, std::span<const SegmentMask> wanted);

    /// A wanted cell, until the next gather.
    ByteView cell(std::size_t stripe_in_group, unsigned index) const noexcept;

private:
    ByteSpan place(std::size_t stripe, unsigned index) noexcept;
    bool lacks(std::size_t stripe) const noexcept;
    Result<> load(unsigned index, std::size_t from, std::size_t to);
    Result<> load_cells(unsigned index, std::size_t from, std::size_t to);
    Result<> load_wanted();
    Result<> load_others();
    Result<> load_one_by_one();
    Result<> restore(std::size_t stripe);

    const PackInfo& m_info;
    const Fetch& m_fetch;
    LeafCache& m_leaves;
    SegmentMask m_avoid;
    SegmentMask m_failed = 0; ///< a fetch failed: asked last, cell by cell
    std::uint64_t m_first = 0;
    std::span<const SegmentMask> m_wanted;
    std::vector<SegmentMask> m_good;   ///< by stripe of the group
    std::vector<SegmentMask> m_tested; ///< the same: fetched and hashed
    std::vector<std::unique_ptr<std::uint8_t[]>>
        m_bytes;                ///< by segment: room for a group, when used
    CellMap m_map;              ///< the one used last, for
    SegmentMask m_map_from = 0; ///< these cells, to
    SegmentMask m_map_to = 0;   ///< these
};

} // namespace torgo::segment
