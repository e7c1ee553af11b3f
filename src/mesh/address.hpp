#pragma once

#include <cstdint>

namespace torgo::mesh {

/// Who sends or is meant (Mesh Protocol 1.1, 3.4.2).
using Address = std::uint16_t;

inline constexpr Address unassigned = 0x0000;
inline constexpr Address unicast_max = 0x7FFF;
inline constexpr Address virtual_first = 0x8000;
inline constexpr Address group_first = 0xC000;
inline constexpr Address all_directed = 0xFFFB; ///< nodes that forward along paths
inline constexpr Address all_proxies = 0xFFFC;
inline constexpr Address all_friends = 0xFFFD;
inline constexpr Address all_relays = 0xFFFE;
inline constexpr Address all_nodes = 0xFFFF;

constexpr bool is_unicast(Address a) {
    return a != unassigned && a <= unicast_max;
}

constexpr bool is_virtual(Address a) {
    return a >= virtual_first && a < group_first;
}

constexpr bool is_group(Address a) {
    return a >= group_first;
}

/// Groups that the standard keeps for itself: ff00 to fffa have no meaning yet (3.4.2.4).
constexpr bool is_fixed_group(Address a) {
    return a >= 0xFF00;
}

/// Index of a NetKey or AppKey, 12 bits.
using KeyIndex = std::uint16_t;
inline constexpr KeyIndex key_index_max = 0x0FFF;

/// Sequence numbers have 24 bits; when they run out the IV Index must have moved on.
inline constexpr std::uint32_t sequence_max = 0xFFFFFF;

inline constexpr std::uint8_t ttl_max = 0x7F;

} // namespace torgo::mesh
