#include "node/http_reply.hpp"

#include <optional>

namespace torgo::node {

namespace {

std::optional<peer::Method> method_of(std::string_view text) noexcept {
    using peer::Method;
    for (const auto method : {Method::get, Method::head, Method::put, Method::post, Method::remove})
        if (peer::name(method) == text) return method;
    return std::nullopt;
}

/// For people who look at the wire; programs go by the number.
std::string_view reason_of(int status) noexcept {
    if (status < 300) return "OK";
    return status < 500 ? "Refused" : "Failed";
}

Errc code_of_status(int status) noexcept {
    switch (status) {
    case 413:
    case 414:
    case 431:
        return Errc::limit_exceeded;
    case 417:
    case 501:
    case 505:
        return Errc::unsupported;
    default:
        return Errc::invalid_argument;
    }
}

} // namespace

Result<peer::Request> to_request(peer::HttpRequestHead head) {
    const auto method = method_of(head.method);
    if (!method) return fail(Errc::invalid_argument, "no such method here");
    peer::Request request{*method, std::move(head.target), {}, head.body_size};
    for (auto& field : head.fields)
        request.headers.push_back({std::move(field.name), std::move(field.value)});
    return request;
}

std::string format_head(const Response& response, bool keep_alive) {
    std::string out = "HTTP/1.1 " + std::to_string(response.status()) + " ";
    out.append(reason_of(response.status())).append("\r\n");
    // 204 has no body and may not speak of its length (RFC 9110 8.6).
    if (response.status() != 204)
        out.append("content-length: ").append(std::to_string(response.size())).append("\r\n");
    for (const auto& header : response.headers())
        out.append(header.name).append(": ").append(header.value).append("\r\n");
    if (!keep_alive) out.append("connection: close\r\n");
    return out.append("\r\n");
}

Response refuse_head(const peer::HttpFault& fault) {
    return Response::refuse({code_of_status(fault.status), fault.reason}, fault.status);
}

Response refuse_for_now(std::string detail, std::chrono::seconds retry_after) {
    return Response::refuse({Errc::unavailable, std::move(detail)})
        .with("retry-after", std::to_string(retry_after.count()));
}

} // namespace torgo::node
