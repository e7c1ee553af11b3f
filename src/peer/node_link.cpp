// A pool of connections and what one exchange does with one of them. The mutex guards the lists
// only. The wire below TLS is shared with `cancel`, which closes it from outside; it also counts
// and slows the bytes, so that what is counted is what a network's owner would count.
#include "peer/node_link.hpp"

#include "base/ensure.hpp"
#include "peer/http_client.hpp"
#include "peer/tls_stream.hpp"
#include "peer/tracer.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace torgo::peer {

namespace {
constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::size_t body_piece = 64_KiB;
constexpr std::size_t wire_piece = 128_KiB;
// How long a wait of our own making may go on after `cancel`.
constexpr std::int64_t nap_ns = 50'000'000;
/// What a node has to send the next bytes after we let it wait.
constexpr std::int64_t own_wait_grace_ns = 5 * second_ns;

std::string host_field(const env::Endpoint& endpoint) {
    if (endpoint.is_unix()) return "localhost";
    const bool brackets = endpoint.host.contains(':');
    const auto host = brackets ? "[" + endpoint.host + "]" : endpoint.host;
    return host + ":" + std::to_string(endpoint.port);
}

/// One more as long as it lives.
class Counted {
public:
    explicit Counted(std::atomic<std::uint64_t>& count) : m_count(count) { ++m_count; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    Counted(Counted&&) = delete;
    Counted& operator=(Counted&&) = delete;
    ~Counted() { --m_count; }

private:
    std::atomic<std::uint64_t>& m_count;
};

std::unexpected<Error> was_cancelled() {
    return fail(Errc::cancelled, "the link was given up");
}
} // namespace

LinkLimits LinkLimits::onion() noexcept {
    return {.connect_ns = 30 * second_ns,
            .answer_ns = 60 * second_ns,
            .progress_ns = 20 * second_ns,
            .patience_ns = 10 * second_ns,
            .idle_ns = 120 * second_ns,
            .rest_ns = 20 * second_ns};
}

/// The raw stream, owned together with the link's list.
class NodeLink::Wire final : public env::Stream {
public:
    Wire(NodeLink& link, std::shared_ptr<env::Stream> raw) : m_link(link), m_raw(std::move(raw)) {}

    /// What we wait for ourselves is not the node's fault: it has a while after that as well.
    Result<std::size_t> read_some(ByteSpan out, env::Deadline deadline) override {
        auto& bucket = *m_link.m_limits.down;
        const auto most = std::min(out.size(), bucket.piece(wire_piece));
        TRY(const auto size, m_raw->read_some(out.first(most), std::max(deadline, m_read_until)));
        m_link.m_bytes_down += size;
        const auto delay = bucket.take(size);
        CHECK_OK(m_link.wait(delay));
        if (delay > 0) m_read_until = m_link.in(own_wait_grace_ns);
        return size;
    }

    Result<> write(ByteView bytes, env::Deadline deadline) override {
        while (!bytes.empty()) {
            auto& bucket = *m_link.m_limits.up;
            const auto piece = bytes.first(std::min(bytes.size(), bucket.piece(wire_piece)));
            const auto delay = bucket.take(piece.size());
            CHECK_OK(m_link.wait(delay));
            deadline += delay; // what we wait for ourselves is not the node's fault
            CHECK_OK(m_raw->write(piece, deadline));
            m_link.m_bytes_up += piece.size();
            bytes = bytes.subspan(piece.size());
        }
        return {};
    }

    void close() noexcept override { m_raw->close(); }

private:
    NodeLink& m_link;
    std::shared_ptr<env::Stream> m_raw;
    env::Deadline m_read_until = 0;
};

struct NodeLink::Connection {
    HttpClient http;
    std::int64_t used_ns = 0;
    bool reused = false;
};

/// A request on its way.
struct NodeLink::Sending {
    const Request& request;
    const BodySource& source;
    std::vector<HttpField> fields{};
    Bytes small_body{};
    bool body_asked = false; ///< some of it is gone: it can not be sent again

    bool asks_first() const noexcept { return request.body_size >= ask_first_size; }

    void make_fields(env::Random& random) {
        for (const auto& header : request.headers)
            fields.push_back({header.name, header.value});
        if (find_header(request.headers, trace_header).empty())
            fields.push_back({std::string(trace_header), make_traceparent(random)});
    }

    Result<> keep_small_body() {
        if (asks_first()) return {};
        small_body.resize(static_cast<std::size_t>(request.body_size));
        for (std::size_t at = 0; at < small_body.size();) {
            TRY(const auto got, source(ByteSpan(small_body).subspan(at)));
            if (got == 0) return too_short();
            at += got;
        }
        return {};
    }

    static std::unexpected<Error> too_short() {
        return fail(Errc::invalid_argument, "a body is shorter than was said");
    }
};

/// The right to one of the connections, and the connection.
class NodeLink::Lease {
public:
    std::unique_ptr<Connection> connection;

    explicit Lease(NodeLink& link) : m_link(&link) {}

    Lease(Lease&& other) noexcept
        : connection(std::move(other.connection)), m_link(std::exchange(other.m_link, nullptr)) {}

    Lease& operator=(Lease&&) = delete;

    ~Lease() {
        if (m_link != nullptr) m_link->release(std::move(connection));
    }

private:
    NodeLink* m_link;
};

NodeLink::NodeLink(env::Network& network, NodePlace place, const crypto::TlsContext& context,
                   env::Clock& clock, env::Random& random, const LinkLimits& limits)
    : m_network(network),
      m_place(std::move(place)),
      m_context(context),
      m_clock(clock),
      m_random(random),
      m_limits(limits) {
    if (!m_limits.up) m_limits.up = std::make_shared<head::TokenBucket>(clock, 0U);
    if (!m_limits.down) m_limits.down = std::make_shared<head::TokenBucket>(clock, 0U);
    ENSURE(limits.connections >= 1 && !m_place.endpoints.empty());
}

NodeLink::~NodeLink() {
    cancel();
    ENSURE(m_taken == 0);
}

void NodeLink::cancel() noexcept {
    std::vector<std::shared_ptr<env::Stream>> wires;
    {
        const std::lock_guard lock(m_mutex);
        m_cancelled = true;
        m_stop.request_stop();
        for (const auto& wire : m_wires)
            if (auto open = wire.lock()) wires.push_back(std::move(open));
    }
    m_freed.notify_all();
    for (const auto& wire : wires)
        wire->close();
    drop_idle();
}

LinkStatistics NodeLink::statistics() const noexcept {
    return {.connections = m_connections,
            .replaced = m_replaced,
            .requests = m_requests,
            .open = m_open,
            .bytes_up = m_bytes_up,
            .bytes_down = m_bytes_down};
}

Result<> NodeLink::wait(std::int64_t duration_ns) {
    while (duration_ns > 0 && !m_cancelled) {
        const auto nap = std::min(duration_ns, nap_ns);
        m_clock.sleep_ns(nap);
        duration_ns -= nap;
    }
    return m_cancelled ? was_cancelled() : Result<>{};
}

/// An Exchanger knows four ways to fail. That a stranger's bytes are no TLS or no HTTP must not
/// look like a damaged segment (PEER-4).
Error NodeLink::translate(Error error) const {
    if (m_cancelled) return was_cancelled().error();
    switch (error.code()) {
    case Errc::timeout:
    case Errc::cancelled:
    case Errc::authentication:
    case Errc::unavailable:
        return error;
    default:
        return {Errc::unavailable, error.detail()};
    }
}

void NodeLink::drop_idle() noexcept {
    std::vector<std::unique_ptr<Connection>> dropped;
    const std::lock_guard lock(m_mutex);
    dropped.swap(m_idle);
}

/// Takes those out of the pool that were idle for too long. With the mutex held; their end is for
/// the caller, without it.
std::vector<std::unique_ptr<NodeLink::Connection>> NodeLink::take_expired() {
    const auto oldest = m_clock.monotonic_ns() - m_limits.idle_ns;
    const auto fresh = std::ranges::find_if(
        m_idle, [oldest](const auto& idle) { return idle->used_ns >= oldest; });
    std::vector<std::unique_ptr<Connection>> expired(std::make_move_iterator(m_idle.begin()),
                                                     std::make_move_iterator(fresh));
    m_idle.erase(m_idle.begin(), fresh);
    return expired;
}

Result<NodeLink::Lease> NodeLink::acquire() {
    Lease lease(*this);
    std::vector<std::unique_ptr<Connection>> expired;
    {
        std::unique_lock lock(m_mutex);
        m_freed.wait(lock, [this] { return m_cancelled || m_taken < m_limits.connections; });
        ++m_taken;
        if (m_cancelled) return was_cancelled();
        expired = take_expired();
        if (!m_idle.empty()) {
            lease.connection = std::move(m_idle.back());
            lease.connection->reused = true;
            m_idle.pop_back();
        }
    }
    expired.clear();
    if (!lease.connection) {
        TRY(lease.connection, connect());
    }
    return lease;
}

void NodeLink::release(std::unique_ptr<Connection> connection) noexcept {
    {
        const std::lock_guard lock(m_mutex);
        --m_taken;
        if (connection && connection->http.usable() && !m_cancelled) {
            connection->used_ns = m_clock.monotonic_ns();
            m_idle.push_back(std::move(connection));
        }
    }
    m_freed.notify_one();
}

/// Who waits for a dead onion service waits for half a minute; not each call anew.
Result<> NodeLink::may_connect() {
    const std::lock_guard lock(m_mutex);
    if (m_failure && m_clock.monotonic_ns() < m_resting_until) return std::unexpected(*m_failure);
    return {};
}

void NodeLink::note_failure(const Error& error) {
    const std::lock_guard lock(m_mutex);
    m_failure = error;
    m_resting_until = in(m_limits.rest_ns);
}

Result<std::unique_ptr<NodeLink::Connection>> NodeLink::connect() {
    CHECK_OK(may_connect());
    const std::size_t first = m_first_endpoint;
    std::optional<Error> reason;
    for (std::size_t i = 0; i < m_place.endpoints.size(); ++i) {
        const auto at = (first + i) % m_place.endpoints.size();
        const auto& endpoint = m_place.endpoints[at];
        auto made = connect_to(endpoint);
        if (made) {
            m_first_endpoint = at;
            ++m_connections;
            return made;
        }
        reason = translate(std::move(made).error()).with(endpoint.host);
        if (reason->code() == Errc::cancelled) break;
    }
    note_failure(*reason);
    return std::unexpected(*std::move(reason));
}

Result<std::unique_ptr<NodeLink::Connection>> NodeLink::connect_to(const env::Endpoint& endpoint) {
    const auto deadline = in(m_limits.connect_ns);
    TRY(auto raw, m_network.connect(endpoint, deadline, m_stop.get_token()));
    TRY(auto wire, register_wire(std::move(raw)));
    TRY(auto stream, tls_connect(std::move(wire), m_context, m_place.id, deadline));
    return std::make_unique<Connection>(HttpClient(std::move(stream), host_field(endpoint)));
}

Result<std::unique_ptr<env::Stream>> NodeLink::register_wire(std::unique_ptr<env::Stream> raw) {
    const std::shared_ptr<env::Stream> shared = std::move(raw);
    const std::lock_guard lock(m_mutex);
    if (m_cancelled) return was_cancelled();
    std::erase_if(m_wires, [](const auto& wire) { return wire.expired(); });
    m_wires.push_back(shared);
    return std::make_unique<Wire>(*this, shared);
}

Result<Answer> NodeLink::exchange(const Request& request, const BodySource& source,
                                  const BodySink& sink) {
    ++m_requests;
    const Counted counted(m_open);
    Sending sending{.request = request, .source = source};
    sending.make_fields(m_random);
    CHECK_OK(sending.keep_small_body());
    TRY(auto lease, acquire());
    auto head = ask(*lease.connection, sending);
    if (!head && head.error().code() == Errc::unavailable && lease.connection->reused &&
        !sending.body_asked) {
        ++m_replaced;
        drop_idle(); // they are older still
        lease.connection.reset();
        TRY(lease.connection, connect());
        head = ask(*lease.connection, sending);
    }
    auto answer = head ? receive(*lease.connection, *std::move(head), sink)
                       : Result<Answer>(std::unexpected(std::move(head).error()));
    if (!answer && answer.error().code() == Errc::timeout) drop_idle(); // they hang too
    return answer;
}

Result<HttpResponseHead> NodeLink::ask(Connection& connection, Sending& sending) {
    auto& http = connection.http;
    const HttpRequest request{.method = name(sending.request.method),
                              .target = sending.request.target,
                              .fields = sending.fields,
                              .body_size = sending.request.body_size,
                              .ask_first = sending.asks_first()};
    if (auto begun = http.begin(request, sending.small_body, in(m_limits.progress_ns)); !begun)
        return std::unexpected(translate(std::move(begun).error()));
    if (sending.asks_first()) {
        const auto wanted = http.may_send_body(in(m_limits.patience_ns), in(m_limits.answer_ns));
        if (!wanted) return std::unexpected(translate(wanted.error()));
        if (*wanted) CHECK_OK(send_body(connection, sending));
    }
    auto head = http.finish(in(m_limits.answer_ns));
    if (!head) return std::unexpected(translate(std::move(head).error()));
    return *std::move(head);
}

/// Sends the body, or as much of it as the node takes: one that refuses it may answer and end the
/// connection, and the answer is worth more than the error (PEER-5).
Result<> NodeLink::send_body(Connection& connection, Sending& sending) {
    Bytes piece(body_piece);
    auto left = sending.request.body_size;
    while (left > 0) {
        const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
        sending.body_asked = true;
        TRY(const auto got, sending.source(ByteSpan(piece).first(room)));
        if (got == 0) return Sending::too_short();
        const auto sent =
            connection.http.send_body(ByteView(piece).first(got), in(m_limits.progress_ns));
        if (!sent && sent.error().code() == Errc::unavailable) return {};
        if (!sent) return std::unexpected(translate(sent.error()));
        left -= got;
    }
    return {};
}

Result<Answer> NodeLink::receive(Connection& connection, HttpResponseHead head,
                                 const BodySink& sink) {
    Answer answer{.status = head.status,
                  .headers = {},
                  .body_size = head.announced_size.value_or(head.body_size)};
    for (auto& field : head.fields)
        if (field.name != "content-length" && field.name != "connection")
            answer.headers.push_back({std::move(field.name), std::move(field.value)});
    Bytes room(static_cast<std::size_t>(std::min<std::uint64_t>(head.body_size, wire_piece)));
    while (true) {
        const auto got = connection.http.read_body(room, in(m_limits.progress_ns));
        if (!got) return std::unexpected(translate(got.error()));
        if (*got == 0) return answer;
        CHECK_OK(sink(answer, ByteView(room).first(*got)));
    }
}

} // namespace torgo::peer
