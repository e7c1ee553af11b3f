#include "segment/rebuild.hpp"

#include "segment/cells.hpp"
#include "segment/merkle.hpp"
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

} // namespace

Result<> rebuild(const PackInfo& info, const RepoId& repo, const std::vector<unsigned>& missing,
                 const Fetch& fetch, const Splitter::Sink& out) {
    if (!info.valid()) return fail(Errc::invalid_argument, "not a pack");
    TRY(const auto lost, mask_of_all(info, missing));
    LeafCache cache(info);
    GoodCells cells(info, fetch, cache, lost);
    std::vector<std::vector<Digest>> leaves(missing.size());
    const auto stripes = info.stripes();
    const auto group = stripes_per_group(info.code);
    for (std::uint64_t first = 0; first < stripes; first += group) {
        const std::vector<SegmentMask> wanted(std::min(group, stripes - first), lost);
        CHECK_OK(cells.gather(first, wanted));
        for (std::size_t m = 0; m < missing.size(); ++m) {
            std::vector<ByteView> made;
            for (std::size_t s = 0; s < wanted.size(); ++s)
                made.push_back(cells.cell(s, missing[m]));
            const auto before = leaves[m].size();
            leaves[m].resize(before + made.size());
            leaf_hashes(made, std::span(leaves[m]).subspan(before));
            for (const auto cell : made)
                CHECK_OK(out(missing[m], cell));
        }
    }
    for (std::size_t m = 0; m < missing.size(); ++m) {
        // [SEGMENT-13] nothing is called rebuilt that does not have its old name
        if (merkle_root(leaves[m]) != info.segments[missing[m]])
            return fail(Errc::corrupt, "a rebuilt segment does not have its name");
        CHECK_OK(out(missing[m],
                     encode_trailer(
                         {.info = info, .repo = repo, .index = missing[m], .leaves = leaves[m]})));
    }
    return {};
}

} // namespace torgo::segment
