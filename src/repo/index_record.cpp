#include "repo/index_record.hpp"

#include "base/codec.hpp"
#include "repo/limits.hpp"

namespace torgo::repo {

namespace {
constexpr std::uint8_t format_version = 1;
}

// REPO-41
Bytes encode_index(const IndexRecord& record) {
    Writer out;
    out.put(format_version).varint(record.packs.size());
    for (const auto& pack : record.packs)
        out.raw(pack.view());
    out.varint(record.chunks.size());
    for (const auto& chunk : record.chunks)
        out.varint(chunk.pack).put(chunk.offset).raw(chunk.id.view());
    return std::move(out).take();
}

Result<IndexRecord> decode_index(ByteView bytes) {
    Reader in(bytes);
    TRY(const auto version, in.get<std::uint8_t>());
    if (version != format_version)
        return fail(Errc::unsupported, "an index has a newer format: use a newer torgo");
    IndexRecord record;
    TRY(const auto packs, in.varint(limits::index_entries_per_chunk));
    for (std::uint64_t i = 0; i < packs; ++i) {
        TRY(const auto id, in.id<PackId>());
        record.packs.push_back(id);
    }
    TRY(const auto chunks, in.varint(limits::index_entries_per_chunk));
    record.chunks.reserve(std::min<std::size_t>(chunks, in.left()));
    for (std::uint64_t i = 0; i < chunks; ++i) {
        IndexRecord::Chunk chunk;
        TRY(const auto pack, in.varint());
        if (pack >= packs) return fail(Errc::corrupt, "index: a pack beyond the table");
        chunk.pack = static_cast<std::uint32_t>(pack);
        TRY(chunk.offset, in.get<std::uint32_t>());
        TRY(chunk.id, in.id<ChunkId>());
        record.chunks.push_back(chunk);
    }
    CHECK_OK(in.done()); // REPO-1
    return record;
}

} // namespace torgo::repo
