#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/secret.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace torgo::crypto {

/// Two programs for the same function: OpenSSL alone, or this processor's wide AES instructions for
/// the counter-mode heads.
enum class Path : std::uint8_t { reference, fast };

/// Several AES-256-CTR layers under one AES-256-GCM layer: the data path of CHIMERA
/// (docs/spec/seal.md 3). Every counter starts at 0^96 || be32(2), the GCM nonce is zero: each key
/// seals one message only. Owns its cipher contexts: one a thread.
class Cascade {
public:
    static constexpr std::size_t heads_max = 3;
    static constexpr std::size_t tag_size = 16;

    /// `fast` falls back to `reference` where the processor lacks the instructions or the self-test
    /// failed; said once through notices (selftest.hpp).
    explicit Cascade(Path path = Path::fast);
    Cascade(Cascade&&) noexcept;
    Cascade& operator=(Cascade&&) noexcept;
    ~Cascade();

    /// The path in use.
    Path path() const noexcept;

    /// in      0 to 3 keys of counter-mode layers, the key of the GCM layer, associated data,
    /// plaintext out     `out`, as long as `in`, may be `in` itself but must not overlap it
    /// otherwise; `tag` cost    about one pass of AES-256-CTR a head and one of AES-256-GCM, in
    /// tiles that stay in the
    ///         second-level cache
    void encrypt(std::span<const ShortLivedKey> heads, const ShortLivedKey& outer, ByteView aad,
                 ByteView in, ByteSpan out, std::span<std::uint8_t, tag_size> tag);

    /// The inverse. Errors: `authentication`, and then `out` is wiped.
    Result<> decrypt(std::span<const ShortLivedKey> heads, const ShortLivedKey& outer, ByteView aad,
                     ByteView in, ByteSpan out, std::span<const std::uint8_t, tag_size> tag);

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace torgo::crypto
