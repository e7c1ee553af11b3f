#pragma once

#include "base/id.hpp"
#include "env/file_system.hpp"
#include "reading/column.hpp"
#include "reading/profile.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

// An immutable file of columns: the readings of one profile and one day (docs/spec/readings.md 5).
namespace torgo::reading {

/// Which rows belong to a source.
struct SourceRows {
    std::uint64_t source = 0;
    std::uint32_t first = 0;
    std::uint32_t count = 0;

    bool operator==(const SourceRows&) const = default;
};

struct ColumnPlace {
    std::uint8_t coding = 0;
    std::uint32_t raw_size = 0;
    std::uint32_t size = 0;
    std::uint64_t offset = 0;
    std::uint32_t checksum = 0; ///< CRC-32C
    std::int64_t smallest = 0;
    std::int64_t largest = 0;

    bool operator==(const ColumnPlace&) const = default;
};

struct SegmentFooter {
    std::uint8_t profile = 0;
    std::uint32_t rows = 0;
    std::vector<ColumnPlace> columns; ///< in the order of the spec
    std::vector<SourceRows> sources;  ///< by rising source
    Digest content;                   ///< SHA-256 of all that lies before the footer

    bool operator==(const SegmentFooter&) const = default;
};

inline constexpr std::size_t segment_size_max = 64_MiB;
inline constexpr std::size_t fixed_columns = 4;

std::size_t column_count(const Profile& profile) noexcept;

/// `readings` are of one profile, at most column_rows_max, by rising source and number.
Bytes encode_segment(std::span<const Reading> readings);

/// Reads and checks the footer of a whole file. errors  `corrupt`, `unsupported`, `limit_exceeded`
Result<SegmentFooter> decode_footer(ByteView file);

/// Which values are wanted; bit i is field i of the profile.
using Projection = std::uint32_t;
inline constexpr Projection all_values = ~Projection{0};

/// The readings of a whole file; values that `wanted` leaves out are not read and missing.
///
/// errors  `corrupt`, `limit_exceeded`
Result<std::vector<Reading>> decode_segment(ByteView file, const SegmentFooter& footer,
                                            Projection wanted = all_values);

/// Whether every byte is as it was written.
bool is_whole(ByteView file, const SegmentFooter& footer);

} // namespace torgo::reading
