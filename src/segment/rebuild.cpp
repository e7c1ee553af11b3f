#include "segment/rebuild.hpp"

#include "segment/cells.hpp"
#include "segment/erasure.hpp"
#include "segment/merkle.hpp"
#include "segment/range_reader.hpp"
#include "segment/verify.hpp"

#include <algorithm>

namespace torgo::segment {
namespace {

Result<SegmentMask> mask_of_all(const PackInfo& info, const std::vector<unsigned>& indices) {
    SegmentMask mask = 0;
    for (const auto i : indices) {
        if (i >= info.code.n || (mask & mask_of(i)) != 0)
            return fail(Errc::invalid_argument, "no such segment, or named twice");
        mask |= mask_of(i);
    }
    return mask;
}

using Leaves = std::vector<Digest>;

/// Adds the leaf hashes of some cells.
void add_leaves(std::span<const ByteView> cells, Leaves& leaves) {
    const auto before = leaves.size();
    leaves.resize(before + cells.size());
    leaf_hashes(cells, std::span(leaves).subspan(before));
}

/// [SEGMENT-13] nothing is called rebuilt that does not have its old name
Result<> end_with_trailers(const PackInfo& info, const RepoId& repo,
                           const std::vector<unsigned>& missing, const std::vector<Leaves>& leaves,
                           const Splitter::Sink& out) {
    for (std::size_t m = 0; m < missing.size(); ++m) {
        if (merkle_root(leaves[m]) != info.segments[missing[m]])
            return fail(Errc::corrupt, "a rebuilt segment does not have its name");
        CHECK_OK(out(missing[m],
                     encode_trailer(
                         {.info = info, .repo = repo, .index = missing[m], .leaves = leaves[m]})));
    }
    return {};
}

/// Makes windows of the missing segments of one pack.
class Rebuilding {
public:
    Rebuilding(const PackInfo& info, const std::vector<unsigned>& missing, SegmentMask lost,
               Fetcher& fetcher)
        : m_info(info),
          m_missing(missing),
          m_reader(info, fetcher, lost),
          m_made(missing.size(), Bytes(std::min(rebuild_window, info.segment_payload_size()))) {}

    /// The window becomes known of all of them, until the next call.
    Result<> make(const Window& window) {
        TRY(const auto from, m_reader.read_any(window));
        if (from != m_from) {
            m_map = CellMap::restore(m_info.code, from, m_missing);
            m_from = from;
        }
        std::vector<ByteView> inputs;
        std::vector<ByteSpan> outputs;
        for (const auto i : from)
            inputs.push_back(m_reader.run(i));
        for (auto& bytes : m_made)
            outputs.push_back(ByteSpan(bytes).first(window.size()));
        m_map.apply(inputs, outputs);
        return {};
    }

    /// What was made of the m-th missing one.
    ByteView made(std::size_t m) const { return m_made[m]; }

private:
    const PackInfo& m_info;
    const std::vector<unsigned>& m_missing;
    RangeReader m_reader;
    std::vector<Bytes> m_made;
    std::vector<unsigned> m_from; ///< what m_map begins with
    CellMap m_map;
};

} // namespace

Result<> rebuild(const PackInfo& info, const RepoId& repo, const std::vector<unsigned>& missing,
                 const Fetch& fetch, const Splitter::Sink& out, SegmentMask damaged) {
    if (!info.valid()) return fail(Errc::invalid_argument, "not a pack");
    TRY(const auto lost, mask_of_all(info, missing));
    LeafCache cache(info);
    GoodCells cells(info, fetch, cache, lost & ~damaged);
    std::vector<Leaves> leaves(missing.size());
    const auto stripes = info.stripes();
    const auto group = stripes_per_group(info.code);
    for (std::uint64_t first = 0; first < stripes; first += group) {
        const std::vector<SegmentMask> wanted(std::min(group, stripes - first), lost);
        CHECK_OK(cells.gather(first, wanted));
        for (std::size_t m = 0; m < missing.size(); ++m) {
            std::vector<ByteView> made;
            for (std::size_t s = 0; s < wanted.size(); ++s)
                made.push_back(cells.cell(s, missing[m]));
            add_leaves(made, leaves[m]);
            for (const auto cell : made)
                CHECK_OK(out(missing[m], cell));
        }
    }
    return end_with_trailers(info, repo, missing, leaves, out);
}

Result<> rebuild_unverified(const PackInfo& info, const RepoId& repo,
                            const std::vector<unsigned>& missing, Fetcher& fetcher,
                            const Splitter::Sink& out) {
    if (!info.valid()) return fail(Errc::invalid_argument, "not a pack");
    TRY(const auto lost, mask_of_all(info, missing));
    Rebuilding rebuilding(info, missing, lost, fetcher);
    std::vector<Leaves> leaves(missing.size());
    const auto end = info.segment_payload_size();
    for (std::uint64_t at = 0; at < end; at += rebuild_window) {
        const Window window{.lo = at, .hi = std::min(end, at + rebuild_window)};
        CHECK_OK(rebuilding.make(window));
        for (std::size_t m = 0; m < missing.size(); ++m) {
            const auto made = rebuilding.made(m).first(window.size());
            std::vector<ByteView> cells;
            for (std::size_t c = 0; c < made.size(); c += cell_size)
                cells.push_back(made.subspan(c, cell_size));
            add_leaves(cells, leaves[m]);
            CHECK_OK(out(missing[m], made));
        }
    }
    return end_with_trailers(info, repo, missing, leaves, out);
}

} // namespace torgo::segment
