#pragma once

#include "uplink/gateway_link.hpp"
#include "uplink/proof.hpp"
#include "uplink/sensor_link.hpp"

#include <cstdint>
#include <functional>

namespace torgo::uplink {

inline constexpr std::uint32_t simulated_nodes_max = 32;
inline constexpr std::size_t simulated_sensors_max = 32;

struct SimulatedOptions {
    std::uint32_t nodes = 5; ///< in the line: a sensor, relays, the gateway
    double loss = 0;         ///< of each packet at each receiver, besides what the radio loses
    std::uint64_t seed = 1;
    std::int64_t interval_ns = 1'000'000'000; ///< from one row of a sensor to the next
    std::int64_t batch_ns = 250'000'000;      ///< from one acknowledgement to the next
    std::int64_t limit_ns = 0; ///< of virtual time; 0: an hour more than all rows need
};

/// What came of it.
struct RelayOutcome {
    std::map<RowName, std::size_t> sent;          ///< to the row's place in the file
    std::map<std::uint64_t, std::uint64_t> first; ///< numbers of each source in this run
    Latencies safe;                               ///< from sending to durable at the gateway
    Latencies acknowledged;                       ///< from sending to known at the sensor
    std::uint64_t short_envelopes = 0;
    std::uint64_t long_envelopes = 0;
    std::uint64_t resends = 0;
    std::uint64_t exchanges = 0;
    std::int64_t duration_ns = 0;
    std::uint64_t packets = 0; ///< that went over the air
};

struct RelayProgress {
    std::uint64_t sent = 0;
    std::uint64_t acknowledged = 0;
};

/// Sends every row through a simulated mesh of the product's own stack, in virtual time: a sensor
/// for each source beside one end of a line of relays, and a gateway with a real store at the
/// other. The same rows, options and seed take the same course.
///
/// errors  `timeout` when the limit came first, `cancelled`, those of the store
Result<RelayOutcome> relay_simulated(env::Random& secrets, GatewayLink& gateway, const Feed& feed,
                                     const SimulatedOptions& options,
                                     const std::function<bool(const RelayProgress&)>& keep_going);

} // namespace torgo::uplink
