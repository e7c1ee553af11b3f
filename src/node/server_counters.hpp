#pragma once

#include "base/error.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

namespace torgo::node {

/// What a server counts since it began.
enum class Count : std::uint8_t {
    accepted,
    accept_failed,
    refused_full,      ///< closed at once: as many connections as may be, none of them idle
    refused_peer_full, ///< 503 to a peer's connection that is one too many
    refused_busy,      ///< 503 to a request that is one too many
    refused_head,      ///< a head that is no HTTP, or too long
    evicted,           ///< idle, closed for a new connection
    handshakes,
    handshake_authentication,
    handshake_unsupported,
    handshake_corrupt,
    handshake_unavailable,
    handshake_timeout,
    handshake_displaced, ///< broken off for a newer one
    timeout_idle,
    timeout_head,
    timeout_body,
    broken,   ///< the link or the disk failed within a request
    received, ///< bytes of the wire
    sent,
};
inline constexpr std::size_t count_kinds = static_cast<std::size_t>(Count::sent) + 1;

/// The counts at one moment.
struct ServerCounters {
    std::array<std::uint64_t, count_kinds> values{};
    std::uint64_t open_connections = 0;

    std::uint64_t of(Count kind) const noexcept { return values[static_cast<std::size_t>(kind)]; }

    /// Prometheus text format 0.0.4.
    std::string render() const;
};

/// The same while they grow. Thread-safe.
class LiveCounters {
public:
    void add(Count kind, std::uint64_t amount = 1) noexcept {
        m_values[static_cast<std::size_t>(kind)].fetch_add(amount, std::memory_order_relaxed);
    }

    ServerCounters snapshot(std::uint64_t open_connections) const noexcept;

private:
    std::array<std::atomic<std::uint64_t>, count_kinds> m_values{};
};

/// Under which count a handshake that failed so belongs.
Count handshake_failure(Errc code) noexcept;

} // namespace torgo::node
