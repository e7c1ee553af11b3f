#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/cascade.hpp"
#include "env/random.hpp"
#include "seal/chunk.hpp"
#include "seal/keys.hpp"

#include <memory>

namespace torgo::seal {

inline constexpr int zstd_level_min = 1;
inline constexpr int zstd_level_max = 19;
/// Why not 3, as zstd itself has it: docs/design/compression.md.
inline constexpr int zstd_level_default = 2;

/// What is encrypted: the plaintext itself, or one zstd frame of it.
struct Payload {
    ByteView bytes;
    std::uint8_t flags = 0; ///< 0 or flag_compressed
};

/// Compresses, seals and opens chunks. Owns its compression contexts and scratch memory: one a
/// thread.
class Sealer {
public:
    using Payload = seal::Payload;

    /// `keys` and `random` must outlive it. `zstd_level` is clamped to 1..19.
    Sealer(const Keys& keys, int zstd_level, env::Random& random,
           crypto::Path path = crypto::Path::fast);
    Sealer(Sealer&&) noexcept;
    Sealer& operator=(Sealer&&) noexcept;
    ~Sealer();

    /// One zstd frame of `m` when that is at least 1/16 smaller, else `m` itself. The bytes are
    /// valid until the next call of compress or the end of `m`. Noise is told by samples and not
    /// compressed.
    Payload compress(ByteView m);

    /// Seals one chunk.
    ///
    /// in      `id`, as Keys::id(type, m) gave it; `m`, up to 16 MiB; `payload` of `m`; `random_v`
    /// for
    ///         what must not be deterministic
    /// out     `out`, payload size + 16 bytes: ciphertext, then tag; may start at the payload's
    /// bytes;
    ///         the header with v and kc
    /// errors  `limit_exceeded` for a chunk over 16 MiB; `invalid_argument` for an `out` of another
    /// size
    Result<SealedHeader> seal(ChunkType type, const ChunkId& id, ByteView m, const Payload& payload,
                              bool random_v, ByteSpan out);

    /// Opens one chunk into `plain` (its capacity is used again).
    ///
    /// errors  `authentication`, "chunk does not authenticate", whatever is wrong: then `plain` is
    /// wiped
    ///         and empty
    Result<> open(const SealedHeader& header, ByteView sealed, Bytes& plain);

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace torgo::seal
