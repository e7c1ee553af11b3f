#pragma once

#include "uplink/gateway_link.hpp"

#include <cstdint>
#include <string>

namespace torgo::uplink {

/// What a gateway's snapshots came to.
struct SnapshotCounters {
    std::uint64_t made = 0;
    std::uint64_t failed = 0;
    std::int64_t last_wall_ns = 0; ///< 0: none yet
};

/// Prometheus text format 0.0.4 (docs/mesh.md lists what there is).
std::string render_metrics(const GatewayLink& gateway, const SnapshotCounters& snapshots);

} // namespace torgo::uplink
