#include "segment/regenerate.hpp"

#include "base/ensure.hpp"
#include "segment/erasure.hpp"
#include "segment/merkle.hpp"
#include "segment/verify.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace torgo::segment {
namespace {

constexpr std::size_t helpers = 3;

/// Makes groups of cells of the lost segment.
class Repair {
public:
    Repair(unsigned lost, const Combine& combine)
        : m_lost(lost), m_combine(combine), m_map(CellMap::repair(lost)) {
        for (auto& bytes : m_said)
            bytes.resize(max_combined_cells * half_cell);
        m_made.resize(max_combined_cells * cell_size);
    }

    /// The cells, one after another, until the next call.
    Result<ByteView> make(std::uint64_t first, std::uint64_t count) {
        for (unsigned h = 0; h < helpers; ++h) {
            const auto index = h < m_lost ? h : h + 1; // all but the lost one, ascending
            const auto out = ByteSpan(m_said[h]).first(count * half_cell);
            CHECK_OK(m_combine(index, first, static_cast<std::uint8_t>(m_lost), out));
        }
        for (std::uint64_t c = 0; c < count; ++c)
            make_one(c);
        return ByteView(m_made).first(count * cell_size);
    }

private:
    void make_one(std::uint64_t cell) {
        std::array<ByteView, helpers> from;
        for (std::size_t h = 0; h < helpers; ++h)
            from[h] = ByteView(m_said[h]).subspan(cell * half_cell, half_cell);
        const auto made = ByteSpan(m_made).subspan(cell * cell_size, cell_size);
        m_map.apply(from, std::array{made.first(half_cell), made.last(half_cell)});
    }

    unsigned m_lost;
    const Combine& m_combine;
    CellMap m_map;
    std::array<Bytes, helpers> m_said; ///< by the helpers, of one group
    Bytes m_made;
};

void add_leaves(ByteView cells, std::vector<Digest>& leaves) {
    std::vector<ByteView> views;
    for (std::size_t at = 0; at < cells.size(); at += cell_size)
        views.push_back(cells.subspan(at, cell_size));
    const auto before = leaves.size();
    leaves.resize(before + views.size());
    leaf_hashes(views, std::span(leaves).subspan(before));
}

} // namespace

void combine_cells(ByteView cells, std::uint8_t factor, ByteSpan out) {
    ENSURE(cells.size() % cell_size == 0 && out.size() == cells.size() / 2);
    const auto map = CellMap::combination(factor);
    for (std::size_t at = 0; at < cells.size(); at += cell_size) {
        const auto cell = cells.subspan(at, cell_size);
        map.apply(std::array{cell.first(half_cell), cell.last(half_cell)},
                  std::array{out.subspan(at / 2, half_cell)});
    }
}

Result<> regenerate(const PackInfo& info, const RepoId& repo, unsigned lost, const Combine& combine,
                    const Splitter::Sink& out) {
    if (!info.valid() || !info.code.regenerates() || lost >= info.code.n)
        return fail(Errc::invalid_argument, "not a segment that is made from combinations");
    Repair repair(lost, combine);
    std::vector<Digest> leaves;
    const auto stripes = info.stripes();
    for (std::uint64_t first = 0; first < stripes; first += max_combined_cells) {
        TRY(const auto cells, repair.make(first, std::min(max_combined_cells, stripes - first)));
        add_leaves(cells, leaves);
        CHECK_OK(out(lost, cells));
    }
    // [SEGMENT-13] the only proof that the helpers told the truth
    if (merkle_root(leaves) != info.segments[lost])
        return fail(Errc::corrupt, "what the other segments gave does not make the lost one");
    return out(lost, encode_trailer({.info = info, .repo = repo, .index = lost, .leaves = leaves}));
}

} // namespace torgo::segment
