#pragma once

#include "index/location.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>

/// The layout of a run file. It lives in one machine's cache only, is written and read by the same
/// kind of machine, and is thrown away when its version is not ours:
///
///     block*   4096 bytes: 102 entries by rising id (unused ones zero), 12 zero bytes, CRC-32C of
///     the
///              block's number (u64) and the bytes before
///     summary  64 bytes a cell (summary.hpp)
///     trailer  96 bytes (run.cpp)
namespace torgo::index {

static_assert(std::endian::native == std::endian::little,
              "entries are read as they lie on the disk");
static_assert(sizeof(Entry) == 40);

inline constexpr std::size_t block_size = 4096;
inline constexpr std::size_t entries_per_block = 102;
inline constexpr std::size_t block_checksum_at = block_size - sizeof(std::uint32_t);
static_assert(entries_per_block * sizeof(Entry) <= block_checksum_at);

inline constexpr std::uint64_t blocks_for(std::uint64_t entries) {
    return (entries + entries_per_block - 1) / entries_per_block;
}

} // namespace torgo::index
