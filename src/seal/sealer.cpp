#include "seal/sealer.hpp"

#include "base/codec.hpp"
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

/// Nothing shorter gets 1/16 smaller: a frame alone costs about a dozen bytes.
constexpr std::size_t compress_size_min = 64;

// Noise is told by 4 KiB out of every 64 KiB at level 1: 0.06 ns a byte of the chunk, against 0.2
// to 200 for the chunk itself. Small pieces compress worse than the whole, so a gain of 1/64 is
// enough.
constexpr std::size_t probe_from_size = 128_KiB;
constexpr std::size_t probe_step = 64_KiB;
constexpr std::size_t probe_size = 4_KiB;
constexpr std::size_t probe_gain = 64;

bool starts_with_frame_magic(ByteView bytes) {
    Reader in(bytes);
    const auto magic = in.get<std::uint32_t>();
    return magic && *magic == ZSTD_MAGICNUMBER;
}

using Compressor = std::unique_ptr<ZSTD_CCtx, FreeContext>;

Compressor make_compressor(int level) {
    Compressor made(ZSTD_createCCtx());
    ENSURE(made != nullptr);
    const auto set = [&](ZSTD_cParameter parameter, int value) {
        ENSURE(ZSTD_isError(ZSTD_CCtx_setParameter(made.get(), parameter, value)) == 0);
    };
    set(ZSTD_c_compressionLevel, std::clamp(level, zstd_level_min, zstd_level_max));
    set(ZSTD_c_checksumFlag, 0); // the tag, the id and w already cover every byte
    set(ZSTD_c_dictIDFlag, 0);
    return made;
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
    State(const Keys& k, int level, env::Random& r, crypto::Path path)
        : keys(k),
          random(r),
          cascade(path),
          compressor(make_compressor(level)),
          prober(make_compressor(zstd_level_min)),
          expander(ZSTD_createDCtx()) {
        ENSURE(expander != nullptr);
    }

    const Keys& keys;
    env::Random& random;
    crypto::Cascade cascade;
    Compressor compressor;
    Compressor prober;
    std::unique_ptr<ZSTD_DCtx, FreeContext> expander;
    Bytes compressed; ///< what compress() gave
    Bytes frame;      ///< the payload being opened

    bool looks_compressible(ByteView m) const;
    void choose_v(SealedHeader& header, ByteView payload);
    bool decrypt(const SealedHeader& header, ByteView sealed, Bytes& out);
    bool expand(const SealedHeader& header, Bytes& plain);
    bool is_named(const SealedHeader& header, ByteView plain) const;
    bool open(const SealedHeader& header, ByteView sealed, Bytes& plain);
};

Sealer::Sealer(const Keys& keys, int zstd_level, env::Random& random, crypto::Path path)
    : m_state(std::make_unique<State>(keys, zstd_level, random, path)) {}

Sealer::Sealer(Sealer&&) noexcept = default;
Sealer& Sealer::operator=(Sealer&&) noexcept = default;
Sealer::~Sealer() = default;

Payload Sealer::compress(ByteView m) {
    const Payload as_it_is{.bytes = m, .flags = 0};
    if (m.size() < compress_size_min || m.size() > chunk_size_max) return as_it_is;
    if (m.size() >= probe_from_size && !m_state->looks_compressible(m)) return as_it_is;
    // With room for 15/16 only, zstd itself gives up where the rule asks for it. [SEAL-11]
    const auto room = m.size() * 15 / 16;
    auto& out = m_state->compressed;
    if (out.size() < room) out.resize(room);
    const auto size =
        ZSTD_compress2(m_state->compressor.get(), out.data(), room, m.data(), m.size());
    if (ZSTD_isError(size) != 0) return as_it_is;
    return {.bytes = ByteView(out).first(size), .flags = flag_compressed};
}

bool Sealer::State::looks_compressible(ByteView m) const {
    const auto worth = m.size() / probe_step * probe_size / probe_gain;
    std::array<std::uint8_t, probe_size> out{};
    std::size_t saved = 0;
    for (std::size_t at = 0; at + probe_size <= m.size(); at += probe_step) {
        const auto size =
            ZSTD_compress2(prober.get(), out.data(), out.size(), m.data() + at, probe_size);
        if (ZSTD_isError(size) == 0) saved += probe_size - size;
        if (saved >= worth) return true;
    }
    return false;
}

Result<SealedHeader> Sealer::seal(ChunkType type, const ChunkId& id, ByteView m,
                                  const Payload& payload, bool random_v, ByteSpan out) {
    if (m.size() > chunk_size_max) return fail(Errc::limit_exceeded, "chunk over its size limit");
    if (payload.bytes.size() > m.size() || out.size() != payload.bytes.size() + tag_size)
        return fail(Errc::invalid_argument, "wrong payload or room for a sealed chunk");
    auto& s = *m_state;
    SealedHeader header{
        .suite = s.keys.suite(),
        .flags = static_cast<std::uint8_t>(payload.flags | (random_v ? flag_random_v : 0)),
        .type = type,
        .epoch = s.keys.epoch(),
        .plain_size = static_cast<std::uint32_t>(m.size()),
        .payload_size = static_cast<std::uint32_t>(payload.bytes.size()),
        .id = id};
    const auto hdr = header.encode();
    if (!SealedHeader::decode(hdr))
        return fail(Errc::invalid_argument, "no reader would open such a chunk");
    s.choose_v(header, payload.bytes);
    header.kc = s.keys.commitment(header.v, hdr).bytes;
    std::array<crypto::ShortLivedKey, 3> heads;
    crypto::ShortLivedKey outer;
    const auto count = s.keys.chunk_keys(header.v, heads, outer);
    s.cascade.encrypt(std::span(heads).first(count), outer, associated(hdr, header.kc),
                      payload.bytes, out.first(payload.bytes.size()), out.last<tag_size>());
    return header;
}

void Sealer::State::choose_v(SealedHeader& header, ByteView payload) {
    if ((header.flags & flag_random_v) != 0) return random.fill(header.v);
    // Two frames of one plaintext must not share a keystream: w tells them apart (trap a).
    // [SEAL-12] [SEAL-13] [SEAL-14]
    const bool is_frame = (header.flags & flag_compressed) != 0;
    const auto w = is_frame ? keys.payload_binding(payload) : Digest{};
    header.v = keys.synthetic_v(header.flags, header.plain_size, header.id, w).bytes;
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

/// Exactly one frame that makes exactly |M| bytes; its own idea of its size is never believed.
/// [SEAL-23]
bool Sealer::State::expand(const SealedHeader& header, Bytes& plain) {
    if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) return false;
    if (!starts_with_frame_magic(frame)) return false; // a skippable frame is one to zstd as well
    plain.resize(header.plain_size);
    return ZSTD_decompressDCtx(expander.get(), plain.data(), plain.size(), frame.data(),
                               frame.size()) == plain.size();
}

/// The id is that of the plaintext, and V, where it is not random, that of all its inputs.
/// [SEAL-24]
bool Sealer::State::is_named(const SealedHeader& header, ByteView plain) const {
    Keys::NameAndBinding own;
    if ((header.flags & flag_compressed) != 0 && (header.flags & flag_random_v) == 0)
        own = keys.name_and_binding(header.type, plain, frame);
    else
        own.id = keys.id(header.type, plain);
    if (!crypto::equal_constant_time(own.id.view(), header.id.view())) return false;
    if ((header.flags & flag_random_v) != 0) return true;
    const auto v = keys.synthetic_v(header.flags, header.plain_size, own.id, own.w);
    return crypto::equal_constant_time(v.view(), header.v);
}

/// The steps in the order of the specification. [SEAL-22]
bool Sealer::State::open(const SealedHeader& header, ByteView sealed, Bytes& plain) {
    // The header may be hostile: its sizes are checked before any memory is taken. [SEAL-20]
    // [SEAL-21]
    if (!SealedHeader::decode(header.encode()) || sealed.size() != header.sealed_size())
        return false;
    const bool is_frame = (header.flags & flag_compressed) != 0;
    if (!decrypt(header, sealed, is_frame ? frame : plain)) return false;
    if (is_frame && !expand(header, plain)) return false;
    return is_named(header, plain);
}

Result<> Sealer::open(const SealedHeader& header, ByteView sealed, Bytes& plain) {
    if (m_state->open(header, sealed, plain)) return {};
    crypto::wipe(plain);
    crypto::wipe(m_state->frame);
    plain.clear();
    return refused();
}

} // namespace torgo::seal
