#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <span>
#include <vector>

// Columns of whole numbers, each in the smallest of its codings (docs/spec/readings.md 5).
namespace torgo::reading {

inline constexpr std::size_t column_rows_max = 65'536;

/// Numbers are stable.
enum class Coding : std::uint8_t { delta = 1, delta_of_delta = 2, dictionary = 3 };

inline constexpr std::uint8_t coding_zstd = 0x80; ///< with one of the above: a frame of it

struct EncodedColumn {
    std::uint8_t coding = 0;
    std::uint32_t raw_size = 0; ///< before zstd
    Bytes bytes;
};

/// cost    about 60 ns a row
EncodedColumn encode_column(std::span<const std::int64_t> rows);

/// errors  `corrupt`, `limit_exceeded`, `unsupported`
Result<std::vector<std::int64_t>> decode_column(std::uint8_t coding, std::uint32_t raw_size,
                                                ByteView bytes, std::size_t rows);

} // namespace torgo::reading
