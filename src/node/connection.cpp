// A connection is one coroutine on its own strand, so that nothing in it needs a lock: the socket,
// the TLS session and the phase are touched there alone. What may wait for the disk is done by a
// thread of the disk pool while the coroutine sleeps. Deadlines are numbers that somebody else
// looks at, since a timer for each wait would cost more than the wait.
#include "node/connection.hpp"

#include "head/head.hpp"
#include "node/http_reply.hpp"
#include "node/link.hpp"
#include "node/served.hpp"
#include "peer/targets.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace torgo::node {

namespace {

/// What is read at once while a head is awaited; every idle connection has it.
constexpr std::size_t head_piece_size = 2_KiB;
/// A request of which `left` bytes of the body are not read.
struct Call {
    std::uint64_t left = 0;
    bool is_head = false;
    bool keep_alive = true;
    bool expects_continue = false; ///< and has not been told
};

/// A peer's turn to be served.
class Turn {
public:
    Turn(Gate& gate, const PeerId& peer, bool is_stranger)
        : m_gate(gate),
          m_peer(peer),
          m_is_stranger(is_stranger),
          m_has(gate.begin(peer, is_stranger)) {}

    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Turn(Turn&&) = delete;
    Turn& operator=(Turn&&) = delete;

    ~Turn() {
        if (m_has) m_gate.end(m_peer, m_is_stranger);
    }

    explicit operator bool() const noexcept { return m_has; }

private:
    Gate& m_gate;
    PeerId m_peer;
    bool m_is_stranger;
    bool m_has;
};

class Live final : public Connection, public std::enable_shared_from_this<Live> {
public:
    Live(Shared& shared, const Accepted& accepted)
        : m_shared(shared),
          m_is_status(accepted.kind == Listener::Kind::status),
          m_watch(shared, m_deadline_ns, never),
          m_link(shared, m_watch, accepted) {
        m_payer.is_stranger = !m_is_status;
        enter(Phase::handshake);
        m_watch.allow(shared.limits.handshake_time);
    }

    void start(std::function<void()> ended) override {
        const auto self = shared_from_this();
        asio::co_spawn(m_link.executor(), run(),
                       [self, ended = std::move(ended)](const std::exception_ptr& failure) {
                           if (failure) self->m_shared.counters.add(Count::broken);
                           self->m_link.close();
                           if (self->m_entered) self->m_shared.gate.leave(self->m_peer);
                           ended();
                       });
    }

    void look(std::int64_t now_ns) override {
        if (m_deadline_ns <= now_ns) return later([now_ns](Live& live) { live.expire(now_ns); });
        const auto silent_ns = now_ns - m_phase_began_ns;
        const auto tick_ns = std::chrono::nanoseconds(m_shared.limits.tick).count();
        if (m_phase == Phase::idle && silent_ns > tick_ns && !m_released.exchange(true))
            later([](Live& live) { live.release_memory(); });
    }

    void evict() override { close_in(Phase::idle, Count::evicted); }

    void displace() override { close_in(Phase::handshake, Count::handshake_displaced); }

    bool is_status() const noexcept override { return m_is_status; }

    void finish() override {
        later([](Live& live) {
            if (live.m_phase == Phase::request || live.m_phase == Phase::closing) return;
            live.cut();
        });
    }

    void kill() override {
        later([](Live& live) { live.cut(); });
    }

private:
    template <class Act>
    void later(Act act) {
        asio::post(m_link.executor(), [self = shared_from_this(), act] { act(*self); });
    }

    void close_in(Phase phase, Count why) {
        m_doomed = true;
        later([phase, why](Live& live) {
            live.m_doomed = live.m_phase == phase;
            if (!live.m_doomed) return;
            live.m_shared.counters.add(why);
            live.cut();
        });
    }

    void cut() {
        m_doomed = true;
        m_cut = true;
        m_link.close();
    }

    void expire(std::int64_t now_ns) {
        if (m_deadline_ns > now_ns || m_cut) return;
        static constexpr Count counts[] = {Count::handshake_timeout, Count::timeout_idle,
                                           Count::timeout_head, Count::timeout_body};
        if (m_phase != Phase::closing)
            m_shared.counters.add(counts[static_cast<std::size_t>(m_phase.load())]);
        cut();
    }

    void release_memory() {
        if (!m_link.waits() || m_phase != Phase::idle) return;
        m_link.release_memory();
        Bytes().swap(m_piece);
    }

    void enter(Phase phase) {
        m_phase_began_ns = m_shared.clock.monotonic_ns();
        m_released = false;
        m_phase = phase;
    }

    template <class Work>
    Task<void> on_disk(Work work) {
        co_await do_on(m_shared.disk, work);
    }

    Task<void> run() {
        bool open = m_is_status;
        if (!open) open = co_await meet();
        while (open && !m_shared.stopping)
            open = co_await serve_next();
        enter(Phase::closing);
        m_watch.allow(m_shared.limits.linger_time);
        if (!m_cut && !m_broken)
            co_await m_link.say_goodbye(m_piece, m_lingers ? m_shared.limits.linger_size : 0);
        m_watch.rest();
    }

    Task<bool> meet() {
        const auto peer = co_await m_link.shake_hands();
        m_watch.rest();
        m_broken = !peer;
        if (!peer) {
            if (!m_cut) m_shared.counters.add(handshake_failure(peer.error().code()));
            co_return false;
        }
        m_shared.counters.add(Count::handshakes);
        m_peer = *peer;
        m_entered = m_shared.gate.enter(m_peer);
        co_return true;
    }

    Task<bool> serve_next() {
        const auto head = co_await read_head();
        if (!head) co_return false;
        enter(Phase::request);
        Call call{head->body_size, head->method == "HEAD", head->keep_alive,
                  head->expects_continue};
        auto request = to_request(*head);
        if (!request) co_return co_await refuse(call, Response::refuse(request.error(), 405));
        if (m_is_status) co_return co_await serve_status(call, *request);
        const auto retry_after = m_shared.limits.retry_after;
        if (!m_entered) {
            m_shared.counters.add(Count::refused_peer_full);
            call.keep_alive = false;
            co_return co_await refuse(
                call, refuse_for_now("this peer has too many connections", retry_after));
        }
        co_await find_payer(repository_of(*request));
        const Turn turn(m_shared.gate, m_peer, m_payer.is_stranger);
        if (turn) co_return co_await serve(call, *request);
        m_shared.counters.add(Count::refused_busy);
        co_return co_await refuse(call, refuse_for_now("too many requests at once", retry_after));
    }

    /// Whether this request is a stranger's. Who has a right is asked for it now and then: a
    /// revocation makes a stranger of him, and each request would wait for the disk's threads.
    // NODE-14
    Task<void> find_payer(std::optional<RepoId> repository) {
        const auto now_ns = m_shared.clock.monotonic_ns();
        const auto fresh_ns = std::chrono::nanoseconds(m_shared.limits.standing_time).count();
        if (!m_payer.is_stranger && m_payer.repository == repository &&
            now_ns - m_payer_found_ns < fresh_ns)
            co_return;
        m_payer = {.is_stranger = true, .repository = repository};
        m_payer_found_ns = now_ns;
        co_await on_disk(
            [&] { m_payer.is_stranger = !m_shared.service.knows(m_peer, repository); });
    }

    /// The next head; nothing when the connection is to end.
    Task<std::optional<peer::HttpRequestHead>> read_head() {
        peer::HttpRequestParser parser(head::max_segment_size);
        await_head();
        for (std::size_t size = 0; !parser.complete();) {
            if (m_rest.empty()) {
                const auto got = co_await m_link.read(m_buffer, true);
                if (!got || *got == 0) co_return std::nullopt;
                m_rest = ByteView(m_buffer).first(*got);
            }
            if (m_phase != Phase::head) begin_head();
            auto used = parser.feed(m_rest);
            if (used) size += *used;
            if (used && size > m_shared.limits.head_size)
                used = std::unexpected(peer::HttpFault{431, "the head is too long"});
            if (!used) {
                m_shared.counters.add(Count::refused_head);
                m_lingers = true;
                co_await refuse({.keep_alive = false}, refuse_head(used.error()));
                co_return std::nullopt;
            }
            m_rest = m_rest.subspan(*used);
        }
        co_return parser.take();
    }

    void await_head() {
        enter(Phase::idle);
        // Who is to be refused anyway gets no time to think.
        m_watch.allow(m_is_status || m_entered ? m_shared.limits.idle_time
                                               : m_shared.limits.head_time);
    }

    void begin_head() {
        enter(Phase::head);
        m_watch.allow(m_shared.limits.head_time);
    }

    /// How the answer is given if it is given now.
    Served::Manner manner_of(const Call& call) const {
        // Who expects to be asked may send the body or not after a refusal (PEER-5): one cannot
        // know where the next request begins.
        const bool drains = !call.expects_continue && call.left <= m_shared.limits.drain_size;
        return {call.keep_alive && !m_shared.stopping && (call.left == 0 || drains), call.is_head};
    }

    Task<bool> refuse(Call call, Response response) {
        m_watch.rest();
        Served served(m_piece);
        served.answer(std::move(response), manner_of(call));
        co_return co_await reply(served, call);
    }

    Task<bool> serve(Call call, const peer::Request& request) {
        m_watch.rest();
        Served served(m_piece);
        const auto manner = manner_of(call);
        co_await on_disk([&] { served.begin(m_shared.service, request, m_peer, manner); });
        bool open = true;
        if (!served.answered() && call.expects_continue) {
            call.expects_continue = false;
            m_watch.pace();
            const auto told = co_await m_link.write(as_bytes(continue_head));
            open = told.has_value();
        }
        while (open && !served.answered())
            open = co_await take_piece(served, call);
        if (open) co_return co_await reply(served, call);
        co_await on_disk([&] { served.drop(); });
        co_return give_up();
    }

    /// Which repository a request is about, as far as limits go.
    static std::optional<RepoId> repository_of(const peer::Request& request) {
        const auto target = peer::parse_target(request.target);
        if (!target || target->repository == RepoId{}) return std::nullopt;
        return target->repository;
    }

    /// Brings the next piece of a body to the disk. False when the link is broken.
    Task<bool> take_piece(Served& served, Call& call) {
        const auto size =
            static_cast<std::size_t>(std::min<std::uint64_t>(body_piece_size, call.left));
        if (m_piece.size() < size) m_piece.resize(size);
        const auto part = ByteSpan(m_piece).first(size);
        m_watch.pace();
        const bool read = co_await read_body(part);
        m_watch.rest();
        if (!read) co_return false;
        call.left -= size;
        const auto manner = manner_of(call);
        co_await on_disk([&, part] { served.take(part, call.left == 0, manner); });
        co_return true;
    }

    Task<bool> read_body(ByteSpan out) {
        auto pace = m_shared.pace.receiving(m_payer);
        while (!out.empty()) {
            auto size = std::min(out.size(), m_rest.size());
            std::ranges::copy(m_rest.first(size), out.begin());
            m_rest = m_rest.subspan(size);
            if (size == 0) {
                const auto got = co_await m_link.read(out.first(pace.piece(out.size())), false);
                if (!got || *got == 0) co_return false;
                size = *got;
                m_watch.moved(size);
                co_await keep_pace(pace, size);
            }
            out = out.subspan(size);
        }
        co_return true;
    }

    /// Waits for as long as so many bytes take by the limits; no peer is blamed for that.
    Task<void> keep_pace(PaceShare& pace, std::size_t size) {
        const auto delay_ns = pace.take(size);
        if (delay_ns <= 0) co_return;
        m_watch.rest();
        co_await m_link.pause(delay_ns);
        m_watch.pace();
    }

    Task<bool> write_body(ByteView bytes) {
        auto pace = m_shared.pace.sending(m_payer);
        while (!bytes.empty()) {
            const auto piece = bytes.first(pace.piece(bytes.size()));
            const auto sent = co_await m_link.write(piece);
            if (!sent) co_return false;
            bytes = bytes.subspan(piece.size());
            co_await keep_pace(pace, piece.size());
        }
        co_return true;
    }

    /// Sends the answer. True when another request may follow.
    Task<bool> reply(Served& served, Call call) {
        const bool keeps = manner_of(call).keep_alive;
        while (true) {
            m_watch.pace();
            const bool sent = co_await write_body(served.ready());
            m_watch.rest();
            if (sent && served.over()) break;
            if (sent) co_await on_disk([&] { served.refill(); });
            if (sent && !served.failed()) continue;
            co_await on_disk([&] { served.drop(); });
            co_return give_up();
        }
        m_lingers = m_lingers || call.left != 0;
        if (!keeps) co_return false;
        co_return co_await pass_over(call.left);
    }

    Task<bool> pass_over(std::uint64_t size) {
        m_watch.pace();
        m_piece.resize(std::max(m_piece.size(), head_piece_size));
        while (size > 0) {
            const auto part = std::min<std::uint64_t>(size, m_piece.size());
            const bool read = co_await read_body(ByteSpan(m_piece).first(part));
            if (!read) co_return give_up();
            size -= part;
        }
        m_lingers = false;
        co_return true;
    }

    bool give_up() {
        if (!m_cut) m_shared.counters.add(Count::broken);
        m_broken = true;
        return false;
    }

    Task<bool> serve_status(Call call, const peer::Request& request) {
        if (request.method != peer::Method::get)
            co_return co_await refuse(
                call, Response::refuse({Errc::invalid_argument, "GET alone is known here"}, 405));
        if (request.target == "/health") {
            const auto text = as_bytes(m_shared.stopping ? "stopping\n" : "ok\n");
            co_return co_await refuse(
                call, Response(m_shared.stopping ? 503 : 200, Bytes(text.begin(), text.end())));
        }
        if (request.target != "/metrics")
            co_return co_await refuse(call,
                                      Response::refuse({Errc::unsupported, "no such target"}, 404));
        std::string text;
        co_await on_disk([&] { text = m_shared.service.metrics(); });
        text += m_shared.snapshot().render();
        co_return co_await refuse(call, Response(200, Bytes(text.begin(), text.end()))
                                            .with("content-type", "text/plain; version=0.0.4"));
    }

    Shared& m_shared;
    bool m_is_status;
    Watch m_watch;
    Link m_link;
    PeerId m_peer;
    Payer m_payer; ///< of the last request
    std::int64_t m_payer_found_ns = 0;
    Bytes m_piece; ///< through which bodies go, both ways
    std::array<std::uint8_t, head_piece_size> m_buffer{};
    ByteView m_rest; ///< of m_buffer: what was read and belongs to what follows
    std::atomic<bool> m_released = false;
    bool m_entered = false; ///< counted as one of its peer's connections
    bool m_cut = false;     ///< closed from outside of the coroutine
    bool m_broken = false;  ///< no word of farewell
    bool m_lingers = false; ///< the other side may still be sending
};

} // namespace

std::shared_ptr<Connection> Connection::make(Shared& shared, const Accepted& accepted) {
    return std::make_shared<Live>(shared, accepted);
}

} // namespace torgo::node
