#pragma once

// Private to connection.cpp, which alone may include it (Boost costs seconds): a socket with or
// without TLS, and what watches over its pace. Used on the connection's strand only.

#include "node/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <optional>

namespace torgo::node {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;
template <class T>
using Task = asio::awaitable<T>;
inline constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

/// Lets a thread of another pool do it, and goes on where it was.
template <class Pool, class Work>
Task<void> do_on(Pool& pool, Work work) {
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
        [](auto handler, Pool& there, Work job) {
            asio::post(there, [handler = std::move(handler), job]() mutable {
                job();
                const auto executor = asio::get_associated_executor(handler);
                asio::post(executor, std::move(handler));
            });
        },
        asio::use_awaitable, std::ref(pool), work);
}

/// Of what the kernel keeps unsent. More would let a peer seem to take bytes that it does not.
inline constexpr int unsent_size = 64 * 1024;

/// When a connection is to be closed: after so long, or when its body moves too slowly.
class Watch {
public:
    Watch(const Shared& shared, std::atomic<std::int64_t>& deadline_ns, std::int64_t never)
        : m_shared(shared), m_deadline_ns(deadline_ns), m_never(never) {}

    void allow(std::chrono::nanoseconds time) {
        m_paced = false;
        m_deadline_ns = m_shared.clock.monotonic_ns() + time.count();
    }

    void rest() {
        m_paced = false;
        m_deadline_ns = m_never;
    }

    void pace() {
        const auto window = m_shared.limits.body_window;
        allow(window);
        m_paced = true;
        const auto size = m_shared.limits.body_rate * static_cast<std::uint64_t>(window.count());
        m_left = std::max<std::uint64_t>(size / 1000, 1);
    }

    void moved(std::size_t size) {
        if (!m_paced) return;
        if (size >= m_left) return pace();
        m_left -= size;
    }

private:
    const Shared& m_shared;
    std::atomic<std::int64_t>& m_deadline_ns;
    std::int64_t m_never;
    std::uint64_t m_left = 0;
    bool m_paced = false;
};

inline Error broken(const ErrorCode& error) {
    return {Errc::unavailable, error.message()};
}

/// A socket, with TLS or without.
class Link {
public:
    Link(Shared& shared, Watch& watch, const Accepted& accepted)
        : m_shared(shared),
          m_watch(watch),
          m_socket(asio::make_strand(shared.network)),
          m_pause(m_socket.get_executor()) {
        const int protocol = accepted.family == AF_UNIX ? 0 : IPPROTO_TCP;
        ErrorCode error;
        m_socket.assign({accepted.family, protocol}, accepted.socket, error);
        if (error) ::close(accepted.socket);
        if (accepted.kind == Listener::Kind::peers) m_tls.emplace(shared.tls);
        if (accepted.family == AF_UNIX) return;
        // Failures only make it slower.
        const int on = 1;
        (void)::setsockopt(accepted.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        (void)::setsockopt(accepted.socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_size,
                           sizeof unsent_size);
    }

    auto executor() { return m_socket.get_executor(); }

    void close() {
        ErrorCode ignored;
        m_socket.close(ignored);
        m_pause.cancel();
    }

    // NODE-13
    Task<Result<PeerId>> shake_hands() {
        while (true) {
            Result<bool> done = false;
            ++m_shared.reckoned;
            co_await do_on(m_shared.handshakes, [&] { done = m_tls->handshake(); });
            --m_shared.reckoned;
            const auto flushed = co_await flush(); // also the alert
            if (!done) co_return std::unexpected(std::move(done).error());
            if (!flushed) co_return std::unexpected(flushed.error());
            if (*done) co_return m_tls->peer();
            const auto received = co_await receive();
            if (!received) co_return std::unexpected(received.error());
        }
    }

    /// Reads 1 to out.size() bytes, 0 at the end. `patiently`, with no memory taken while it waits.
    Task<Result<std::size_t>> read(ByteSpan out, bool patiently) {
        while (true) {
            auto size = m_tls ? m_tls->decrypt(out) : Result<std::size_t>(0);
            if (!size || *size != 0 || (m_tls && m_tls->ended())) co_return size;
            if (m_tls && !m_tls->output().empty()) {
                const auto flushed = co_await flush();
                if (!flushed) co_return std::unexpected(flushed.error());
            }
            if (patiently) co_await wait();
            if (!m_tls) co_return co_await read_raw(out);
            const auto received = co_await receive();
            if (!received) co_return std::unexpected(received.error());
        }
    }

    Task<Result<>> write(ByteView plain) {
        if (!m_tls) co_return co_await write_raw(plain);
        while (!plain.empty()) {
            const auto taken =
                m_tls->encrypt(plain.first(std::min(plain.size(), write_piece_size)));
            if (!taken) co_return std::unexpected(taken.error());
            plain = plain.subspan(*taken);
            const auto flushed = co_await flush();
            if (!flushed) co_return flushed;
        }
        co_return Result<>{};
    }

    /// Says that no more comes, and throws away what the other side still says.
    Task<void> say_goodbye(Bytes& scratch, std::uint64_t linger_size) {
        if (m_tls && m_tls->close_notify()) {
            const auto flushed = co_await flush();
            if (!flushed) co_return;
        }
        ErrorCode ignored;
        m_socket.shutdown(Socket::shutdown_send, ignored);
        for (auto left = linger_size; left > 0;) {
            scratch.resize(std::max(scratch.size(), std::size_t{write_piece_size}));
            const auto got = co_await read_raw(scratch);
            if (!got || *got == 0) co_return;
            left -= std::min<std::uint64_t>(left, *got);
        }
    }

    /// Waits for its own sake; `close` ends that.
    Task<void> pause(std::int64_t duration_ns) {
        if (duration_ns <= 0 || !m_socket.is_open()) co_return;
        m_pause.expires_after(std::chrono::nanoseconds(duration_ns));
        (void)co_await m_pause.async_wait(quietly);
    }

    /// True when it waits patiently, so that nothing of it is in use.
    bool waits() const noexcept { return m_waits; }

    void release_memory() {
        if (m_tls) m_tls->release_memory();
        Bytes().swap(m_wire_out);
    }

private:
    Task<void> wait() {
        m_waits = true;
        (void)co_await m_socket.async_wait(Socket::wait_read, quietly); // reading tells of errors
        m_waits = false;
    }

    Task<Result<std::size_t>> read_raw(ByteSpan out) {
        const auto [error, size] =
            co_await m_socket.async_read_some(asio::buffer(out.data(), out.size()), quietly);
        m_shared.counters.add(Count::received, size);
        if (error == asio::error::eof) co_return std::size_t{0};
        if (error) co_return std::unexpected(broken(error));
        co_return size;
    }

    Task<Result<>> receive() {
        const auto got = co_await read_raw(m_tls->input_space());
        if (!got) co_return std::unexpected(got.error());
        if (*got == 0)
            m_tls->input_ended();
        else
            m_tls->input_filled(*got);
        co_return Result<>{};
    }

    Task<Result<>> flush() {
        m_tls->take_output(m_wire_out);
        co_return co_await write_raw(m_wire_out);
    }

    Task<Result<>> write_raw(ByteView bytes) {
        while (!bytes.empty()) {
            const auto [error, size] = co_await m_socket.async_write_some(
                asio::buffer(bytes.data(), bytes.size()), quietly);
            if (error) co_return std::unexpected(broken(error));
            m_shared.counters.add(Count::sent, size);
            m_watch.moved(size);
            bytes = bytes.subspan(size);
        }
        co_return Result<>{};
    }

    Shared& m_shared;
    Watch& m_watch;
    Socket m_socket;
    asio::steady_timer m_pause; ///< between pieces, where there is a limit
    std::optional<crypto::TlsSession> m_tls;
    Bytes m_wire_out;
    bool m_waits = false;
};

} // namespace torgo::node
