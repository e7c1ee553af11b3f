#include "peer/http_client.hpp"

#include "base/ensure.hpp"
#include "peer/http_request.hpp"

#include <algorithm>
#include <utility>

namespace torgo::peer {

namespace {
constexpr std::size_t buffer_size = 64_KiB;
// What goes in one write with the head, and in one record if it is small.
constexpr std::size_t body_with_head_max = 64_KiB;
// One is asked for; a proxy may add its own.
constexpr int continues_max = 4;

bool is_good_request(const HttpRequest& request) {
    const auto own = [](const HttpField& field) {
        return field.name == "host" || field.name == "content-length" || field.name == "expect" ||
               field.name == "transfer-encoding" || field.name == "connection";
    };
    return !request.method.empty() && request.method.size() <= http_method_size_max &&
           std::ranges::all_of(request.method, is_token_char) && request.target.starts_with('/') &&
           request.target.size() <= http_target_size_max &&
           std::ranges::all_of(request.target,
                               [](char c) { return c > 0x20 && c < 0x7f && c != '#'; }) &&
           std::ranges::all_of(request.fields, is_good_field) &&
           std::ranges::none_of(request.fields, own);
}

/// A body of nothing is announced too where the method would have one.
bool announces_body(const HttpRequest& request) {
    return request.body_size != 0 || (request.method != "GET" && request.method != "HEAD");
}

std::string format_head(const HttpRequest& request, std::string_view host) {
    std::string head;
    const auto line = [&head](std::string_view name, std::string_view value) {
        head.append(name).append(": ").append(value).append("\r\n");
    };
    head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
    line("host", host);
    for (const auto& field : request.fields)
        line(field.name, field.value);
    if (announces_body(request)) line("content-length", std::to_string(request.body_size));
    if (request.ask_first && request.body_size != 0) line("expect", "100-continue");
    return head.append("\r\n");
}
} // namespace

HttpClient::HttpClient(std::unique_ptr<env::Stream> stream, std::string host)
    : m_stream(std::move(stream)), m_host(std::move(host)), m_buffer(buffer_size) {}

ByteView HttpClient::buffered() const noexcept {
    return ByteView(m_buffer).subspan(m_begin, m_end - m_begin);
}

Result<> HttpClient::begin(const HttpRequest& request, ByteView body_start,
                           env::Deadline deadline) {
    ENSURE(usable() && body_start.size() <= request.body_size);
    if (!is_good_request(request) || !is_good_field({.name = "host", .value = m_host}))
        return fail(Errc::invalid_argument, "this cannot stand in a request");
    auto head = format_head(request, m_host);
    if (head.size() > http_head_size_max)
        return fail(Errc::limit_exceeded, "the head of a request is too long");
    head.append(as_text(body_start));
    m_state = State::done; // until it is known to be well
    CHECK_OK(m_stream->write(as_bytes(head), deadline));
    m_parser.set_of_head_request(request.method == "HEAD");
    m_unsent = request.body_size - body_start.size();
    m_continues = 0;
    m_state = State::sending;
    return {};
}

Result<bool> HttpClient::feed_parser() {
    TRY(const auto used, m_parser.feed(buffered()));
    m_begin += used;
    return m_parser.complete();
}

Result<> HttpClient::fill(env::Deadline deadline) {
    if (m_begin != m_end) return {};
    TRY(const auto size, m_stream->read_some(m_buffer, deadline));
    if (size == 0) return fail(Errc::unavailable, "the server ended the connection");
    m_begin = 0;
    m_end = size;
    return {};
}

Result<bool> HttpClient::may_send_body(env::Deadline patience, env::Deadline deadline) {
    ENSURE(m_state == State::sending);
    while (!m_parser.complete()) {
        const auto filled = fill(std::min(patience, deadline));
        if (!filled && filled.error().code() == Errc::timeout && patience < deadline) return true;
        CHECK_OK(filled);
        CHECK_OK(feed_parser());
    }
    // A final response stays in the parser, where `finish` finds it.
    if (m_parser.status() != 100) return false;
    (void)m_parser.take();
    ++m_continues;
    return true;
}

Result<> HttpClient::send_body(ByteView piece, env::Deadline deadline) {
    ENSURE(m_state == State::sending && piece.size() <= m_unsent);
    if (piece.empty()) return {};
    CHECK_OK(m_stream->write(piece, deadline));
    m_unsent -= piece.size();
    return {};
}

Result<HttpResponseHead> HttpClient::receive_head(env::Deadline deadline) {
    while (true) {
        while (!m_parser.complete()) {
            CHECK_OK(fill(deadline));
            CHECK_OK(feed_parser());
        }
        auto head = m_parser.take();
        if (head.status != 100) return head;
        if (++m_continues > continues_max)
            return fail(Errc::corrupt, "HTTP response: 100 again and again");
    }
}

Result<HttpResponseHead> HttpClient::finish(env::Deadline deadline) {
    ENSURE(m_state == State::sending);
    m_state = State::done;
    TRY(auto head, receive_head(deadline));
    m_unread = head.body_size;
    // A server that has not seen the whole body may still wait for the rest of it.
    m_keep_alive = head.keep_alive && m_unsent == 0;
    m_state = State::reading;
    if (m_unread != 0) return head;
    if (m_begin != m_end) {
        m_state = State::done;
        return fail(Errc::corrupt, "HTTP response: a body where there is none");
    }
    end_response();
    return head;
}

void HttpClient::end_response() {
    m_state = m_keep_alive && m_begin == m_end ? State::idle : State::done;
}

Result<HttpResponseHead> HttpClient::exchange(const HttpRequest& request, ByteView body,
                                              env::Deadline patience, env::Deadline deadline) {
    ENSURE(body.size() == request.body_size);
    const bool asks = request.ask_first && !body.empty();
    const auto with_head = body.first(asks ? 0 : std::min(body.size(), body_with_head_max));
    CHECK_OK(begin(request, with_head, deadline));
    bool wanted = true;
    if (asks) {
        auto answer = may_send_body(patience, deadline);
        if (!answer) {
            m_state = State::done;
            return std::unexpected(std::move(answer).error());
        }
        wanted = *answer;
    }
    if (!wanted) return finish(deadline);
    auto sent = send_body(body.subspan(with_head.size()), deadline);
    if (!sent && sent.error().code() != Errc::unavailable) {
        m_state = State::done;
        return std::unexpected(std::move(sent).error());
    }
    auto head = finish(deadline);
    return head || sent ? std::move(head) : std::unexpected(std::move(sent).error());
}

Result<std::size_t> HttpClient::read_body(ByteSpan out, env::Deadline deadline) {
    if (m_state == State::idle || m_unread == 0 || out.empty()) return std::size_t{0};
    if (m_state != State::reading) return fail(Errc::unavailable, "the connection is of no use");
    out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), m_unread)));
    std::size_t size = std::min(out.size(), m_end - m_begin);
    if (size != 0) {
        std::ranges::copy(buffered().first(size), out.begin());
        m_begin += size;
    } else {
        auto read = m_stream->read_some(out, deadline);
        if (read && *read == 0) read = fail(Errc::unavailable, "the server ended within a body");
        if (!read) {
            m_state = State::done;
            return read;
        }
        size = *read;
    }
    m_unread -= size;
    if (m_unread == 0) end_response();
    return size;
}

Result<Bytes> HttpClient::read_whole_body(std::size_t size_max, env::Deadline deadline) {
    if (m_unread > size_max) {
        m_state = State::done;
        return fail(Errc::limit_exceeded, "the server's answer is too large");
    }
    Bytes body(static_cast<std::size_t>(m_unread));
    std::size_t at = 0;
    while (at < body.size()) {
        TRY(const auto size, read_body(ByteSpan(body).subspan(at), deadline));
        at += size;
    }
    return body;
}

} // namespace torgo::peer
