#pragma once

#include "base/error.hpp"
#include "segment/code.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace torgo::segment {

/// Parts of the segments of one pack, asked for and answered in any order, so that several heads
/// work at once and none is waited for that takes too long. Used by one thread.
class Fetcher {
public:
    using Ticket = std::uint64_t;

    struct Answer {
        Ticket ticket = 0;
        Result<std::unique_ptr<std::uint8_t[]>> bytes; ///< as many as were asked for
    };

    virtual ~Fetcher() = default;

    /// Asks for `size` bytes at `offset` of the file of segment `index`; what becomes of it says an
    /// answer with this ticket. What is no longer wanted needs no farewell.
    virtual Ticket ask(unsigned index, std::uint64_t offset, std::size_t size) = 0;

    /// The next answer; or nothing, once for each ticket, when it is late: then it is time to ask
    /// others as well. To be called only while something is unanswered.
    virtual std::optional<Answer> next() = 0;

    /// Segments that are better asked last: their heads failed, or hung, a moment ago.
    virtual SegmentMask reluctant() const { return 0; }
};

} // namespace torgo::segment
