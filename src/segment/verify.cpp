#include "segment/verify.hpp"

#include "base/ensure.hpp"
#include "crypto/hash.hpp"

#include <algorithm>
#include <array>

namespace torgo::segment {
namespace {

constexpr std::string_view magic = "TGS1";
constexpr std::uint8_t version = 1;
constexpr std::size_t reserved_size = 6;
constexpr std::size_t check_size = 24; ///< of a SHA-256: the tail is 96 bytes with it
constexpr std::size_t cells_at_once = 16;

/// [SEGMENT-7] over the trailer up to the check itself.
ByteView check_of(ByteView trailer, Digest& digest) {
    digest = crypto::sha256(trailer.first(trailer.size() - check_size));
    return digest.view().first(check_size);
}

/// The fixed fields of the tail; `info` has no segments yet.
struct Tail {
    PackInfo info;
    RepoId repo;
    PackId pack;
    unsigned index = 0;
};

Result<Tail> decode_tail(ByteView bytes, std::uint64_t file_size) {
    Reader in(bytes);
    TRY(const auto found_magic, in.raw(magic.size()));
    TRY(const auto found_version, in.get<std::uint8_t>());
    if (as_text(found_magic) != magic) return fail(Errc::corrupt, "not a segment");
    if (found_version != version) return fail(Errc::unsupported, "a newer version of segment");
    Tail tail;
    TRY(const auto cls, in.get<std::uint8_t>());
    tail.info.cls = PackClass{cls};
    TRY(const auto k_byte, in.get<std::uint8_t>());
    TRY(const auto n, in.get<std::uint8_t>());
    tail.info.code = Code::from_bytes(k_byte, n);
    TRY(const auto index, in.get<std::uint8_t>());
    tail.index = index;
    TRY(const auto log2, in.get<std::uint8_t>());
    TRY(const auto reserved, in.raw(reserved_size));
    TRY(tail.repo, in.id<RepoId>());
    TRY(tail.info.size, in.get<std::uint64_t>());
    TRY(tail.pack, in.id<PackId>());
    if (log2 != cell_log2 || std::ranges::any_of(reserved, [](auto b) { return b != 0; }))
        return fail(Errc::unsupported, "a segment of an unknown form");
    tail.info.segments.resize(tail.info.code.n);
    if (!tail.info.valid() || tail.index >= tail.info.code.n)
        return fail(Errc::corrupt, "a segment's code, index or size is out of bounds");
    if (tail.info.segment_file_size() != file_size)
        return fail(Errc::corrupt, "a segment has the wrong length");
    return tail;
}

} // namespace

Bytes encode_trailer(const SegmentTrailer& trailer) {
    const auto& info = trailer.info;
    ENSURE(info.valid() && trailer.index < info.code.n && trailer.leaves.size() == info.stripes());
    Writer out;
    for (const auto& leaf : trailer.leaves)
        out.raw(leaf.view());
    for (const auto& root : info.segments)
        out.raw(root.view());
    out.raw(as_bytes(magic)).put(version).put(static_cast<std::uint8_t>(info.cls));
    out.put(info.code.k_byte()).put(info.code.n).put(static_cast<std::uint8_t>(trailer.index));
    out.put(static_cast<std::uint8_t>(cell_log2));
    out.raw(std::array<std::uint8_t, reserved_size>{}).raw(trailer.repo.view());
    out.put(info.size).raw(trailer.pack().view());
    auto bytes = std::move(out).take();
    bytes.resize(bytes.size() + check_size);
    Digest digest;
    std::ranges::copy(check_of(bytes, digest), bytes.end() - check_size);
    return bytes;
}

Result<SegmentTrailer> decode_trailer(ByteView trailer, std::uint64_t file_size) {
    if (trailer.size() < tail_size) return fail(Errc::corrupt, "a segment ends too early");
    TRY(auto tail, decode_tail(trailer.last(tail_size), file_size));
    if (trailer.size() != tail.info.segment_trailer_size())
        return fail(Errc::corrupt, "a segment's trailer has the wrong length");
    Digest digest;
    if (!std::ranges::equal(check_of(trailer, digest), trailer.last(check_size)))
        return fail(Errc::corrupt, "a segment's trailer does not fit its check");
    SegmentTrailer out{
        .info = std::move(tail.info), .repo = tail.repo, .index = tail.index, .leaves = {}};
    Reader in(trailer);
    out.leaves.resize(out.info.stripes());
    for (auto& leaf : out.leaves) {
        TRY(leaf, in.id<Digest>());
    }
    for (auto& root : out.info.segments) {
        TRY(root, in.id<SegmentId>());
    }
    if (out.pack() != tail.pack) return fail(Errc::corrupt, "a segment's pack has another name");
    if (merkle_root(out.leaves) != out.id())
        return fail(Errc::corrupt, "a segment's leaf hashes do not give its name");
    return out;
}

Result<SegmentTrailer> read_trailer(const ReadAt& read, std::uint64_t file_size) {
    if (file_size < cell_size + tail_size) return fail(Errc::corrupt, "too short for a segment");
    Bytes tail(tail_size);
    CHECK_OK(read(file_size - tail_size, tail));
    TRY(const auto fields, decode_tail(tail, file_size));
    Bytes trailer(fields.info.segment_trailer_size());
    CHECK_OK(read(file_size - trailer.size(), trailer));
    return decode_trailer(trailer, file_size);
}

Result<SegmentTrailer> verify_segment(const ReadAt& read, std::uint64_t file_size,
                                      const SegmentId& id) {
    TRY(auto trailer, read_trailer(read, file_size));
    if (trailer.id() != id) return fail(Errc::corrupt, "a segment has another name than its file");
    const auto stripes = trailer.info.stripes();
    Bytes buffer(std::min<std::uint64_t>(stripes, cells_at_once) * cell_size);
    for (std::uint64_t first = 0; first < stripes; first += cells_at_once) {
        const auto count = std::min<std::uint64_t>(cells_at_once, stripes - first);
        CHECK_OK(read(first * cell_size, ByteSpan(buffer).first(count * cell_size)));
        std::array<ByteView, cells_at_once> cells;
        std::array<Digest, cells_at_once> hashes;
        for (std::size_t i = 0; i < count; ++i)
            cells[i] = ByteView(buffer).subspan(i * cell_size, cell_size);
        leaf_hashes(std::span(cells).first(count), std::span(hashes).first(count));
        for (std::size_t i = 0; i < count; ++i)
            if (hashes[i] != trailer.leaves[first + i])
                return fail(Errc::corrupt,
                            "cell " + std::to_string(first + i) + " of a segment is damaged");
    }
    return trailer;
}

} // namespace torgo::segment
