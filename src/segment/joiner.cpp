#include "segment/joiner.hpp"

#include "segment/cells.hpp"
#include "segment/erasure.hpp"
#include "segment/merkle.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <string>

namespace torgo::segment {
namespace {

/// Payload bytes [lo, hi) of every segment it is said of.
struct Window {
    std::uint64_t lo = 0;
    std::uint64_t hi = 0;

    bool empty() const noexcept { return lo >= hi; }

    bool operator==(const Window&) const = default;
};

/// What of a pack is wanted: bytes [offset, offset + out.size()).
struct Range {
    std::uint64_t offset = 0;
    ByteSpan out;

    std::uint64_t end() const noexcept { return offset + out.size(); }
};

/// One segment's part of a group of stripes.
struct Run {
    Window window;
    std::unique_ptr<std::uint8_t[]> bytes;

    ByteView view() const noexcept { return {bytes.get(), window.hi - window.lo}; }

    void resize(Window to) {
        window = to;
        bytes = std::make_unique_for_overwrite<std::uint8_t[]>(to.hi - to.lo);
    }
};

/// Calls visit(cell index in its stripe, byte offset in its segment, bytes of `out`) for each part
/// of a cell that lies in the range.
template <class Visit>
void for_each_part(const Range& range, unsigned k, const Visit& visit) {
    for (auto at = range.offset; at < range.end();) {
        const auto cell = at / cell_size;
        const auto until = std::min(range.end(), (cell + 1) * cell_size);
        visit(static_cast<unsigned>(cell % k), cell / k * cell_size + at % cell_size,
              range.out.subspan(at - range.offset, until - at));
        at = until;
    }
}

/// Cuts a range at every `stripes_per_group(k)` stripes and calls read(Range) for each part.
template <class Read>
Result<> for_each_group(const PackInfo& info, std::uint64_t offset, ByteSpan out,
                        const Read& read) {
    if (offset > info.size || out.size() > info.size - offset)
        return fail(Errc::invalid_argument, "bytes beyond the end of the pack");
    const auto group = stripes_per_group(info.code) * info.code.k * cell_size;
    while (!out.empty()) {
        const auto size = std::min<std::uint64_t>(out.size(), group - offset % group);
        CHECK_OK(read(Range{.offset = offset, .out = out.first(size)}));
        offset += size;
        out = out.subspan(size);
    }
    return {};
}

/// Reads without looking at hashes; see read_range.
class RangeReader {
public:
    RangeReader(const PackInfo& info, const Fetch& fetch, SegmentMask avoid)
        : m_info(info), m_fetch(fetch), m_avoid(avoid) {}

    Result<> read_group(const Range& range);

private:
    Result<> load(unsigned index, Window window);
    Result<> gather(Window window, SegmentMask& have);
    Result<> restore(std::span<const Window> wanted, SegmentMask missing);

    const PackInfo& m_info;
    const Fetch& m_fetch;
    SegmentMask m_avoid;
    SegmentMask m_failed = 0; ///< asked last when others can serve
    std::vector<Run> m_runs;  ///< of the group at hand, by index; empty where there is none
};

/// Fetches into m_runs[index], which stays empty after a failure. Errors: `cancelled` only.
Result<> RangeReader::load(unsigned index, Window window) {
    m_runs[index].resize(window);
    auto got = m_fetch(index, window.lo, {m_runs[index].bytes.get(), window.hi - window.lo});
    if (got) return {};
    m_runs[index] = {};
    m_failed |= mask_of(index);
    if (got.error().code() == Errc::cancelled) return std::unexpected(std::move(got).error());
    return {};
}

/// Adds segments to `have` until k of them have the whole window.
Result<> RangeReader::gather(Window window, SegmentMask& have) {
    const auto failed_before = m_failed;
    for (const bool second_chance : {false, true})
        for (unsigned i = 0; i < m_info.code.n && std::popcount(have) < m_info.code.k; ++i) {
            if (((m_avoid | have) & mask_of(i)) != 0) continue;
            if (((failed_before & mask_of(i)) != 0) != second_chance) continue;
            CHECK_OK(load(i, window));
            if (m_runs[i].bytes) have |= mask_of(i);
        }
    if (std::popcount(have) >= m_info.code.k) return {};
    return fail(Errc::too_few_heads, "only " + std::to_string(std::popcount(have)) + " of " +
                                         std::to_string(m_info.code.n) + " segments answer, " +
                                         std::to_string(m_info.code.k) + " are needed");
}

/// Fills m_runs of `missing` segments from any k others.
Result<> RangeReader::restore(std::span<const Window> wanted, SegmentMask missing) {
    Window all{.lo = ~std::uint64_t{0}, .hi = 0};
    for (const auto& window : wanted)
        if (!window.empty()) all = {std::min(all.lo, window.lo), std::max(all.hi, window.hi)};
    SegmentMask have = 0;
    for (unsigned i = 0; i < m_info.code.k; ++i)
        if (m_runs[i].bytes && m_runs[i].window == all) have |= mask_of(i);
    CHECK_OK(gather(all, have));
    const auto from = indices_of(have);
    missing &= ~have; // a second chance may have served it
    const auto to = indices_of(missing);
    std::vector<ByteView> inputs;
    std::vector<ByteSpan> outputs;
    for (const auto i : from)
        inputs.push_back(m_runs[i].view());
    for (const auto i : to) {
        m_runs[i].resize(all);
        outputs.emplace_back(m_runs[i].bytes.get(), all.hi - all.lo);
    }
    CellMap::restore(m_info.code, from, to).apply(inputs, outputs);
    return {};
}

Result<> RangeReader::read_group(const Range& range) {
    const unsigned k = m_info.code.k;
    std::vector<Window> wanted(k);
    for_each_part(range, k, [&](unsigned j, std::uint64_t at, ByteSpan part) {
        wanted[j] = {wanted[j].empty() ? at : wanted[j].lo, at + part.size()};
    });
    m_runs.clear();
    m_runs.resize(m_info.code.n);
    SegmentMask missing = 0;
    for (unsigned j = 0; j < k; ++j) {
        if (wanted[j].empty()) continue;
        if (((m_avoid | m_failed) & mask_of(j)) == 0) CHECK_OK(load(j, wanted[j]));
        if (!m_runs[j].bytes) missing |= mask_of(j);
    }
    if (missing != 0) CHECK_OK(restore(wanted, missing));
    for_each_part(range, k, [&](unsigned j, std::uint64_t at, ByteSpan part) {
        const auto& run = m_runs[j];
        std::ranges::copy(run.view().subspan(at - run.window.lo, part.size()), part.begin());
    });
    return {};
}

} // namespace

Result<> read_range(const PackInfo& info, std::uint64_t offset, ByteSpan out, const Fetch& fetch,
                    SegmentMask avoid) {
    if (!info.valid()) return fail(Errc::invalid_argument, "not a pack");
    RangeReader reader(info, fetch, avoid);
    return for_each_group(info, offset, out,
                          [&](const Range& range) { return reader.read_group(range); });
}

Result<> read_range_verified(const PackInfo& info, std::uint64_t offset, ByteSpan out,
                             const Fetch& fetch, LeafCache& leaves, SegmentMask avoid) {
    if (!info.valid()) return fail(Errc::invalid_argument, "not a pack");
    GoodCells cells(info, fetch, leaves, avoid);
    return for_each_group(info, offset, out, [&](const Range& range) -> Result<> {
        const unsigned k = info.code.k;
        const auto first = range.offset / (k * cell_size);
        const auto last = (range.end() - 1) / (k * cell_size);
        std::vector<SegmentMask> wanted(last - first + 1);
        for_each_part(range, k, [&](unsigned j, std::uint64_t at, ByteSpan) {
            wanted[at / cell_size - first] |= mask_of(j);
        });
        CHECK_OK(cells.gather(first, wanted));
        for_each_part(range, k, [&](unsigned j, std::uint64_t at, ByteSpan part) {
            const auto cell = cells.cell(at / cell_size - first, j);
            std::ranges::copy(cell.subspan(at % cell_size, part.size()), part.begin());
        });
        return {};
    });
}

LeafCache::LeafCache(const PackInfo& info) : m_info(info), m_leaves(info.code.n) {}

std::span<const Digest> LeafCache::known(unsigned index) const {
    const std::lock_guard lock(m_mutex);
    return m_leaves[index];
}

Result<std::span<const Digest>> LeafCache::leaves(unsigned index, const Fetch& fetch) {
    if (const auto here = known(index); !here.empty()) return here;
    std::vector<Digest> read(m_info.stripes());
    Bytes bytes(read.size() * Digest::size);
    CHECK_OK(fetch(index, m_info.segment_payload_size(), bytes));
    for (std::size_t i = 0; i < read.size(); ++i)
        std::ranges::copy(ByteView(bytes).subspan(i * Digest::size, Digest::size),
                          read[i].bytes.begin());
    if (merkle_root(read) != m_info.segments[index]) // [SEGMENT-11]
        return fail(Errc::corrupt, "leaf hashes do not give the name of their segment");
    const std::lock_guard lock(m_mutex);
    if (m_leaves[index].empty()) m_leaves[index] = std::move(read);
    return std::span<const Digest>(m_leaves[index]);
}

} // namespace torgo::segment
