#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/tls.hpp"
#include "env/clock.hpp"
#include "env/network.hpp"
#include "env/random.hpp"
#include "head/token_bucket.hpp"
#include "peer/exchange.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

namespace torgo::peer {

struct HttpResponseHead;

/// How many connections a link has, and how long it waits for what. Times in nanoseconds.
/// source  docs/design/links.md
struct LinkLimits {
    std::size_t connections = 4;             ///< at once, at least 1
    std::int64_t connect_ns = 5'000'000'000; ///< to one endpoint, with the handshake
    /// From the end of a request to the head of its answer: the node may have to flush a disk.
    std::int64_t answer_ns = 30'000'000'000;
    std::int64_t progress_ns = 10'000'000'000; ///< without one more piece of a body, either way
    std::int64_t patience_ns = 2'000'000'000;  ///< with a node that was asked if it wants a body
    std::int64_t idle_ns = 45'000'000'000;     ///< after which a connection is not used again
    /// After nobody could be reached, until the next try: calls fail at once meanwhile. 0: none.
    std::int64_t rest_ns = 0;
    /// What may pass on the wire, with whatever other links share it; null: as much as it takes.
    std::shared_ptr<head::TokenBucket> up = nullptr;
    std::shared_ptr<head::TokenBucket> down = nullptr;

    static LinkLimits lan() noexcept { return {}; }

    /// Round trips of up to 1.5 s, 0.2 MB/s and megabytes that wait in relays; a node that hangs
    /// says nothing, for ever.
    static LinkLimits onion() noexcept;
};

/// Bodies of so many bytes are sent only when the node wants them; smaller ones are kept until the
/// answer is there.
inline constexpr std::uint64_t ask_first_size = 64 * 1024;

/// Who a node is, and where it is looked for.
struct NodePlace {
    PeerId id;
    std::vector<env::Endpoint> endpoints; ///< 1 or more, tried in turn
};

struct LinkStatistics {
    std::uint64_t connections = 0; ///< that were made
    std::uint64_t replaced = 0;    ///< idle ones that turned out to be broken
    std::uint64_t requests = 0;
    std::uint64_t open = 0;     ///< requests that wait for a connection or an answer
    std::uint64_t bytes_up = 0; ///< on the wire, with all that is around the bodies
    std::uint64_t bytes_down = 0;
};

/// The client's side of the link to one node: a few connections that are kept, each with one
/// request at a time. Whether the network is the local one or that of onions it does not know.
///
/// Every request of the protocol is fit to be made again (PEER-6), and is, once, when the
/// connection was an old one and broke before the answer while the body was not yet asked for.
/// Beyond that nothing is repeated here: RetryHead does.
class NodeLink final : public Exchanger {
public:
    /// in  `network`, `context` (a client's), `clock` and `random` outlive the link
    NodeLink(env::Network& network, NodePlace place, const crypto::TlsContext& context,
             env::Clock& clock, env::Random& random, const LinkLimits& limits);

    NodeLink(const NodeLink&) = delete;
    NodeLink& operator=(const NodeLink&) = delete;

    /// No exchange may be running.
    ~NodeLink() override;

    /// Waits for a free connection for as long as others use them all. A `traceparent` is added
    /// where the request has none.
    /// errors  as Exchanger; what is no answer of a node is `unavailable` too
    Result<Answer> exchange(const Request& request, const BodySource& source,
                            const BodySink& sink) override;

    void cancel() noexcept override;

    bool is_cancelled() const noexcept { return m_cancelled; }

    LinkStatistics statistics() const noexcept;

private:
    class Wire;
    class Lease;
    struct Connection;
    struct Sending;

    std::int64_t in(std::int64_t duration_ns) const { return m_clock.monotonic_ns() + duration_ns; }

    Result<Lease> acquire();
    void release(std::unique_ptr<Connection> connection) noexcept;
    void drop_idle() noexcept;
    std::vector<std::unique_ptr<Connection>> take_expired();

    Result<> may_connect();
    void note_failure(const Error& error);
    Result<std::unique_ptr<Connection>> connect();
    Result<std::unique_ptr<Connection>> connect_to(const env::Endpoint& endpoint);
    Result<std::unique_ptr<env::Stream>> register_wire(std::unique_ptr<env::Stream> raw);

    Result<HttpResponseHead> ask(Connection& connection, Sending& sending);
    Result<> send_body(Connection& connection, Sending& sending);
    Result<Answer> receive(Connection& connection, HttpResponseHead head, const BodySink& sink);

    Error translate(Error error) const;
    Result<> wait(std::int64_t duration_ns);

    env::Network& m_network;
    NodePlace m_place;
    const crypto::TlsContext& m_context;
    env::Clock& m_clock;
    env::Random& m_random;
    LinkLimits m_limits;

    std::atomic<bool> m_cancelled = false;
    std::stop_source m_stop;                       ///< of what connects
    std::atomic<std::size_t> m_first_endpoint = 0; ///< the one that answered last
    std::atomic<std::uint64_t> m_connections = 0;
    std::atomic<std::uint64_t> m_replaced = 0;
    std::atomic<std::uint64_t> m_requests = 0;
    std::atomic<std::uint64_t> m_open = 0;
    std::atomic<std::uint64_t> m_bytes_up = 0;
    std::atomic<std::uint64_t> m_bytes_down = 0;

    std::mutex m_mutex; ///< of what follows; nobody waits for the network with it
    std::condition_variable m_freed;
    std::optional<Error> m_failure; ///< of the last try to connect
    std::int64_t m_resting_until = 0;
    std::size_t m_taken = 0;                         ///< connections in use
    std::vector<std::unique_ptr<Connection>> m_idle; ///< the last used one at the end
    std::vector<std::weak_ptr<env::Stream>> m_wires; ///< all that are open, for cancel
};

} // namespace torgo::peer
