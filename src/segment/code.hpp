#pragma once

#include "base/bytes.hpp"
#include "base/codec.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "base/pack_class.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// A pack as k of n segments: any k of them give it back, and no key is needed for that.
namespace torgo::segment {

using torgo::PackClass;

namespace limits {
inline constexpr unsigned max_segments = 64;           ///< n: a SegmentMask holds one bit each
inline constexpr std::uint64_t max_pack_size = 64_MiB; ///< top of the ladder of pack sizes
} // namespace limits

inline constexpr unsigned cell_log2 = 16;
inline constexpr std::size_t cell_size = std::size_t{1}
                                         << cell_log2; ///< the unit of code and proof
/// What a regenerating code reckons with: a cell is its first half and its second.
inline constexpr std::size_t half_cell = cell_size / 2;
inline constexpr std::size_t tail_size = 96; ///< the fixed end of a segment file

/// Bit i set: segment i is meant.
using SegmentMask = std::uint64_t;

constexpr SegmentMask mask_of(unsigned index) noexcept {
    return SegmentMask{1} << index;
}

/// How the cells of a stripe are made. source  docs/design/regenerating-code.md
enum class CodeKind : std::uint8_t {
    reed_solomon,
    regenerating, ///< 2 of 4; a lost segment is made from half of each other one
};

/// Any k of n segments restore a pack; n - k may be lost.
struct Code {
    std::uint8_t k = 2;
    std::uint8_t n = 4;
    CodeKind kind = CodeKind::reed_solomon;

    constexpr bool valid() const noexcept {
        if (kind == CodeKind::regenerating) return k == 2 && n == 4; // [SEGMENT-15]
        return kind == CodeKind::reed_solomon && k >= 1 && k <= n && n <= limits::max_segments;
    }

    constexpr bool regenerates() const noexcept { return kind == CodeKind::regenerating; }

    /// k and the kind, as records hold them: bit 7 is set for a regenerating code.
    constexpr std::uint8_t k_byte() const noexcept {
        return regenerates() ? static_cast<std::uint8_t>(k | regenerating_bit) : k;
    }

    /// The inverse; valid() says whether there is such a code.
    static constexpr Code from_bytes(std::uint8_t k_byte, std::uint8_t n) noexcept {
        const bool regenerating = (k_byte & regenerating_bit) != 0;
        return {.k = static_cast<std::uint8_t>(k_byte & ~regenerating_bit),
                .n = n,
                .kind = regenerating ? CodeKind::regenerating : CodeKind::reed_solomon};
    }

    /// "2/4", and "2/4r" for a regenerating code.
    std::string name() const;

    bool operator==(const Code&) const = default;

private:
    static constexpr std::uint8_t regenerating_bit = 0x80;
};

/// True for a size a pack may have: whole cells, at least one, at most limits::max_pack_size.
constexpr bool valid_pack_size(std::uint64_t size) noexcept {
    return size != 0 && size <= limits::max_pack_size && size % cell_size == 0;
}

/// All that must be known of a pack to fetch, verify, join and rebuild it; holds no secret.
struct PackInfo {
    PackClass cls = PackClass::data;
    Code code;
    std::uint64_t size = 0;          ///< bytes of the pack
    std::vector<SegmentId> segments; ///< code.n names, by index

    /// The pack's name: a hash over everything here and the repository's id.
    /// source  docs/spec/segment.md 2.2
    PackId id(const RepoId& repo) const;

    /// Rows of cells; the last row is filled up with zero cells where k does not divide the pack.
    std::uint64_t stripes() const noexcept;

    /// Bytes of one segment before its trailer.
    std::uint64_t segment_payload_size() const noexcept { return stripes() * cell_size; }

    /// Bytes of one segment's trailer: leaf hashes, roots, tail.
    std::uint64_t segment_trailer_size() const noexcept;

    std::uint64_t segment_file_size() const noexcept {
        return segment_payload_size() + segment_trailer_size();
    }

    /// True when every field is within its limits and there are n segments.
    bool valid() const noexcept;

    /// Appends 3 + varint + 32 n bytes. source  docs/spec/segment.md 2.4
    void encode(Writer& out) const;

    /// The inverse. errors  `corrupt`, `limit_exceeded`
    static Result<PackInfo> decode(Reader& in);

    bool operator==(const PackInfo&) const = default;
};

} // namespace torgo::segment
