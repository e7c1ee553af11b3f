#pragma once

#include "base/bytes.hpp"
#include "base/id.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>

namespace torgo::crypto {

/// SHA-256 (FIPS 180-4) of public bytes. Thread-safe; no allocation after the first calls.
Digest sha256(ByteView message);

/// SHA-256 of the parts one after another.
Digest sha256_of(std::initializer_list<ByteView> parts);

/// SHA3-256 (FIPS 202) of public bytes, which the names of onion services are checked with.
std::array<std::uint8_t, 32> sha3_256(ByteView message);

/// SHA-256 of a message that comes in pieces.
class Sha256 {
public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();

    Sha256& update(ByteView bytes);

    /// The digest of all bytes so far; the object then starts a new message.
    Digest finish();

private:
    struct Context;
    std::unique_ptr<Context> m_context;
};

/// SHA-256 of many messages of one length at once: several lanes share one core, about twice as
/// fast as one after another where the processor has SHA instructions.
///
/// in      `messages`, all of one length; `prefix`, a byte hashed before each (0x00 for the leaves
/// of
///         an RFC 9162 tree), so that nothing is copied
/// out     `out[i]` of `messages[i]`, bit for bit what sha256_of({prefix, message}) gives
/// errors  none; different lengths or a wrong size of `out` are a bug of the caller
/// cost    0.3 to 0.6 ns a byte
void sha256_lanes(std::span<const ByteView> messages, std::span<Digest> out,
                  std::optional<std::uint8_t> prefix = std::nullopt);

} // namespace torgo::crypto
