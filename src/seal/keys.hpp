#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/mac.hpp"
#include "crypto/secret.hpp"
#include "seal/chunk.hpp"

#include <array>
#include <memory>
#include <span>

namespace torgo::seal {

inline constexpr std::size_t dedup_secret_size = 64;

/// All keys of one repository in one epoch (docs/spec/seal.md 2). May be used by several threads at
/// once; must outlive its Sealers.
class Keys {
public:
    /// in      the heads' secrets in order, as many and as long as `suite` says; `dedup`, 64 bytes
    /// errors  `unsupported` suite; `invalid_argument` for wrong counts or sizes or two equal heads
    static Result<Keys> derive(Suite suite, const RepoId& repo, std::uint32_t epoch,
                               std::span<const crypto::SecretBytes> heads,
                               const crypto::SecretBytes& dedup);

    Keys(Keys&&) noexcept;
    Keys& operator=(Keys&&) noexcept;
    ~Keys();

    Suite suite() const noexcept;

    std::uint32_t epoch() const noexcept;

    /// The name of a chunk: HMAC of the plaintext under the key of its kind.
    ChunkId id(ChunkType type, ByteView m) const;

    /// The names of many chunks of one kind at once: half the cost of one after another.
    void ids(ChunkType type, std::span<const ByteView> chunks, std::span<ChunkId> out) const;

    /// 32 bytes that steer where files are cut (K_cdc); the same in every epoch.
    crypto::SecretBytes chunker_key() const;

    /// 64 bytes of AES-256-SIV key for pack footers; changes with the epoch.
    crypto::SecretBytes footer_key() const;

    /// w of docs/spec/seal.md 3: binds the exact bytes of a compressed payload.
    Digest payload_binding(ByteView payload) const;

    /// A chunk's name and the binding of its payload, computed side by side.
    struct NameAndBinding {
        ChunkId id;
        Digest w;
    };

    NameAndBinding name_and_binding(ChunkType type, ByteView m, ByteView payload) const;

    /// V: all four inputs that a deterministic keystream must depend on.
    Digest synthetic_v(std::uint8_t flags, std::uint64_t plain_size, const ChunkId& id,
                       const Digest& w) const;

    /// KC: commits to every key and to the whole header.
    Digest commitment(ByteView v, ByteView hdr) const;

    /// Writes sk_1 … sk_(n-1) to the front of `heads` and the key of the outer layer to `outer`;
    /// gives n - 1.
    std::size_t chunk_keys(ByteView v, std::span<crypto::ShortLivedKey, 3> heads,
                           crypto::ShortLivedKey& outer) const;

private:
    struct State;
    explicit Keys(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace torgo::seal
