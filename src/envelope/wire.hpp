#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <array>
#include <cstdint>

// What an envelope looks like in the access payload of a mesh message (docs/spec/mesh-envelope.md).
namespace torgo::envelope {

inline constexpr std::size_t access_payload_max = 380;     ///< Mesh Protocol 1.1, 3.7.3
inline constexpr std::size_t unsegmented_payload_max = 11; ///< with a MIC of 4 bytes
inline constexpr std::size_t opcode_size = 3;              ///< a vendor's
inline constexpr std::size_t slot_count = 8;

inline constexpr std::size_t value_size = 3;
inline constexpr std::size_t short_tag_size = 4;
inline constexpr std::size_t short_size = opcode_size + 1 + value_size + short_tag_size;
static_assert(short_size == unsegmented_payload_max);

inline constexpr std::size_t number_size = 6; ///< 48 bits
inline constexpr std::uint64_t number_max = (std::uint64_t{1} << 48U) - 1;
inline constexpr std::size_t long_tag_size = 16;
inline constexpr std::size_t long_overhead =
    opcode_size + number_size + number_size + long_tag_size;
inline constexpr std::size_t body_max = access_payload_max - long_overhead;
static_assert(body_max == 349);

/// The company identifier that Bluetooth SIG leaves to tests inside an organisation.
inline constexpr std::uint16_t test_company = 0xFFFF;

enum class Kind : std::uint8_t {
    short_up = 1, ///< from the sensor
    short_down = 2,
    long_up = 3,
    long_down = 4,
    offer,       ///< a part of the sensor's key exchange
    answer,      ///< the gateway's
    key_request, ///< the sensor lacks the gateway's public key
    key_part,
};

struct Message {
    Kind kind{};
    std::uint8_t parity = 0; ///< of the epoch
    std::uint8_t slot = 0;
    std::array<std::uint8_t, opcode_size> opcode{};
    ByteView parameters{};
};

/// The opcode of a message; parity and slot only where the kind has them.
std::array<std::uint8_t, opcode_size> opcode_of(Kind kind, unsigned parity, unsigned slot,
                                                std::uint16_t company);

/// Tells what an access payload is. Sizes of what follows are checked by who reads it.
///
/// errors  `unsupported` for another company or an unknown number; `corrupt` for less than an
///         opcode; `limit_exceeded` for more than access_payload_max
Result<Message> parse(ByteView payload, std::uint16_t company);

} // namespace torgo::envelope
