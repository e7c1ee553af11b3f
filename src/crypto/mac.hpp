#pragma once

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "crypto/secret.hpp"

#include <initializer_list>
#include <memory>
#include <span>

namespace torgo::crypto {

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1) under one key. The keyed state is made once and copied for
/// each message; may be used by several threads at once.
class HmacSha256 {
public:
    explicit HmacSha256(ByteView key);
    HmacSha256(HmacSha256&&) noexcept;
    HmacSha256& operator=(HmacSha256&&) noexcept;
    ~HmacSha256();

    /// The code of the parts one after another.
    Digest operator()(std::initializer_list<ByteView> parts) const;

    /// The same, written to where a secret may be (`out` is 32 bytes).
    void write(std::initializer_list<ByteView> parts, std::span<std::uint8_t, 32> out) const;

private:
    friend void hmac_lanes(std::span<const struct MacJob> jobs, std::span<Digest> out);

    struct State;
    std::unique_ptr<State> m_state;
};

/// One message and the key it is hashed under.
struct MacJob {
    const HmacSha256* mac = nullptr;
    ByteView message{};
};

/// Several codes at once, about twice as fast as one after another where sha256_lanes is; any
/// lengths and keys together. `out[i]` is `(*jobs[i].mac)({jobs[i].message})`.
void hmac_lanes(std::span<const MacJob> jobs, std::span<Digest> out);

} // namespace torgo::crypto
