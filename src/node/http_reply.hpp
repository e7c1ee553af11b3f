#pragma once

// Between HTTP on the wire and the requests and answers that a service knows.

#include "node/exchange.hpp"
#include "peer/http_request.hpp"

#include <chrono>
#include <string>

namespace torgo::node {

/// errors  `invalid_argument` for a method that is none of the protocol's
Result<peer::Request> to_request(peer::HttpRequestHead head);

/// What is sent before the body, and to HEAD alone.
std::string format_head(const Response& response, bool keep_alive);

/// The answer to a head that is refused. Its torgo-error fits the status (PEER-3).
Response refuse_head(const peer::HttpFault& fault);

/// 503: try again after that.
Response refuse_for_now(std::string detail, std::chrono::seconds retry_after);

inline constexpr std::string_view continue_head = "HTTP/1.1 100 Continue\r\n\r\n";

} // namespace torgo::node
