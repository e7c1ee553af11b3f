#include "seal/sealer.hpp"

#include "base/ensure.hpp"

#include <zstd.h>

#include <algorithm>

namespace torgo::seal {

namespace {
struct FreeContext {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }

    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

std::unexpected<Error> refused() {
    return fail(Errc::authentication, "chunk does not authenticate");
}

/// aad of the outer layer: hdr || KC.
using Associated = std::array<std::uint8_t, header_size + 32>;

Associated associated(const std::array<std::uint8_t, header_size>& hdr, ByteView kc) {
    Associated out{};
    std::ranges::copy(kc, std::ranges::copy(hdr, out.begin()).out);
    return out;
}
} // namespace

struct Sealer::State {
    const Keys& keys;
    env::Random& random;
    crypto::Cascade cascade;
    std::unique_ptr<ZSTD_CCtx, FreeContext> compressor{ZSTD_createCCtx()};
    std::unique_ptr<ZSTD_DCtx, FreeContext> expander{ZSTD_createDCtx()};
    Bytes compressed{}; ///< what compress() gave
    Bytes payload{};    ///< the frame being opened

    Digest expected_v(const SealedHeader& header, const ChunkId& id, ByteView y) const {
        const bool is_frame = (header.flags & flag_compressed) != 0;
        const auto w = is_frame ? keys.payload_binding(y) : Digest{};
        return keys.synthetic_v(header.flags, header.plain_size, id, w);
    }

    bool decrypt(const SealedHeader& header, ByteView sealed, Bytes& out);
    bool expand(const SealedHeader& header, Bytes& plain);
    bool open(const SealedHeader& header, ByteView sealed, Bytes& plain);
};

Sealer::Sealer(const Keys& keys, int zstd_level, env::Random& random, crypto::Path path)
    : m_state(new State{.keys = keys, .random = random, .cascade = crypto::Cascade(path)}) {
    auto* const c = m_state->compressor.get();
    ENSURE(c != nullptr && m_state->expander != nullptr);
    ENSURE(ZSTD_isError(ZSTD_CCtx_setParameter(
               c, ZSTD_c_compressionLevel,
               std::clamp(zstd_level, zstd_level_min, zstd_level_max))) == 0);
}

Sealer::Sealer(Sealer&&) noexcept = default;
Sealer& Sealer::operator=(Sealer&&) noexcept = default;
Sealer::~Sealer() = default;

Payload Sealer::compress(ByteView m) {
    const auto limit = m.size() - m.size() / 16 - (m.size() % 16 != 0 ? 1 : 0);
    auto& out = m_state->compressed;
    out.resize(std::max(out.size(), limit));
    const auto size =
        ZSTD_compress2(m_state->compressor.get(), out.data(), limit, m.data(), m.size());
    if (m.empty() || ZSTD_isError(size) != 0) return {.bytes = m, .flags = 0};
    return {.bytes = ByteView(out).first(size), .flags = flag_compressed};
}

Result<SealedHeader> Sealer::seal(ChunkType type, const ChunkId& id, ByteView m,
                                  const Payload& payload, bool random_v, ByteSpan out) {
    if (m.size() > chunk_size_max || payload.bytes.size() > m.size())
        return fail(Errc::limit_exceeded, "chunk over its size limit");
    if (out.size() != payload.bytes.size() + tag_size)
        return fail(Errc::invalid_argument, "wrong room for a sealed chunk");
    auto& s = *m_state;
    SealedHeader header{
        .suite = s.keys.suite(),
        .flags = static_cast<std::uint8_t>(payload.flags | (random_v ? flag_random_v : 0)),
        .type = type,
        .epoch = s.keys.epoch(),
        .plain_size = static_cast<std::uint32_t>(m.size()),
        .payload_size = static_cast<std::uint32_t>(payload.bytes.size()),
        .id = id};
    if (random_v)
        s.random.fill(header.v);
    else
        header.v = s.expected_v(header, id, payload.bytes).bytes;
    const auto hdr = header.encode();
    header.kc = s.keys.commitment(header.v, hdr).bytes;
    std::array<crypto::ShortLivedKey, 3> heads;
    crypto::ShortLivedKey outer;
    const auto count = s.keys.chunk_keys(header.v, heads, outer);
    s.cascade.encrypt(std::span(heads).first(count), outer, associated(hdr, header.kc),
                      payload.bytes, out.first(payload.bytes.size()), out.last<tag_size>());
    return header;
}

bool Sealer::State::decrypt(const SealedHeader& header, ByteView sealed, Bytes& out) {
    const auto hdr = header.encode();
    if (!crypto::equal_constant_time(keys.commitment(header.v, hdr).view(), header.kc))
        return false;
    std::array<crypto::ShortLivedKey, 3> heads;
    crypto::ShortLivedKey outer;
    const auto count = keys.chunk_keys(header.v, heads, outer);
    out.resize(header.payload_size);
    return cascade
        .decrypt(std::span(heads).first(count), outer, associated(hdr, header.kc),
                 sealed.first(header.payload_size), out, sealed.last<tag_size>())
        .has_value();
}

bool Sealer::State::expand(const SealedHeader& header, Bytes& plain) {
    if (ZSTD_findFrameCompressedSize(payload.data(), payload.size()) != payload.size())
        return false;
    plain.resize(header.plain_size);
    return ZSTD_decompressDCtx(expander.get(), plain.data(), plain.size(), payload.data(),
                               payload.size()) == plain.size();
}

bool Sealer::State::open(const SealedHeader& header, ByteView sealed, Bytes& plain) {
    if (header.plain_size > chunk_size_max || header.payload_size > header.plain_size ||
        sealed.size() != header.sealed_size())
        return false;
    const bool is_frame = (header.flags & flag_compressed) != 0;
    auto& y = is_frame ? payload : plain;
    if (!decrypt(header, sealed, y)) return false;
    if (is_frame && !expand(header, plain)) return false;
    const auto id = keys.id(header.type, plain);
    if (!crypto::equal_constant_time(id.view(), header.id.view())) return false;
    return (header.flags & flag_random_v) != 0 ||
           crypto::equal_constant_time(expected_v(header, id, y).view(), header.v);
}

Result<> Sealer::open(const SealedHeader& header, ByteView sealed, Bytes& plain) {
    if (m_state->open(header, sealed, plain)) return {};
    crypto::wipe(plain);
    plain.clear();
    return refused();
}

} // namespace torgo::seal
