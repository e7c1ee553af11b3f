#pragma once

#include "env/clock.hpp"
#include "uplink/bearer.hpp"
#include "uplink/gateway_link.hpp"
#include "uplink/simulated.hpp"

#include <functional>
#include <stop_token>

// The ends of a mesh in real time.
namespace torgo::uplink {

/// Between two looks at the stop token, and two calls of `tick`.
inline constexpr std::int64_t tick_ns = 200'000'000;

struct GatewayDrive {
    std::int64_t batch_ns = 250'000'000; ///< from the first payload of a batch to its sync
    std::function<Result<>()> tick;      ///< called now and then; its error ends the drive
};

/// Until it is stopped. What came before a stop is made safe, and not acknowledged any more.
/// errors  those of the disk and of a bearer that will not come back
Result<> drive_gateway(GatewayLink& gateway, Bearer& bearer, const env::Clock& clock,
                       const GatewayDrive& drive, const std::stop_token& stop);

struct SensorDrive {
    std::int64_t interval_ns = 0; ///< from one row to the next
    std::int64_t patience_ns = 0; ///< without any acknowledgement
    std::function<void(const RelayProgress&)> tell;
};

/// Sends every row and waits until all are acknowledged.
/// errors  `timeout` when nothing is acknowledged for too long; `cancelled`; those of the link
Result<RelayOutcome> drive_sensor(SensorLink& sensor, Bearer& bearer, const env::Clock& clock,
                                  const Feed& feed, const SensorDrive& drive,
                                  const std::stop_token& stop);

} // namespace torgo::uplink
