#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "env/network.hpp"
#include "peer/http_response.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace torgo::peer {

/// One request, as a client makes it. Host, Content-Length and Expect are added to its fields.
struct HttpRequest {
    std::string_view method;
    std::string_view target; ///< begins with '/'
    std::span<const HttpField> fields = {};
    std::uint64_t body_size = 0;
    /// Ask before the body is sent; for bodies that are worth a round trip.
    bool ask_first = false;
};

/// One connection over which requests go one after another. Not thread-safe.
///
/// A request goes: `begin`, where it asks first `may_send_body`, `send_body` until the announced
/// size is sent, `finish`, and `read_body` until it gives 0. `exchange` does all but the last.
/// After an error, or when `usable` is false, the connection can only be closed.
class HttpClient {
public:
    /// in  `host`, what the Host field says
    HttpClient(std::unique_ptr<env::Stream> stream, std::string host);

    /// False when another request needs another connection: after an error, where a body was left
    /// unsent or unread, and where the server said so.
    bool usable() const noexcept { return m_state == State::idle; }

    /// Sends the head; a body that is at hand can go with it: `body_start`, its first bytes.
    /// errors  `invalid_argument` for what cannot stand in a head; those of the stream
    Result<> begin(const HttpRequest& request, ByteView body_start, env::Deadline deadline);

    /// Waits, until `patience` at most, for a server that was asked. True when it wants the body,
    /// or says nothing; false when its response is there already, and the body is not to be sent.
    Result<bool> may_send_body(env::Deadline patience, env::Deadline deadline);

    /// The next piece of the body. errors  those of the stream
    Result<> send_body(ByteView piece, env::Deadline deadline);

    /// The head of the response.
    /// errors  those of HttpResponseParser and of the stream; `unavailable` when the server ended
    ///         the connection first
    Result<HttpResponseHead> finish(env::Deadline deadline);

    /// begin, may_send_body, send_body and finish. A response that comes while the body is being
    /// sent, from a server that then ends the connection, is found.
    Result<HttpResponseHead> exchange(const HttpRequest& request, ByteView body,
                                      env::Deadline patience, env::Deadline deadline);

    /// Reads 1 to `out.size()` bytes of the body; 0 at its end.
    Result<std::size_t> read_body(ByteSpan out, env::Deadline deadline);

    /// The whole body. errors  `limit_exceeded`, before anything is read
    Result<Bytes> read_whole_body(std::size_t size_max, env::Deadline deadline);

    void close() noexcept { m_stream->close(); }

private:
    enum class State : std::uint8_t { idle, sending, reading, done };

    Result<> fill(env::Deadline deadline);
    Result<HttpResponseHead> receive_head(env::Deadline deadline);
    Result<bool> feed_parser();
    void end_response();
    ByteView buffered() const noexcept;

    std::unique_ptr<env::Stream> m_stream;
    std::string m_host;
    HttpResponseParser m_parser;
    Bytes m_buffer;
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
    std::uint64_t m_unsent = 0;
    std::uint64_t m_unread = 0;
    int m_continues = 0;
    bool m_keep_alive = true;
    State m_state = State::idle;
};

} // namespace torgo::peer
