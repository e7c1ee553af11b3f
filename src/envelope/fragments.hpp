#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "envelope/wire.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace torgo::envelope {

inline constexpr std::size_t part_header_size = 5;
inline constexpr std::size_t part_size = access_payload_max - opcode_size - part_header_size;
inline constexpr std::size_t part_count_max = 15;
static_assert(part_size == 372);

/// Parts of an older message refused in a row after which what was gathered is given up.
inline constexpr unsigned refused_parts_max = 2 * part_count_max;

/// Cuts a message into access payloads. [ENVELOPE-20]
///
/// in      1 to part_size * part_count_max bytes; `group` tells parts of two messages apart
std::vector<Bytes> split(ByteView message, std::uint32_t group,
                         const std::array<std::uint8_t, opcode_size>& opcode);

/// Puts parts together, in any order; repeats do nothing. A part of a newer group drops what was
/// gathered; one of an older group is refused, until refused_parts_max came with nothing new of the
/// newer one between them: a single forged part does not shut out what comes after.
///
/// cost    at most 5.6 kB
class Assembler {
public:
    /// The whole message, when this part was the last that lacked.
    ///
    /// errors  `corrupt` for a malformed part; `changed` for one that contradicts what is there
    ///         (all is dropped then); `exists` for an older group
    Result<std::optional<Bytes>> add(ByteView parameters);

    std::uint32_t group() const noexcept { return m_group; }

    void clear();

private:
    std::uint32_t m_group = 0;
    std::uint8_t m_count = 0; ///< 0: nothing is there
    unsigned m_refused = 0;   ///< parts of older groups since the last part that was new
    std::array<std::optional<Bytes>, part_count_max> m_parts{};
};

} // namespace torgo::envelope
