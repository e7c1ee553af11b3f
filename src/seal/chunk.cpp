#include "seal/chunk.hpp"

#include "base/codec.hpp"

#include <algorithm>

namespace torgo::seal {

namespace {
constexpr std::string_view magic = "TGC1";

bool known(std::uint8_t type) {
    return type >= static_cast<std::uint8_t>(ChunkType::data) &&
           type <= static_cast<std::uint8_t>(ChunkType::writer);
}
/// A payload is the plaintext itself, or a frame at least 1/16 smaller.
Result<> check_sizes(const SealedHeader& header) {
    const std::uint64_t plain = header.plain_size;
    const std::uint64_t payload = header.payload_size;
    if (plain > chunk_size_max)
        return fail(Errc::limit_exceeded, "sealed chunk over its size limit");
    const bool compressed = (header.flags & flag_compressed) != 0;
    if (compressed ? payload == 0 || payload * 16 > plain * 15 : payload != plain)
        return fail(Errc::corrupt, "sizes and flags of a sealed chunk disagree");
    return {};
}
} // namespace

Result<Suite> suite_from(std::uint16_t number) {
    switch (static_cast<Suite>(number)) {
    case Suite::chimera256:
    case Suite::chimera512:
    case Suite::chimera2048:
        return static_cast<Suite>(number);
    }
    return fail(Errc::unsupported, "sealed with a suite that this version does not know");
}

std::array<std::uint8_t, header_size> SealedHeader::encode() const {
    Writer out;
    out.raw(as_bytes(magic)).put(static_cast<std::uint16_t>(suite)).put(flags);
    out.put(static_cast<std::uint8_t>(type)).put(epoch).put(plain_size).put(payload_size);
    out.raw(id.view());
    std::array<std::uint8_t, header_size> hdr{};
    std::ranges::copy(out.view(), hdr.begin());
    return hdr;
}

Result<SealedHeader> SealedHeader::decode(ByteView hdr) {
    Reader in(hdr);
    SealedHeader header;
    TRY(const auto start, in.raw(magic.size()));
    if (!std::ranges::equal(start, as_bytes(magic)))
        return fail(Errc::corrupt, "not the header of a sealed chunk");
    TRY(const auto suite_number, in.get<std::uint16_t>());
    TRY(header.suite, suite_from(suite_number));
    TRY(header.flags, in.get<std::uint8_t>());
    if ((header.flags & ~flags_known) != 0)
        return fail(Errc::corrupt, "unknown flags of a sealed chunk");
    TRY(const auto type, in.get<std::uint8_t>());
    if (!known(type)) return fail(Errc::corrupt, "unknown type of a sealed chunk");
    header.type = static_cast<ChunkType>(type);
    TRY(header.epoch, in.get<std::uint32_t>());
    TRY(header.plain_size, in.get<std::uint32_t>());
    TRY(header.payload_size, in.get<std::uint32_t>());
    TRY(header.id, in.id<ChunkId>());
    CHECK_OK(in.done());
    CHECK_OK(check_sizes(header));
    return header;
}

} // namespace torgo::seal
