#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

namespace torgo::env {

/// When a call that waits must give up: a time of Clock::monotonic_ns.
using Deadline = std::int64_t;

/// A connected byte stream that blocks. One thread reads and one writes at a time; `close` may come
/// from any thread and ends what waits with `cancelled`.
class Stream {
public:
    virtual ~Stream() = default;

    /// Reads 1 to `out.size()` bytes; 0 when the other side has ended.
    /// errors  `timeout` after the deadline, `unavailable` when the connection broke, `cancelled`
    virtual Result<std::size_t> read_some(ByteSpan out, Deadline deadline) = 0;

    /// Writes all of `bytes`. Errors as read_some; how much was written is then not known.
    virtual Result<> write(ByteView bytes, Deadline deadline) = 0;

    /// Ends the connection, both ways. Idempotent.
    virtual void close() noexcept = 0;
};

/// Where a stream leads. `host` is a name or an address without brackets; or, with port 0, the
/// absolute path of a Unix socket.
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;

    bool is_unix() const noexcept { return port == 0; }

    bool operator==(const Endpoint&) const = default;
};

/// A way out of this process. What may only speak through Tor is given one whose only way out is
/// the SOCKS port (tor/onion_network.hpp), so that no code path can open another.
class Network {
public:
    virtual ~Network() = default;

    /// Connects. A request of `stop` ends the wait.
    /// errors  `unavailable` when nobody answers there, `timeout`, `cancelled`, `invalid_argument`
    /// for an endpoint that this network does not lead to
    virtual Result<std::unique_ptr<Stream>> connect(const Endpoint& to, Deadline deadline,
                                                    const std::stop_token& stop) = 0;
};

} // namespace torgo::env
