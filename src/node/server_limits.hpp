#pragma once

#include "base/bytes.hpp"
#include "head/rate_plan.hpp"
#include "peer/http_head.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace torgo::node {

/// How fast bodies may pass.
struct PaceLimits {
    head::RatePlan receive = {};         ///< of all repositories together
    head::RatePlan send = {};            ///< as that
    head::RatePlan each_repository = {}; ///< of each, each way
};

/// What a server lets strangers take. One struct, so that a test can make each limit small.
/// source  docs/design/node-server.md gives the reasons
struct ServerLimits {
    unsigned network_threads = 2;
    unsigned disk_threads = 4;
    /// Of the least priority; each shakes some 300 hands a second.
    unsigned handshake_threads = 1;
    /// While so many steps of handshakes wait for these threads nobody is accepted: else those who
    /// wait would be displaced by younger ones, and none would end.
    std::size_t handshake_queue = 16;
    std::chrono::milliseconds queue_pause{2}; ///< until it is looked at again

    /// Each is an open file. A process may have 1,024 where nobody says more; half are for the
    /// disk.
    std::size_t connections = 512;
    std::size_t connections_per_peer = 32;
    /// Besides, for who looks after the node: a flood is when the metrics are needed.
    std::size_t status_connections = 8;
    std::size_t handshakes = 64; ///< at once; over it the oldest is broken off
    std::size_t requests = 128;  ///< at once; over it 503
    std::size_t requests_per_peer = 16;
    /// Of those, at once, of all who have no right to what they ask for (NODE-14); over it 503.
    std::size_t stranger_requests = 32;
    /// For so long a right that was found is not looked for again.
    std::chrono::milliseconds standing_time{5'000};
    std::size_t head_size = peer::http_head_size_max; ///< at most that

    std::chrono::milliseconds handshake_time{20'000};
    std::chrono::milliseconds head_time{20'000};  ///< from its first byte
    std::chrono::milliseconds idle_time{300'000}; ///< from one request to the next
    /// In each window the body must advance by as much as this rate gives, or end.
    std::uint64_t body_rate = 512; ///< bytes a second
    std::chrono::milliseconds body_window{120'000};

    PaceLimits pace = {};

    /// What is left of a refused request's body is passed over up to so much; else the connection
    /// ends with the answer.
    std::uint64_t drain_size = 64_KiB;
    /// After the last answer so much, for so long, is read and thrown away, since a connection that
    /// is closed with bytes unread takes the answer with it.
    std::uint64_t linger_size = 4_MiB;
    std::chrono::milliseconds linger_time{5'000};

    std::chrono::milliseconds tick{250};           ///< how often deadlines are looked at
    std::chrono::milliseconds accept_backoff{200}; ///< after accept failed, as for want of files
    std::chrono::seconds retry_after{5};           ///< told to who is refused for now
};

/// What goes between network and disk at once.
inline constexpr std::size_t body_piece_size = 256_KiB;
/// Encrypted at once, and written with one call.
inline constexpr std::size_t write_piece_size = 64_KiB;
/// What a connection with a request takes at most: a piece; what came from the wire
/// (TlsSession::input_size_max); what goes there, twice, and answers to changes of keys; the
/// session and the connection itself.
inline constexpr std::size_t busy_connection_size =
    body_piece_size + 128_KiB + 2 * (write_piece_size + 1_KiB) + 64_KiB + 48_KiB;

} // namespace torgo::node
