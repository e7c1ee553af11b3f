#pragma once

#include "base/bytes.hpp"

#include <cstdint>

namespace torgo::uplink {

/// How long the keys of the epoch before stay, once the new ones are in use: longer than anything
/// is under way. [ENVELOPE-17]
inline constexpr std::int64_t epoch_overlap_ns = 300'000'000'000;

/// A unicast address of the mesh.
using Address = std::uint16_t;

/// An access payload that is to be sent.
struct Outbound {
    Address to = 0;
    Bytes payload;
};

} // namespace torgo::uplink
