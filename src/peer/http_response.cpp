#include "peer/http_response.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace torgo::peer {

namespace {
constexpr std::string_view version = "HTTP/1.1 ";
constexpr std::size_t status_size = 3;
constexpr std::size_t reason_size_max = 256;

constexpr std::unexpected<HttpFault> fault(const char* reason) {
    return std::unexpected(HttpFault{400, reason});
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_reason_char(char c) noexcept {
    return (c >= 0x20 && c <= 0x7e) || c == '\t';
}

/// 0 for what is no status that a response may have here.
int parse_status(std::string_view text) noexcept {
    if (text.size() != status_size || !std::ranges::all_of(text, is_digit)) return 0;
    const int status = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    return status == 100 || (status >= 200 && status <= 599) ? status : 0;
}

HttpParsed<int> parse_first_line(std::string_view line) {
    if (!line.starts_with(version)) return fault("not a response of HTTP/1.1");
    line.remove_prefix(version.size());
    const int status = parse_status(line.substr(0, status_size));
    if (status == 0) return fault("no known status");
    const auto rest = line.substr(status_size);
    if (!rest.starts_with(' ') || !std::ranges::all_of(rest, is_reason_char))
        return fault("strange reason of a status");
    return status;
}

std::unexpected<Error> refused(const HttpFault& why) {
    const bool too_long = why.status == 414 || why.status == 431;
    return fail(too_long ? Errc::limit_exceeded : Errc::corrupt,
                std::string("HTTP response: ") + why.reason);
}
} // namespace

HttpResponseParser::HttpResponseParser()
    : m_reader(version.size() + status_size + 1 + reason_size_max) {}

Result<std::size_t> HttpResponseParser::feed(ByteView bytes) {
    if (m_complete) return std::size_t{0};
    const auto used = m_reader.feed(bytes);
    if (!used) return refused(used.error());
    if (!m_reader.complete()) return *used;
    auto head = parse();
    if (!head) return refused(head.error());
    m_head = *std::move(head);
    m_complete = true;
    return *used;
}

HttpParsed<HttpResponseHead> HttpResponseParser::parse() const {
    auto text = m_reader.text();
    const auto status = parse_first_line(take_line(text));
    if (!status) return std::unexpected(status.error());
    auto fields = parse_fields(text);
    if (!fields) return std::unexpected(fields.error());
    HttpResponseHead head;
    head.status = *status;
    head.fields = *std::move(fields);
    if (const auto judged = judge(head); !judged) return std::unexpected(judged.error());
    return head;
}

HttpParsed<void> HttpResponseParser::judge(HttpResponseHead& head) const {
    const auto size = parse_body_size(head.fields);
    if (!size) return std::unexpected(size.error());
    head.announced_size = *size;
    head.keep_alive = parse_keep_alive(head.fields);
    if (head.status == 100 || head.status == 204) {
        if (size->value_or(0) != 0) return fault("a body where there is none");
        return {};
    }
    if (head.status == 304 || m_of_head_request) return {};
    if (!*size) return fault("the length of the body is missing");
    head.body_size = **size;
    return {};
}

HttpResponseHead HttpResponseParser::take() {
    ENSURE(m_complete);
    m_complete = false;
    m_reader.clear();
    return std::exchange(m_head, {});
}

} // namespace torgo::peer
