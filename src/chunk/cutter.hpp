#pragma once

#include "base/bytes.hpp"
#include "chunk/gear.hpp"

#include <cstddef>
#include <cstdint>

namespace torgo::chunk {

/// What a chunk's length in bytes may be. Every chunk but a file's last has min..max bytes. Cuts
/// are rare before `normal` and frequent after it, so that lengths gather just above `normal`: with
/// these figures their mean is 1.05 MiB.
struct CutLimits {
    std::size_t min = 256_KiB;
    std::size_t normal = 896_KiB;
    std::size_t max = 4_MiB;
};

/// Finds where a file's bytes are cut, from the bytes alone: an insertion moves the cuts near it
/// and no others. Immutable and thread-safe; one for a whole session.
class Cutter {
public:
    /// in      `key`: K_cdc, exactly 32 bytes; 64 <= min <= normal <= max, normal >= 3
    explicit Cutter(ByteView key, CutLimits limits = {});

    /// The length of the first chunk of `window`.
    ///
    /// in      `window` holds at least `limits().max` bytes or reaches the end of the file; an
    /// empty
    ///         one is a broken invariant
    /// out     1..min(window.size(), max); the whole window when it is no longer than min
    /// cost    reads each byte from min to the cut once (3 GB/s); no allocation
    /// source  docs/design/chunking.md
    std::size_t next(ByteView window) const;

    const CutLimits& limits() const noexcept { return m_limits; }

private:
    Gear m_gear;
    CutLimits m_limits;
    std::uint64_t m_rare = 0;     ///< before `normal`, a hash below this cuts
    std::uint64_t m_frequent = 0; ///< from `normal` on, a hash below this cuts
};

} // namespace torgo::chunk
