#include "mesh/blob_messages.hpp"

namespace torgo::mesh {

namespace {

constexpr unsigned high_bits = 6; // mode or format, above a status of 4 bits

template <std::size_t N>
void put_bits(AccessPayload& out, const std::bitset<N>& bits, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; i += 8) {
        unsigned byte = 0;
        for (std::uint32_t j = i; j < std::min(i + 8, count); ++j)
            byte |= static_cast<unsigned>(bits[j]) << (j - i);
        out.u8(byte);
    }
}

template <std::size_t N>
std::bitset<N> bits_of(ByteView bytes) {
    std::bitset<N> out;
    for (std::size_t i = 0; i < std::min(N, 8 * bytes.size()); ++i)
        out[i] = (bytes[i / 8] >> (i % 8) & 1U) != 0;
    return out;
}

/// Each number is written as UTF-8 writes a character (MBT 5.3.9, Encoded Missing Chunks).
constexpr std::size_t one_byte_end = 0x80;
constexpr unsigned two_bytes = 0xC0;
constexpr unsigned two_bytes_mask = 0xE0;
constexpr unsigned follows = 0x80;
constexpr unsigned follows_mask = 0xC0;
constexpr unsigned follows_bits = 6;
constexpr unsigned follows_value = 0x3F;
static_assert(blob_chunks_max <= 0x800, "two bytes hold every number of a chunk");

void put_list(AccessPayload& out, const BlobChunks& chunks) {
    for (auto i = chunks._Find_first(); i < chunks.size(); i = chunks._Find_next(i)) {
        const auto number = static_cast<unsigned>(i);
        if (i < one_byte_end)
            out.u8(number);
        else
            out.u8(two_bytes | number >> follows_bits).u8(follows | (number & follows_value));
    }
}

/// None where a number is cut, is longer than it need be, or is one that no block has.
std::optional<BlobChunks> read_list(Fields& in) {
    BlobChunks out;
    while (in.left() > 0) {
        std::size_t number = in.u8();
        if (number >= one_byte_end) {
            const unsigned second = in.u8();
            if ((number & two_bytes_mask) != two_bytes || (second & follows_mask) != follows)
                return std::nullopt;
            number = (number & ~two_bytes_mask) << follows_bits | (second & follows_value);
            if (number < one_byte_end) return std::nullopt;
        }
        if (number >= blob_chunks_max) return std::nullopt;
        out.set(number);
    }
    return in.ok() ? std::optional(out) : std::nullopt;
}

std::optional<BlobMode> mode_of(unsigned bits) {
    if (bits > static_cast<unsigned>(BlobMode::pull)) return std::nullopt;
    return static_cast<BlobMode>(bits);
}

void read_id(Fields& in, BlobShape& shape) {
    shape.id = in.little(8);
}

void read_shape(Fields& in, BlobShape& shape) {
    shape.size = static_cast<std::uint32_t>(in.little(4));
    shape.block_log = in.u8();
}

} // namespace

std::uint32_t BlobShape::block_count() const {
    const auto whole = std::uint64_t{size} + (std::uint64_t{1} << block_log) - 1;
    return static_cast<std::uint32_t>(whole >> block_log);
}

std::uint32_t BlobShape::block_size(std::uint32_t block) const {
    return std::min(std::uint32_t{1} << block_log, size - block_begin(block));
}

std::uint32_t BlobShape::chunk_count(std::uint32_t block, std::uint16_t chunk_size) const {
    return (block_size(block) + chunk_size - 1) / chunk_size;
}

BlobError BlobShape::judge() const {
    if (block_log < blob_block_log_min || block_log > blob_block_log_max)
        return BlobError::invalid_block_size;
    if (size == 0) return BlobError::invalid_parameter;
    return block_count() > blob_blocks_max ? BlobError::too_large : BlobError::success;
}

AccessPayload encode(const BlobStart& message) {
    auto out = encode_access(op::blob_start, {});
    out.u8(static_cast<unsigned>(message.mode) << high_bits).little(message.shape.id, 8);
    out.little(message.shape.size, 4).u8(message.shape.block_log).le16(message.mtu);
    return out;
}

std::optional<BlobStart> decode_blob_start(ByteView parameters) {
    Fields in(parameters);
    const auto mode = mode_of(in.u8() >> high_bits);
    if (!mode || *mode == BlobMode::none) return std::nullopt;
    BlobStart out{.mode = *mode};
    read_id(in, out.shape);
    read_shape(in, out.shape);
    out.mtu = in.le16();
    return in.done() ? std::optional(out) : std::nullopt;
}

AccessPayload encode(const BlobStatus& message) {
    auto out = encode_access(op::blob_status, {});
    out.u8(static_cast<unsigned>(message.error) | static_cast<unsigned>(message.mode) << high_bits);
    out.u8(static_cast<std::uint8_t>(message.phase));
    if (message.phase == BlobPhase::inactive) return out;
    out.little(message.shape.id, 8);
    if (message.phase == BlobPhase::waiting_for_start) return out;
    out.little(message.shape.size, 4).u8(message.shape.block_log).le16(message.mtu);
    put_bits(out, message.missing, message.shape.block_count());
    return out;
}

std::optional<BlobStatus> decode_blob_status(ByteView parameters) {
    Fields in(parameters);
    const auto first = in.u8();
    const auto phase = in.u8();
    if (phase > static_cast<std::uint8_t>(BlobPhase::suspended)) return std::nullopt;
    const auto mode = mode_of(first >> high_bits);
    if (!mode) return std::nullopt;
    BlobStatus out{.error = static_cast<BlobError>(first & 0x0FU),
                   .mode = *mode,
                   .phase = static_cast<BlobPhase>(phase)};
    if (out.phase != BlobPhase::inactive) read_id(in, out.shape);
    if (out.phase > BlobPhase::waiting_for_start) {
        read_shape(in, out.shape);
        out.mtu = in.le16();
        if (out.shape.judge() != BlobError::success) return std::nullopt;
        const auto count = out.shape.block_count();
        out.missing = bits_of<blob_blocks_max>(in.take((count + 7) / 8));
        out.missing &= BlobBlocks().set() >> (blob_blocks_max - count); // the rest pads a byte
    }
    return in.done() ? std::optional(out) : std::nullopt;
}

AccessPayload encode(const BlobBlockStart& message) {
    auto out = encode_access(op::blob_block_start, {});
    out.le16(message.block).le16(message.chunk_size);
    return out;
}

std::optional<BlobBlockStart> decode_blob_block_start(ByteView parameters) {
    Fields in(parameters);
    BlobBlockStart out{.block = in.le16()};
    out.chunk_size = in.le16();
    return in.done() ? std::optional(out) : std::nullopt;
}

AccessPayload encode(const BlobBlockStatus& message, std::uint32_t chunks) {
    auto out = encode_access(op::blob_block_status, {});
    out.u8(static_cast<unsigned>(message.error) | static_cast<unsigned>(message.format)
                                                      << high_bits);
    out.le16(message.block.block).le16(message.block.chunk_size);
    if (message.format == BlobBlockStatus::Missing::some) put_bits(out, message.missing, chunks);
    if (message.format == BlobBlockStatus::Missing::listed) put_list(out, message.missing);
    return out;
}

std::optional<BlobBlockStatus> decode_blob_block_status(ByteView parameters) {
    Fields in(parameters);
    const auto first = in.u8();
    BlobBlockStatus out{.error = static_cast<BlobError>(first & 0x0FU),
                        .format = static_cast<BlobBlockStatus::Missing>(first >> high_bits)};
    out.block.block = in.le16();
    out.block.chunk_size = in.le16();
    if (out.format == BlobBlockStatus::Missing::some)
        out.missing = bits_of<blob_chunks_max>(in.take(std::min(in.left(), blob_chunks_max / 8UL)));
    if (out.format == BlobBlockStatus::Missing::listed) {
        const auto listed = read_list(in);
        if (!listed) return std::nullopt;
        out.missing = *listed;
    }
    return in.done() ? std::optional(out) : std::nullopt;
}

AccessPayload encode_blob_report(const BlobChunks& asked) {
    auto out = encode_access(op::blob_partial_block_report, {});
    put_list(out, asked);
    return out;
}

std::optional<BlobChunks> decode_blob_report(ByteView parameters) {
    Fields in(parameters);
    return read_list(in);
}

AccessPayload encode_blob_cancel(BlobId id) {
    auto out = encode_access(op::blob_cancel, {});
    out.little(id, 8);
    return out;
}

std::optional<BlobId> decode_blob_cancel(ByteView parameters) {
    Fields in(parameters);
    const auto id = in.little(8);
    return in.done() ? std::optional(id) : std::nullopt;
}

AccessPayload encode_blob_chunk(std::uint16_t number, ByteView data) {
    auto out = encode_access(op::blob_chunk, {});
    out.le16(number).append(data);
    return out;
}

AccessPayload encode_blob_information() {
    auto out = encode_access(op::blob_info_status, {});
    out.u8(blob_block_log_min).u8(blob_block_log_max).le16(blob_chunks_max);
    out.le16(blob_chunk_size_max).little(blob_size_max, 4).le16(access_payload_max);
    constexpr unsigned push_and_pull = 3;
    out.u8(push_and_pull);
    return out;
}

} // namespace torgo::mesh
