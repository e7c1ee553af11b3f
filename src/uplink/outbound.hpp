#pragma once

#include "base/bytes.hpp"

#include <cstdint>

namespace torgo::uplink {

/// A unicast address of the mesh.
using Address = std::uint16_t;

/// An access payload that is to be sent.
struct Outbound {
    Address to = 0;
    Bytes payload;
};

} // namespace torgo::uplink
