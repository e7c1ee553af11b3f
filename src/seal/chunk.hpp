#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"

#include <array>
#include <cstdint>

namespace torgo::seal {

/// What a chunk holds; each kind has its own id key. Numbers are stable.
enum class ChunkType : std::uint8_t {
    data = 1,
    tree = 2,
    trailer = 3,
    index = 4,
    snapshot = 5,
    writer = 6,
};

/// How many head keys drive how many layers. Numbers are stable and bound into every key.
enum class Suite : std::uint16_t {
    chimera256 = 0x0101,  ///< one head of 32 bytes, one layer
    chimera512 = 0x0102,  ///< one head of 64 bytes, one layer
    chimera2048 = 0x0104, ///< four heads of 64 bytes, four layers
};

/// Errors: `unsupported` for any number but the three.
Result<Suite> suite_from(std::uint16_t number);

constexpr std::size_t head_count(Suite suite) noexcept {
    return suite == Suite::chimera2048 ? 4 : 1;
}

constexpr std::size_t head_size(Suite suite) noexcept {
    return suite == Suite::chimera256 ? 32 : 64;
}

inline constexpr std::uint8_t flag_compressed = 0x01;
inline constexpr std::uint8_t flag_random_v = 0x02;
inline constexpr std::uint8_t flags_known = flag_compressed | flag_random_v;

inline constexpr std::size_t tag_size = 16;
inline constexpr std::size_t header_size = 52;
inline constexpr std::size_t chunk_size_max = 16_MiB;

/// Everything needed to open a sealed chunk beside its bytes and the keys. `v` and `kc` travel next
/// to the 52 bytes of encode(), in a pack's sealed trailer.
struct SealedHeader {
    Suite suite{};
    std::uint8_t flags = 0;
    ChunkType type{};
    std::uint32_t epoch = 0;
    std::uint32_t plain_size = 0;   ///< |M|
    std::uint32_t payload_size = 0; ///< |Y|; the sealed chunk is tag_size longer
    ChunkId id{};
    std::array<std::uint8_t, 32> v{};
    std::array<std::uint8_t, 32> kc{};

    std::size_t sealed_size() const noexcept { return payload_size + tag_size; }

    /// hdr of docs/spec/seal.md 4.
    std::array<std::uint8_t, header_size> encode() const;

    /// Reads hdr; `v` and `kc` stay zero. Errors: `unsupported` for a suite this version lacks;
    /// `corrupt` for anything else that no writer makes; `limit_exceeded` for a size over 16 MiB.
    static Result<SealedHeader> decode(ByteView hdr);

    bool operator==(const SealedHeader&) const = default;
};

} // namespace torgo::seal
