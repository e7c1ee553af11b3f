#include "segment/code.hpp"

#include "crypto/hash.hpp"

namespace torgo::segment {

std::string Code::name() const {
    return std::to_string(k) + "/" + std::to_string(n) + (regenerates() ? "r" : "");
}

PackId PackInfo::id(const RepoId& repo) const {
    // [SEGMENT-9] everything that decides what the pack's bytes are, and whose they are
    Writer out;
    out.raw(as_bytes("TORGO/PACK/1")).raw(repo.view());
    out.put(static_cast<std::uint8_t>(cls)).put(code.k_byte()).put(code.n);
    out.put(static_cast<std::uint8_t>(cell_log2)).put(size);
    for (const auto& segment : segments)
        out.raw(segment.view());
    return PackId{crypto::sha256(out.view()).bytes};
}

std::uint64_t PackInfo::stripes() const noexcept {
    const auto row = std::uint64_t{code.k} * cell_size;
    return row == 0 ? 0 : (size + row - 1) / row;
}

std::uint64_t PackInfo::segment_trailer_size() const noexcept {
    return Digest::size * (stripes() + code.n) + tail_size;
}

bool PackInfo::valid() const noexcept {
    return (cls == PackClass::data || cls == PackClass::metadata) && code.valid() &&
           valid_pack_size(size) && segments.size() == code.n;
}

void PackInfo::encode(Writer& out) const {
    out.put(static_cast<std::uint8_t>(cls)).put(code.k_byte()).put(code.n);
    out.varint(size / cell_size);
    for (const auto& segment : segments)
        out.raw(segment.view());
}

Result<PackInfo> PackInfo::decode(Reader& in) {
    PackInfo info;
    TRY(const auto cls, in.get<std::uint8_t>());
    if (cls != 1 && cls != 2) return fail(Errc::corrupt, "unknown class of pack");
    info.cls = PackClass{cls};
    TRY(const auto k_byte, in.get<std::uint8_t>());
    TRY(const auto n, in.get<std::uint8_t>());
    info.code = Code::from_bytes(k_byte, n);
    if (!info.code.valid()) return fail(Errc::corrupt, "a pack's code is out of bounds");
    TRY(const auto cells, in.varint(limits::max_pack_size / cell_size));
    if (cells == 0) return fail(Errc::corrupt, "a pack without a cell");
    info.size = cells * cell_size;
    info.segments.reserve(info.code.n);
    for (unsigned i = 0; i < info.code.n; ++i) {
        TRY(const auto segment, in.id<SegmentId>());
        info.segments.push_back(segment);
    }
    return info;
}

} // namespace torgo::segment
