#include "segment/joiner.hpp"

#include "segment/cells.hpp"
#include "segment/merkle.hpp"
#include "segment/range_reader.hpp"

#include <algorithm>
#include <deque>
#include <memory>

namespace torgo::segment {
namespace {

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

/// Asks at once, and waits.
class DirectFetcher final : public Fetcher {
public:
    explicit DirectFetcher(const Fetch& fetch) : m_fetch(fetch) {}

    Ticket ask(unsigned index, std::uint64_t offset, std::size_t size) override {
        auto bytes = std::make_unique_for_overwrite<std::uint8_t[]>(size);
        auto got = m_fetch(index, offset, {bytes.get(), size});
        Answer answer{.ticket = ++m_last, .bytes = std::move(bytes)};
        if (!got) answer.bytes = std::unexpected(std::move(got).error());
        m_answers.push_back(std::move(answer));
        return m_last;
    }

    std::optional<Answer> next() override {
        auto answer = std::move(m_answers.front());
        m_answers.pop_front();
        return answer;
    }

private:
    const Fetch& m_fetch;
    Ticket m_last = 0;
    std::deque<Answer> m_answers;
};

} // namespace

Result<> read_range(const PackInfo& info, std::uint64_t offset, ByteSpan out, Fetcher& fetcher,
                    SegmentMask avoid) {
    if (!info.valid()) return fail(Errc::invalid_argument, "not a pack");
    RangeReader reader(info, fetcher, avoid);
    return for_each_group(info, offset, out,
                          [&](const Range& range) { return reader.read_group(range); });
}

Result<> read_range(const PackInfo& info, std::uint64_t offset, ByteSpan out, const Fetch& fetch,
                    SegmentMask avoid) {
    DirectFetcher fetcher(fetch);
    return read_range(info, offset, out, fetcher, avoid);
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
