#pragma once

#include "base/bytes.hpp"
#include "segment/fetcher.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

/// The inside of read_range.
namespace torgo::segment {

/// Payload bytes [lo, hi) of every segment it is said of.
struct Window {
    std::uint64_t lo = 0;
    std::uint64_t hi = 0;

    bool empty() const noexcept { return lo >= hi; }

    std::uint64_t size() const noexcept { return hi - lo; }

    bool covers(const Window& other) const noexcept { return lo <= other.lo && other.hi <= hi; }

    bool operator==(const Window&) const = default;
};

/// What of a pack is wanted: bytes [offset, offset + out.size()).
struct Range {
    std::uint64_t offset = 0;
    ByteSpan out;

    std::uint64_t end() const noexcept { return offset + out.size(); }
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

/// Reads groups of stripes without looking at hashes: the data segments at once, and others as well
/// where one fails or is late. What comes first serves.
class RangeReader {
public:
    /// All arguments outlive it; segments in `avoid` are never asked.
    RangeReader(const PackInfo& info, Fetcher& fetcher, SegmentMask avoid)
        : m_info(info), m_fetcher(fetcher), m_avoid(avoid) {}

    /// errors  `too_few_heads`; `cancelled`
    Result<> read_group(const Range& range);

    /// Reads `window` (of a regenerating code: whole cells) of whichever k segments give it first,
    /// and says which they are, ascending. Errors as read_group.
    Result<std::vector<unsigned>> read_any(const Window& window);

    /// What read_any read of one of them, until the next call.
    ByteView run(unsigned index) const { return m_runs.at(index).view(); }

private:
    /// One segment's part of the group at hand.
    struct Run {
        Window window;
        std::unique_ptr<std::uint8_t[]> bytes;

        ByteView view() const noexcept { return {bytes.get(), window.size()}; }
    };

    struct Request {
        Fetcher::Ticket ticket = 0;
        unsigned index = 0;
        Window window;
        bool late = false;
    };

    void plan(const Range& range);
    void begin();
    Result<> wait();
    void ask(unsigned index, const Window& window);
    Result<> take(Fetcher::Answer answer);
    void reinforce();
    bool ask_one(SegmentMask among);
    SegmentMask whole() const;
    unsigned expected() const;
    bool served() const;
    void restore();
    Error too_few() const;

    const PackInfo& m_info;
    Fetcher& m_fetcher;
    SegmentMask m_avoid;
    SegmentMask m_failed = 0; ///< asked last when others can serve

    // Of the group at hand:
    std::vector<Window> m_wanted; ///< by data segment; some are empty
    Window m_all;                 ///< what contains them all: k segments with it give everything
    std::vector<Run> m_runs;      ///< by segment, what has come; without bytes where nothing has
    std::vector<Request> m_open;
    SegmentMask m_asked_all = 0; ///< asked for m_all
    bool m_trouble = false;      ///< the wanted ones alone will not do
    bool m_any = false;          ///< any k are wanted, not the data segments
};

} // namespace torgo::segment
