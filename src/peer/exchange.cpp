#include "peer/exchange.hpp"

namespace torgo::peer {

// Codes are few and numbered from 1 without gaps.
std::optional<Errc> errc_named(std::string_view text) noexcept {
    for (std::uint16_t number = 1; number <= static_cast<std::uint16_t>(Errc::timeout); ++number)
        if (torgo::name(Errc{number}) == text) return Errc{number};
    return std::nullopt;
}

std::string_view name(Method method) noexcept {
    switch (method) {
    case Method::get:
        return "GET";
    case Method::head:
        return "HEAD";
    case Method::put:
        return "PUT";
    case Method::post:
        return "POST";
    case Method::remove:
        return "DELETE";
    }
    return "";
}

std::string_view find_header(const std::vector<Header>& headers, std::string_view name) noexcept {
    for (const auto& header : headers)
        if (header.name == name) return header.value;
    return {};
}

// PEER-3
int status_of(Errc code) noexcept {
    switch (code) {
    case Errc::invalid_argument:
        return 400;
    case Errc::permission:
    case Errc::authentication:
    case Errc::read_only:
        return 403;
    case Errc::not_found:
        return 404;
    case Errc::exists:
    case Errc::changed:
        return 409;
    case Errc::limit_exceeded:
        return 413;
    case Errc::corrupt:
        return 422;
    case Errc::unsupported:
        return 501;
    case Errc::unavailable:
        return 503;
    case Errc::timeout:
        return 504;
    case Errc::no_space:
        return 507;
    default:
        return 500;
    }
}

std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, max_error_text))
        if (c >= ' ' && c <= '~') out.push_back(c);
    return out;
}

// PEER-4
Error error_of(const Answer& answer, ByteView body) {
    const auto code = errc_named(find_header(answer.headers, error_header));
    if (!code || answer.status < 400)
        return {Errc::unavailable,
                "what answers there is no node (status " + std::to_string(answer.status) + ")"};
    return {*code, "the node says: " + printable(as_text(body))};
}

} // namespace torgo::peer
