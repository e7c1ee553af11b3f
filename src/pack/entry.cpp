#include "pack/entry.hpp"

#include "base/codec.hpp"
#include "base/ensure.hpp"
#include "pack/ladder.hpp"

#include <algorithm>

namespace torgo::pack {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t hash_size = 32;
constexpr std::size_t fixed_entry_size = 1 + 1 + 4 + 3 * hash_size;

constexpr std::size_t varint_size(std::uint64_t value) noexcept {
    std::size_t size = 1;
    for (; value >= 0x80; value >>= 7U)
        ++size;
    return size;
}

/// [PACK-6]
void encode_entry(Writer& out, const seal::SealedHeader& header) {
    out.put(header.flags).put(static_cast<std::uint8_t>(header.type)).put(header.epoch);
    out.varint(header.plain_size).varint(header.payload_size);
    out.raw(header.id.view()).raw(header.v).raw(header.kc);
}

Result<seal::SealedHeader> decode_entry(Reader& in, seal::Suite suite) {
    seal::SealedHeader read;
    read.suite = suite;
    TRY(read.flags, in.get<std::uint8_t>());
    TRY(const auto type, in.get<std::uint8_t>());
    read.type = seal::ChunkType{type};
    TRY(read.epoch, in.get<std::uint32_t>());
    TRY(const auto plain_size, in.varint(seal::chunk_size_max));
    TRY(const auto payload_size, in.varint(seal::chunk_size_max));
    read.plain_size = static_cast<std::uint32_t>(plain_size);
    read.payload_size = static_cast<std::uint32_t>(payload_size);
    TRY(read.id, in.id<ChunkId>());
    // what makes sense as a header is decided in one place
    TRY(auto header, seal::SealedHeader::decode(read.encode()));
    if (header.type == seal::ChunkType::trailer) // [PACK-7]
        return fail(Errc::corrupt, "a trailer among the chunks of a pack");
    TRY(const auto v, in.raw(hash_size));
    TRY(const auto kc, in.raw(hash_size));
    std::ranges::copy(v, header.v.begin());
    std::ranges::copy(kc, header.kc.begin());
    return header;
}

} // namespace

std::size_t entry_size(const seal::SealedHeader& header) noexcept {
    return fixed_entry_size + varint_size(header.plain_size) + varint_size(header.payload_size);
}

std::size_t entries_overhead(std::size_t count) noexcept {
    return 1 + varint_size(count);
}

std::size_t entries_size_bound(std::size_t count) noexcept {
    constexpr auto largest = varint_size(seal::chunk_size_max);
    return entries_overhead(count) + count * (fixed_entry_size + 2 * largest);
}

Bytes encode_entries(std::span<const Entry> entries) {
    ENSURE(entries.size() <= limits::max_entries);
    Writer out;
    out.put(version).varint(entries.size());
    for (const auto& entry : entries)
        encode_entry(out, entry.header);
    return std::move(out).take();
}

Result<std::vector<Entry>> decode_entries(ByteView plain, seal::Suite suite, std::uint64_t end) {
    Reader in(plain);
    TRY(const auto found_version, in.get<std::uint8_t>());
    if (found_version != version) return fail(Errc::unsupported, "a newer version of pack");
    TRY(const auto count, in.varint(limits::max_entries));
    // [PACK-8] before memory is taken: the entries must at least fit into what is there
    if (count > in.left() / fixed_entry_size)
        return fail(Errc::corrupt, "a trailer ends too early");
    std::vector<Entry> entries;
    entries.reserve(count);
    std::uint64_t offset = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        TRY(const auto header, decode_entry(in, suite));
        if (header.sealed_size() > end - offset)
            return fail(Errc::corrupt, "the chunks of a pack are longer than it");
        entries.push_back({.header = header, .offset = static_cast<std::uint32_t>(offset)});
        offset += header.sealed_size();
    }
    CHECK_OK(in.done());
    return entries;
}

} // namespace torgo::pack
