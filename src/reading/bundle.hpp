#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "reading/plan.hpp"

#include <cstdint>
#include <optional>
#include <vector>

// What sensor and gateway put into envelopes (docs/spec/readings.md 3).
namespace torgo::reading {

inline constexpr std::size_t bundle_size_max = 349; ///< the body of a long envelope
inline constexpr std::size_t bundle_readings_max = 128;
inline constexpr std::size_t bundle_gone_max = 4;

/// Numbers that no reading will come for any more: never given, or lost with a sensor's memory.
struct Gone {
    std::uint64_t first = 0;
    std::uint64_t count = 0;

    bool operator==(const Gone&) const = default;
};

struct Sent {
    std::uint8_t slot = 0;
    Reading reading;
    std::optional<std::int64_t> period_ns{}; ///< the reading begins a line with this period

    bool operator==(const Sent&) const = default;
};

struct Bundle {
    std::vector<Gone> gone;
    std::vector<Sent> readings; ///< by rising number
};

/// The longest beginning of `bundle` that fits, and how many readings it holds. [READING-8]
struct EncodedBundle {
    Bytes body;
    std::size_t readings = 0;
};

EncodedBundle encode(const Bundle& bundle, const Plan& plan);

/// `source` is put into each reading. errors  `corrupt`, `limit_exceeded`, `unsupported`
Result<Bundle> decode_bundle(ByteView body, const Plan& plan, std::uint64_t source);

inline constexpr std::size_t ack_bits_max = 1024;

/// Which readings of a source are safe: all up to `cumulative`, and of those after it the ones
/// whose bit is set; bit i of byte j is cumulative + 1 + 8 j + i. [READING-11]
struct Ack {
    std::uint64_t source = 0;
    std::uint64_t cumulative = 0;
    Bytes bitmap; ///< at most ack_bits_max / 8, the last byte not zero

    bool has(std::uint64_t number) const noexcept;

    bool operator==(const Ack&) const = default;
};

/// What a gateway may ask of a sensor in the body of a long envelope. Numbers are stable.
enum class Request : std::uint8_t {
    exchange = 3, ///< begin an exchange: short envelopes of this epoch are not looked at any more
    resend = 4,   ///< send a long envelope: short ones are out of step
};

Bytes encode(Request request);

/// Nothing where the body is something else.
std::optional<Request> decode_request(ByteView body) noexcept;

/// Three bytes for a short envelope; nothing where the bitmap needs more than a byte.
std::optional<Packed> encode_small(const Ack& ack);

/// `oldest` is the oldest number that waits: the whole of the 16 bits is found from it.
Ack decode_small_ack(const Packed& packed, std::uint64_t oldest);

Bytes encode(const Ack& ack);

/// errors  `corrupt`, `limit_exceeded`, `unsupported`
Result<Ack> decode_ack(ByteView body);

} // namespace torgo::reading
