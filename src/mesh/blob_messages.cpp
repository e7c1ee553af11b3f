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
    BlobStart out{.mode = static_cast<std::uint8_t>(in.u8() >> high_bits)};
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
    BlobStatus out{.error = static_cast<BlobError>(first & 0x0FU),
                   .mode = static_cast<std::uint8_t>(first >> high_bits),
                   .phase = static_cast<BlobPhase>(phase)};
    if (out.phase != BlobPhase::inactive) read_id(in, out.shape);
    if (out.phase > BlobPhase::waiting_for_start) {
        read_shape(in, out.shape);
        out.mtu = in.le16();
        if (out.shape.judge() != BlobError::success) return std::nullopt;
        out.missing = bits_of<blob_blocks_max>(in.take((out.shape.block_count() + 7) / 8));
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
    // A list of chunks is of pull mode, which this stack does not ask for.
    if (out.format == BlobBlockStatus::Missing::listed) return std::nullopt;
    return in.done() ? std::optional(out) : std::nullopt;
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
    out.u8(1U << (blob_mode_push - 1U));
    return out;
}

} // namespace torgo::mesh
