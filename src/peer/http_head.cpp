#include "peer/http_head.hpp"

#include <algorithm>
#include <charconv>

namespace torgo::peer {

namespace {
// Any number of so many digits fits 64 bits.
constexpr std::size_t digits_max = 19;

constexpr std::unexpected<HttpFault> fault(int status, const char* reason) {
    return std::unexpected(HttpFault{status, reason});
}

bool is_space(char c) noexcept {
    return c == ' ' || c == '\t';
}

bool is_value_char(char c) noexcept {
    return (c >= 0x20 && c <= 0x7e) || c == '\t';
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
    return out;
}

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

HttpParsed<HttpField> parse_field(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return fault(400, "field without a name");
    const auto name = line.substr(0, colon);
    const auto value = trim(line.substr(colon + 1));
    if (!std::ranges::all_of(name, is_token_char)) return fault(400, "strange name of a field");
    if (!std::ranges::all_of(value, is_value_char)) return fault(400, "strange value of a field");
    return HttpField{.name = lower(name), .value = std::string(value)};
}

/// One spelling for each number: no sign, no leading zero, no list.
HttpParsed<std::uint64_t> parse_number(std::string_view text) {
    const bool good = !text.empty() && text.size() <= digits_max &&
                      std::ranges::all_of(text, is_digit) && (text.size() == 1 || text[0] != '0');
    std::uint64_t value = 0;
    if (!good || std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{})
        return fault(400, "Content-Length is no plain number");
    return value;
}
} // namespace

bool is_token_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
           (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").contains(c));
}

std::optional<std::string_view> find_field(std::span<const HttpField> fields,
                                           std::string_view name) noexcept {
    const auto found = std::ranges::find(fields, name, &HttpField::name);
    if (found == fields.end()) return std::nullopt;
    return found->value;
}

bool is_good_field(const HttpField& field) noexcept {
    return !field.name.empty() && std::ranges::all_of(field.name, is_token_char) &&
           std::ranges::all_of(field.name, [](char c) { return lower(c) == c; }) &&
           std::ranges::all_of(field.value, is_value_char) &&
           trim(field.value).size() == field.value.size();
}

HttpParsed<std::size_t> HttpHeadReader::feed(ByteView bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && !m_complete) {
        const auto taken = take(static_cast<char>(bytes[used]));
        if (!taken) return std::unexpected(taken.error());
        ++used;
    }
    return used;
}

HttpParsed<void> HttpHeadReader::take(char c) {
    const bool after_cr = !m_text.empty() && m_text.back() == '\r';
    if (after_cr != (c == '\n')) return fault(400, "CR and LF stand alone");
    if (m_text.size() == http_head_size_max) return fault(431, "the head is too long");
    const bool first_line = m_line_begin == 0;
    if (first_line && m_text.size() == m_first_line_max && c != '\r' && c != '\n')
        return fault(414, "the first line is too long");
    m_text.push_back(c);
    if (c != '\n') return {};
    m_complete = m_text.size() - m_line_begin == 2;
    if (m_complete && first_line) return fault(400, "the first line is empty");
    m_line_begin = m_text.size();
    return {};
}

std::string_view HttpHeadReader::text() const noexcept {
    return std::string_view(m_text).substr(0, m_text.size() - 2);
}

void HttpHeadReader::clear() noexcept {
    m_text.clear();
    m_line_begin = 0;
    m_complete = false;
}

std::string_view take_line(std::string_view& text) noexcept {
    const auto end = text.find("\r\n");
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    return line;
}

HttpParsed<std::vector<HttpField>> parse_fields(std::string_view lines) {
    std::vector<HttpField> fields;
    while (!lines.empty()) {
        if (fields.size() == http_fields_max) return fault(431, "too many fields");
        auto field = parse_field(take_line(lines));
        if (!field) return std::unexpected(field.error());
        fields.push_back(*std::move(field));
    }
    return fields;
}

HttpParsed<std::optional<std::uint64_t>> parse_body_size(std::span<const HttpField> fields) {
    if (find_field(fields, "transfer-encoding"))
        return fault(501, "transfer codings are not spoken here");
    const auto count = std::ranges::count(fields, "content-length", &HttpField::name);
    if (count > 1) return fault(400, "two of Content-Length");
    const auto text = find_field(fields, "content-length");
    if (!text) return std::nullopt;
    const auto number = parse_number(*text);
    if (!number) return std::unexpected(number.error());
    return *number;
}

bool parse_keep_alive(std::span<const HttpField> fields) {
    return std::ranges::none_of(fields, [](const HttpField& field) {
        if (field.name != "connection") return false;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const auto comma = std::min(rest.find(','), rest.size());
            if (lower(trim(rest.substr(0, comma))) == "close") return true;
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
        return false;
    });
}

} // namespace torgo::peer
