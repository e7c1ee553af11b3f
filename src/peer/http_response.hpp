#pragma once

#include "base/error.hpp"
#include "peer/http_head.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace torgo::peer {

struct HttpResponseHead {
    int status = 0;                ///< 100, or 200 to 599
    std::vector<HttpField> fields; ///< with Content-Length
    /// Content-Length, which for HEAD and 304 tells of a body that is not sent.
    std::optional<std::uint64_t> announced_size;
    std::uint64_t body_size = 0; ///< what follows the head
    bool keep_alive = true;

    bool operator==(const HttpResponseHead&) const = default;
};

/// Reads the heads of responses, one after another, on the side of a client.
class HttpResponseParser {
public:
    HttpResponseParser();

    /// The next responses answer a HEAD request or not: to one, no body follows.
    void set_of_head_request(bool value) noexcept { m_of_head_request = value; }

    /// Takes bytes up to the end of a head, and tells how many that were. Takes nothing while a
    /// head is complete.
    /// errors  `corrupt` for what is no response of the part of HTTP that is spoken here: chunks, a
    ///         body without Content-Length or with 204, 1xx other than 100, HTTP/1.0;
    ///         `limit_exceeded`
    Result<std::size_t> feed(ByteView bytes);

    bool complete() const noexcept { return m_complete; }

    /// The status of the complete head.
    int status() const noexcept { return m_head.status; }

    /// The complete head; the parser then begins the next.
    HttpResponseHead take();

private:
    HttpParsed<HttpResponseHead> parse() const;
    HttpParsed<void> judge(HttpResponseHead& head) const;

    HttpHeadReader m_reader;
    HttpResponseHead m_head;
    bool m_of_head_request = false;
    bool m_complete = false;
};

} // namespace torgo::peer
