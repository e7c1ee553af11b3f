#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "segment/code.hpp"
#include "segment/fetcher.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

namespace torgo::segment {

/// Reads `out.size()` bytes at `offset` of the file of segment `index` (payload first, trailer
/// after it), all of them or an error.
using Fetch = std::function<Result<>(unsigned index, std::uint64_t offset, ByteSpan out)>;

/// Reads bytes [offset, offset + out.size()) of a pack: from the data segments where they answer in
/// time, else from any k of the others. Bytes are not verified here: what was read is sealed and
/// opens or not.
///
/// in      `avoid`, segments that are never asked
/// errors  `too_few_heads`, naming how many answered; `invalid_argument` beyond the pack
/// cost    one question a segment for each 4 MiB of pack; the parity only when it is needed
Result<> read_range(const PackInfo& info, std::uint64_t offset, ByteSpan out, Fetcher& fetcher,
                    SegmentMask avoid = 0);

/// The same where an answer comes at once.
Result<> read_range(const PackInfo& info, std::uint64_t offset, ByteSpan out, const Fetch& fetch,
                    SegmentMask avoid = 0);

/// The leaf hashes of a pack's segments, fetched once and checked against the segments' names. One
/// for each pack being read, kept by the caller. Thread-safe; calls `fetch` without holding its
/// lock.
class LeafCache {
public:
    explicit LeafCache(const PackInfo& info);

    /// The leaf hashes of segment `index`, one for each stripe; valid as long as the cache.
    ///
    /// errors  `corrupt` when they do not give the segment's name; what `fetch` answers
    Result<std::span<const Digest>> leaves(unsigned index, const Fetch& fetch);

    /// The same when they are here already, else empty.
    std::span<const Digest> known(unsigned index) const;

private:
    PackInfo m_info;
    mutable std::mutex m_mutex;
    std::vector<std::vector<Digest>>
        m_leaves; ///< by index; empty until fetched, then never changed
};

/// read_range with every cell checked against its leaf hash before use: a damaged cell is replaced
/// from k good ones of the same stripe, so damage in different segments at different stripes is
/// harmless. Reads whole cells.
///
/// in      `leaves`, made of the same `info`
/// errors  `too_few_heads`, naming the stripe and how many good cells it has; `invalid_argument`
Result<> read_range_verified(const PackInfo& info, std::uint64_t offset, ByteSpan out,
                             const Fetch& fetch, LeafCache& leaves, SegmentMask avoid = 0);

} // namespace torgo::segment
