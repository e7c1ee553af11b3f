#pragma once

#include "base/bytes.hpp"
#include "chunk/gear.hpp"

#include <cstddef>
#include <cstdint>

namespace torgo::chunk {

/// Bounds of a chunk's length in bytes. Every chunk but a file's last has min..max bytes; the rule
/// makes lengths gather around `normal`.
struct CutLimits {
    std::size_t min = 512_KiB;
    std::size_t normal = 1_MiB;
    std::size_t max = 4_MiB;
};

/// Finds where a file's bytes are cut, from the bytes alone: an insertion moves the cuts near it
/// and no others. Immutable and thread-safe; one for a whole session.
class Cutter {
public:
    /// in      `key`: K_cdc, exactly 32 bytes; 64 <= min <= normal <= max
    explicit Cutter(ByteView key, CutLimits limits = {});

    /// The length of the first chunk of `window`.
    ///
    /// in      `window` holds at least `limits().max` bytes or reaches the end of the file; an
    /// empty
    ///         one is a broken invariant
    /// out     1..min(window.size(), max); the whole window when it is no longer than min
    /// cost    reads the bytes between min and the cut once, no allocation
    /// source  docs/design/chunking.md 3
    std::size_t next(ByteView window) const;

    /// The rule of `next` in its plainest form, byte by byte: what every faster way must agree
    /// with.
    std::size_t next_reference(ByteView window) const;

    const CutLimits& limits() const noexcept { return m_limits; }

private:
    Gear m_gear;
    CutLimits m_limits;
    std::uint64_t m_hard = 0; ///< before `normal` a hash below this cuts
    std::uint64_t m_easy = 0; ///< from `normal` on a hash below this cuts
};

} // namespace torgo::chunk
