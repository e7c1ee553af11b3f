#include "peer/http_request.hpp"

#include "base/ensure.hpp"

#include <algorithm>
#include <utility>

namespace torgo::peer {

namespace {
constexpr std::string_view version = "HTTP/1.1";

constexpr std::unexpected<HttpFault> fault(int status, const char* reason) {
    return std::unexpected(HttpFault{status, reason});
}

bool is_target_char(char c) noexcept {
    return c > 0x20 && c < 0x7f && c != '#';
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// A version that HTTP has or may get, of which 1.1 is spoken here.
bool is_other_version(std::string_view text) noexcept {
    return text.size() == version.size() && text.starts_with("HTTP/") && is_digit(text[5]) &&
           text[6] == '.' && is_digit(text[7]) && text != version;
}

HttpParsed<void> parse_first_line(std::string_view line, HttpRequestHead& head) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last)
        return fault(400, "a request line has three parts");
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    if (method.empty() || !std::ranges::all_of(method, is_token_char))
        return fault(400, "strange method");
    if (is_other_version(line.substr(last + 1))) return fault(505, "only HTTP/1.1 is spoken here");
    if (line.substr(last + 1) != version) return fault(400, "strange version");
    if (method.size() > http_method_size_max) return fault(501, "unknown method");
    if (target.size() > http_target_size_max) return fault(414, "the target is too long");
    if (!target.starts_with('/') || !std::ranges::all_of(target, is_target_char))
        return fault(400, "strange target");
    head.method = method;
    head.target = target;
    return {};
}

bool wants_body(std::string_view method) noexcept {
    return method == "PUT" || method == "POST" || method == "PATCH";
}

bool allows_body(std::string_view method) noexcept {
    return method != "GET" && method != "HEAD";
}

HttpParsed<bool> parse_expect(const HttpRequestHead& head) {
    const auto expect = find_field(head.fields, "expect");
    if (!expect) return false;
    if (*expect != "100-continue") return fault(417, "this cannot be expected");
    return head.body_size != 0;
}
} // namespace

HttpRequestParser::HttpRequestParser(std::uint64_t body_size_max)
    : m_reader(http_method_size_max + 1 + http_target_size_max + 1 + version.size()),
      m_body_size_max(body_size_max) {}

HttpParsed<std::size_t> HttpRequestParser::feed(ByteView bytes) {
    if (m_complete) return std::size_t{0};
    const auto used = m_reader.feed(bytes);
    if (!used || !m_reader.complete()) return used;
    auto head = parse();
    if (!head) return std::unexpected(head.error());
    m_head = *std::move(head);
    m_complete = true;
    return used;
}

HttpParsed<HttpRequestHead> HttpRequestParser::parse() const {
    auto text = m_reader.text();
    HttpRequestHead head;
    if (const auto line = parse_first_line(take_line(text), head); !line)
        return std::unexpected(line.error());
    auto fields = parse_fields(text);
    if (!fields) return std::unexpected(fields.error());
    head.fields = *std::move(fields);
    if (const auto judged = judge(head); !judged) return std::unexpected(judged.error());
    return head;
}

HttpParsed<void> HttpRequestParser::judge(HttpRequestHead& head) const {
    if (std::ranges::count(head.fields, "host", &HttpField::name) != 1)
        return fault(400, "a request names one host");
    const auto size = parse_body_size(head.fields);
    if (!size) return std::unexpected(size.error());
    if (!*size && wants_body(head.method)) return fault(411, "the length of the body is missing");
    head.body_size = size->value_or(0);
    if (head.body_size != 0 && !allows_body(head.method))
        return fault(400, "this method has no body");
    if (head.body_size > m_body_size_max) return fault(413, "the body is too large");
    const auto expects = parse_expect(head);
    if (!expects) return std::unexpected(expects.error());
    head.expects_continue = *expects;
    head.keep_alive = parse_keep_alive(head.fields);
    return {};
}

HttpRequestHead HttpRequestParser::take() {
    ENSURE(m_complete);
    m_complete = false;
    m_reader.clear();
    return std::exchange(m_head, {});
}

} // namespace torgo::peer
