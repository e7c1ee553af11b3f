#pragma once

#include "peer/http_head.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace torgo::peer {

inline constexpr std::size_t http_method_size_max = 16;
inline constexpr std::size_t http_target_size_max = 2_KiB;

struct HttpRequestHead {
    std::string method;            ///< 1 to 16 characters, as sent
    std::string target;            ///< begins with '/'; visible ASCII without '#'
    std::vector<HttpField> fields; ///< with Host and Content-Length
    std::uint64_t body_size = 0;   ///< what follows the head
    bool expects_continue = false; ///< the client waits for a 100 before it sends the body
    bool keep_alive = true;

    bool operator==(const HttpRequestHead&) const = default;
};

/// Reads the heads of requests, one after another, on the side of a server.
class HttpRequestParser {
public:
    /// in  `body_size_max`, the largest body that will be taken
    explicit HttpRequestParser(std::uint64_t body_size_max);

    /// Takes bytes up to the end of a head, and tells how many that were; what it leaves is the
    /// body and then the next request, and stays with the caller. Takes nothing while a head is
    /// complete.
    /// errors  what to answer, before the connection is closed: 400, 411 for PUT, POST and PATCH
    ///         without Content-Length, 413, 414, 417, 431, 501, 505
    HttpParsed<std::size_t> feed(ByteView bytes);

    bool complete() const noexcept { return m_complete; }

    /// True between requests: nothing of the next one has come.
    bool idle() const noexcept { return m_reader.empty(); }

    /// The complete head; the parser then begins the next.
    HttpRequestHead take();

private:
    HttpParsed<HttpRequestHead> parse() const;
    HttpParsed<void> judge(HttpRequestHead& head) const;

    HttpHeadReader m_reader;
    std::uint64_t m_body_size_max;
    HttpRequestHead m_head;
    bool m_complete = false;
};

} // namespace torgo::peer
