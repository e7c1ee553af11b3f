#include "segment/cells.hpp"

#include "base/ensure.hpp"
#include "segment/merkle.hpp"

#include <bit>
#include <string>

namespace torgo::segment {

std::vector<unsigned> indices_of(SegmentMask mask) {
    std::vector<unsigned> indices;
    for (; mask != 0; mask &= mask - 1)
        indices.push_back(static_cast<unsigned>(std::countr_zero(mask)));
    return indices;
}

GoodCells::GoodCells(const PackInfo& info, const Fetch& fetch, LeafCache& leaves, SegmentMask avoid)
    : m_info(info), m_fetch(fetch), m_leaves(leaves), m_avoid(avoid), m_bytes(info.code.n) {}

ByteSpan GoodCells::place(std::size_t stripe, unsigned index) noexcept {
    auto& bytes = m_bytes[index];
    if (!bytes)
        bytes = std::make_unique_for_overwrite<std::uint8_t[]>(stripes_per_group(m_info.code) *
                                                               cell_size);
    return {bytes.get() + stripe * cell_size, cell_size};
}

ByteView GoodCells::cell(std::size_t stripe_in_group, unsigned index) const noexcept {
    ENSURE((m_good[stripe_in_group] & mask_of(index)) != 0);
    return {m_bytes[index].get() + stripe_in_group * cell_size, cell_size};
}

/// True when something wanted of the stripe is neither there nor restorable.
bool GoodCells::lacks(std::size_t stripe) const noexcept {
    return (m_wanted[stripe] & ~m_good[stripe]) != 0 &&
           std::popcount(m_good[stripe]) < m_info.code.k;
}

/// Fetches cells [from, to) of one segment and notes which are good.
Result<> GoodCells::load_cells(unsigned index, std::size_t from, std::size_t to) {
    TRY(const auto leaves, m_leaves.leaves(index, m_fetch));
    const ByteSpan run(place(from, index).data(), (to - from) * cell_size);
    for (auto s = from; s < to; ++s) { // overwritten now
        m_good[s] &= ~mask_of(index);
        m_tested[s] &= ~mask_of(index);
    }
    CHECK_OK(m_fetch(index, (m_first + from) * cell_size, run));
    std::vector<ByteView> cells;
    for (auto s = from; s < to; ++s)
        cells.emplace_back(place(s, index));
    std::vector<Digest> hashes(cells.size());
    leaf_hashes(cells, hashes);
    for (auto s = from; s < to; ++s) {
        m_tested[s] |= mask_of(index);
        if (hashes[s - from] == leaves[m_first + s]) m_good[s] |= mask_of(index);
    }
    return {};
}

/// The same; errors: `cancelled` only.
Result<> GoodCells::load(unsigned index, std::size_t from, std::size_t to) {
    auto loaded = load_cells(index, from, to);
    if (loaded) return {};
    m_failed |= mask_of(index);
    if (loaded.error().code() == Errc::cancelled) return std::unexpected(std::move(loaded).error());
    return {};
}

Result<> GoodCells::load_wanted() {
    for (unsigned i = 0; i < m_info.code.n; ++i) {
        if (((m_avoid | m_failed) & mask_of(i)) != 0) continue;
        const auto wants = [&](SegmentMask mask) {
            return (mask & mask_of(i)) != 0;
        };
        const auto first = std::ranges::find_if(m_wanted, wants);
        if (first == m_wanted.end()) continue;
        auto last = m_wanted.end();
        while (!wants(*std::prev(last)))
            --last;
        CHECK_OK(load(i, static_cast<std::size_t>(first - m_wanted.begin()),
                      static_cast<std::size_t>(last - m_wanted.begin())));
    }
    return {};
}

/// For stripes that still lack something: the other segments, each with one fetch.
Result<> GoodCells::load_others() {
    for (unsigned i = 0; i < m_info.code.n; ++i) {
        if (((m_avoid | m_failed) & mask_of(i)) != 0) continue;
        auto from = m_wanted.size();
        std::size_t to = 0;
        for (std::size_t s = 0; s < m_wanted.size(); ++s)
            if (lacks(s) && (m_tested[s] & mask_of(i)) == 0) {
                from = std::min(from, s);
                to = s + 1;
            }
        if (from < to) CHECK_OK(load(i, from, to));
    }
    return {};
}

/// For what a failed fetch took along: every cell on its own.
Result<> GoodCells::load_one_by_one() {
    for (std::size_t s = 0; s < m_wanted.size(); ++s) {
        for (unsigned i = 0; i < m_info.code.n && lacks(s); ++i)
            if (((m_avoid | m_tested[s]) & mask_of(i)) == 0) CHECK_OK(load(i, s, s + 1));
        if (lacks(s))
            return fail(Errc::too_few_heads,
                        "stripe " + std::to_string(m_first + s) + " of the pack has only " +
                            std::to_string(std::popcount(m_good[s])) + " good cells, " +
                            std::to_string(m_info.code.k) + " are needed");
    }
    return {};
}

Result<> GoodCells::restore(std::size_t stripe) {
    const auto missing = m_wanted[stripe] & ~m_good[stripe];
    if (missing == 0) return {};
    auto from = indices_of(m_good[stripe]);
    from.resize(m_info.code.k);
    const auto to = indices_of(missing);
    if (m_map_from != m_good[stripe] || m_map_to != missing) {
        m_map = CellMap::restore(m_info.code, from, to);
        m_map_from = m_good[stripe];
        m_map_to = missing;
    }
    std::vector<ByteView> inputs;
    std::vector<ByteSpan> outputs;
    for (const auto i : from)
        inputs.push_back(cell(stripe, i));
    for (const auto i : to)
        outputs.push_back(place(stripe, i));
    m_map.apply(inputs, outputs);
    m_good[stripe] |= missing;
    for (const auto i : to) {
        const auto leaves = m_leaves.known(i);
        if (!leaves.empty() && leaf_hash(cell(stripe, i)) != leaves[m_first + stripe])
            return fail(Errc::corrupt, "the segments of the pack contradict each other");
    }
    return {};
}

Result<> GoodCells::gather(std::uint64_t first, std::span<const SegmentMask> wanted) {
    ENSURE(wanted.size() <= stripes_per_group(m_info.code));
    m_first = first;
    m_wanted = wanted;
    m_good.assign(wanted.size(), 0);
    m_tested.assign(wanted.size(), 0);
    CHECK_OK(load_wanted());
    CHECK_OK(load_others());
    CHECK_OK(load_one_by_one());
    for (std::size_t s = 0; s < wanted.size(); ++s)
        CHECK_OK(restore(s));
    return {};
}

} // namespace torgo::segment
