#pragma once

#include "mesh/access.hpp"

#include <bitset>
#include <cstdint>
#include <optional>

// Messages of the BLOB Transfer models (Mesh Binary Large Object Transfer Model 1.0, 5.3).
namespace torgo::mesh {

namespace op {
inline constexpr Opcode blob_chunk = 0x66;
inline constexpr Opcode blob_block_status = 0x67;
inline constexpr Opcode blob_partial_block_report = 0x68;
inline constexpr Opcode blob_get = 0x8300;
inline constexpr Opcode blob_start = 0x8301;
inline constexpr Opcode blob_cancel = 0x8302;
inline constexpr Opcode blob_status = 0x8303;
inline constexpr Opcode blob_block_start = 0x8304;
inline constexpr Opcode blob_block_get = 0x8305;
inline constexpr Opcode blob_info_get = 0x8306;
inline constexpr Opcode blob_info_status = 0x8307;
} // namespace op

using BlobId = std::uint64_t;

/// What this stack takes; the standard allows blocks up to 2^20 bytes.
inline constexpr std::uint8_t blob_block_log_min = 6;
inline constexpr std::uint8_t blob_block_log_max = 12;
inline constexpr std::uint16_t blob_chunks_max = 512; ///< of one block
/// An access message less the opcode and number of a chunk.
inline constexpr std::uint16_t blob_chunk_size_max = access_payload_max - 3;
/// So many that their bits fit into one status.
inline constexpr std::uint16_t blob_blocks_max = 2880;
/// In blocks of 4096 bytes: 11.25 MiB.
inline constexpr std::uint32_t blob_size_max = std::uint32_t{blob_blocks_max} << blob_block_log_max;

/// A set bit is something that is missing.
using BlobBlocks = std::bitset<blob_blocks_max>;
using BlobChunks = std::bitset<blob_chunks_max>;

enum class BlobError : std::uint8_t {
    success = 0,
    invalid_block_number = 1,
    invalid_block_size = 2,
    invalid_chunk_size = 3,
    wrong_phase = 4,
    invalid_parameter = 5,
    wrong_blob = 6,
    too_large = 7,
    unsupported_mode = 8,
    internal = 9,
    information_unavailable = 10,
};

enum class BlobPhase : std::uint8_t {
    inactive = 0,
    waiting_for_start = 1,
    waiting_for_block = 2,
    waiting_for_chunk = 3,
    complete = 4,
    suspended = 5,
};

/// How chunks come: as the client likes, or as the server asks for them, some at a time.
enum class BlobMode : std::uint8_t { none = 0, push = 1, pull = 2 };

/// How a BLOB is cut; the same at both ends.
struct BlobShape {
    BlobId id = 0;
    std::uint32_t size = 0;
    std::uint8_t block_log = 0;

    std::uint32_t block_count() const;
    std::uint32_t block_begin(std::uint32_t block) const { return block << block_log; }
    std::uint32_t block_size(std::uint32_t block) const;
    std::uint32_t chunk_count(std::uint32_t block, std::uint16_t chunk_size) const;
    /// Why this stack could not take it; success where it can.
    BlobError judge() const;

    bool operator==(const BlobShape&) const = default;
};

struct BlobStart {
    BlobMode mode = BlobMode::push;
    BlobShape shape{};
    std::uint16_t mtu = access_payload_max;

    bool operator==(const BlobStart&) const = default;
};

struct BlobStatus {
    BlobError error{};
    BlobMode mode = BlobMode::none;
    BlobPhase phase{};
    BlobShape shape{}; ///< its number unless inactive; the rest once it has begun
    std::uint16_t mtu = access_payload_max;
    BlobBlocks missing{};

    bool operator==(const BlobStatus&) const = default;
};

struct BlobBlockStart {
    std::uint16_t block = 0xFFFF; ///< 0xFFFF: none
    std::uint16_t chunk_size = 0;

    bool operator==(const BlobBlockStart&) const = default;
};

struct BlobBlockStatus {
    enum class Missing : std::uint8_t { all = 0, none = 1, some = 2, listed = 3 };

    BlobError error{};
    Missing format{};
    BlobBlockStart block{};
    BlobChunks missing{}; ///< of formats `some` and `listed`

    bool operator==(const BlobBlockStatus&) const = default;
};

AccessPayload encode(const BlobStart& message);
AccessPayload encode(const BlobStatus& message);
AccessPayload encode(const BlobBlockStart& message);
/// `chunks`: of this block.
AccessPayload encode(const BlobBlockStatus& message, std::uint32_t chunks);
/// The chunks that a server asks for next; none: it has the block.
AccessPayload encode_blob_report(const BlobChunks& asked);
AccessPayload encode_blob_cancel(BlobId id);
AccessPayload encode_blob_chunk(std::uint16_t number, ByteView data);
AccessPayload encode_blob_information();

/// Parameters; none where a length does not fit or a field has no meaning.
std::optional<BlobStart> decode_blob_start(ByteView parameters);
std::optional<BlobStatus> decode_blob_status(ByteView parameters);
std::optional<BlobBlockStart> decode_blob_block_start(ByteView parameters);
std::optional<BlobBlockStatus> decode_blob_block_status(ByteView parameters);
std::optional<BlobChunks> decode_blob_report(ByteView parameters);
std::optional<BlobId> decode_blob_cancel(ByteView parameters);

} // namespace torgo::mesh
