#include "tor/control_reply.hpp"

#include <algorithm>
#include <utility>

namespace torgo::tor {

namespace {

constexpr std::size_t code_size = 3;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_event_code(int code) {
    return code >= 600;
}

/// The three digits and the separator. Errors: `corrupt`.
Result<int> parse_code(std::string_view line) {
    if (line.size() <= code_size || !std::ranges::all_of(line.substr(0, code_size), is_digit))
        return fail(Errc::corrupt, "a control line without a code");
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (code < 200 || code > 699) return fail(Errc::corrupt, "a control line of an unknown kind");
    const char separator = line[code_size];
    if (separator != ' ' && separator != '-' && separator != '+')
        return fail(Errc::corrupt, "a control line without a separator");
    return code;
}

} // namespace

Result<> ReplyParser::feed(ByteView bytes) {
    auto text = as_text(bytes);
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto piece = text.substr(0, end);
        if (m_line.size() + piece.size() > max_control_line)
            return fail(Errc::limit_exceeded, "a control line is too long");
        m_line += piece;
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
        CHECK_OK(end_line());
    }
    return {};
}

std::optional<Reply> ReplyParser::next() {
    if (m_ready.empty()) return std::nullopt;
    auto out = std::move(m_ready.front());
    m_ready.pop_front();
    return out;
}

Result<> ReplyParser::end_line() {
    const auto whole = std::exchange(m_line, {});
    std::string_view line = whole;
    if (!line.ends_with('\r')) return fail(Errc::corrupt, "a control line without CR");
    line.remove_suffix(1);
    if (line.find_first_of(std::string_view("\0\r", 2)) != std::string_view::npos)
        return fail(Errc::corrupt, "a control line with NUL or CR in it");
    CHECK_OK(count(line.size()));
    return m_in_data ? add_data_line(line) : add_reply_line(line);
}

Result<> ReplyParser::count(std::size_t size) {
    m_reply_size += size + 1;
    if (++m_reply_lines > max_reply_lines || m_reply_size > max_reply_size)
        return fail(Errc::limit_exceeded, "a control reply is too long");
    return {};
}

Result<> ReplyParser::add_reply_line(std::string_view line) {
    TRY(const auto code, parse_code(line));
    if (!m_reply.lines.empty() && is_event_code(code) != m_reply.is_event())
        return fail(Errc::corrupt, "an event inside a control reply");
    m_reply.code = code;
    m_reply.lines.push_back({std::string(line.substr(code_size + 1)), {}});
    m_in_data = line[code_size] == '+';
    if (line[code_size] != ' ') return {};
    m_ready.push_back(std::exchange(m_reply, {}));
    m_reply_lines = 0;
    m_reply_size = 0;
    return {};
}

Result<> ReplyParser::add_data_line(std::string_view line) {
    if (line == ".") {
        m_in_data = false;
        return {};
    }
    if (line.starts_with('.')) line.remove_prefix(1);
    auto& data = m_reply.lines.back().data;
    data += line;
    data += '\n';
    return {};
}

std::string format_reply(const Reply& reply) {
    std::string out;
    const auto code = std::to_string(reply.code);
    for (const auto& line : reply.lines) {
        const bool last = &line == &reply.lines.back();
        out += code + (last ? ' ' : line.data.empty() ? '-' : '+') + line.text + "\r\n";
        if (line.data.empty()) continue;
        std::string_view data = line.data;
        while (!data.empty()) {
            const auto end = data.find('\n');
            if (data.starts_with('.')) out += '.';
            out += std::string(data.substr(0, end)) + "\r\n";
            data.remove_prefix(end + 1);
        }
        out += ".\r\n";
    }
    return out;
}

namespace {

/// Reads one quoted string from the front of `text` and takes it away.
Result<std::string> take_quoted(std::string_view& text) {
    std::string out;
    if (!text.starts_with('"')) return fail(Errc::corrupt, "no quoted string");
    std::size_t at = 1;
    for (; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] != '\\') {
            out += text[at];
            continue;
        }
        if (++at == text.size()) break;
        static constexpr std::string_view letters = "ntr\\\"'";
        static constexpr std::string_view meanings = "\n\t\r\\\"'";
        if (const auto letter = letters.find(text[at]); letter != std::string_view::npos) {
            out += meanings[letter];
            continue;
        }
        unsigned value = 0; // one to three octal digits
        std::size_t digits = 0;
        while (digits < 3 && at + digits < text.size() && text[at + digits] >= '0' &&
               text[at + digits] <= '7')
            value = value * 8 + static_cast<unsigned>(text[at + digits++] - '0');
        if (digits == 0 || value > 255) return fail(Errc::corrupt, "an unknown escape");
        out += static_cast<char>(value);
        at += digits - 1;
    }
    if (at >= text.size()) return fail(Errc::corrupt, "a quoted string does not end");
    text.remove_prefix(at + 1);
    return out;
}

std::string take_plain(std::string_view& text, std::string_view ends) {
    const auto size = std::min(text.find_first_of(ends), text.size());
    std::string out(text.substr(0, size));
    text.remove_prefix(size);
    return out;
}

} // namespace

std::optional<std::string> Words::find(const std::string& key) const {
    const auto found = values.find(key);
    if (found == values.end()) return std::nullopt;
    return found->second;
}

Result<Words> split_words(std::string_view text) {
    Words out;
    while (!text.empty()) {
        if (text.starts_with(' ')) {
            text.remove_prefix(1);
            continue;
        }
        auto word = take_plain(text, " =");
        if (!text.starts_with('=')) {
            out.plain.push_back(std::move(word));
            continue;
        }
        text.remove_prefix(1);
        std::string value;
        if (text.starts_with('"')) {
            TRY(value, take_quoted(text));
            if (!text.empty() && !text.starts_with(' '))
                return fail(Errc::corrupt, "text directly after a quoted string");
        } else {
            value = take_plain(text, " ");
        }
        if (!out.values.emplace(std::move(word), std::move(value)).second)
            return fail(Errc::corrupt, "a key stands twice in a control line");
    }
    return out;
}

Result<std::string> unquote(std::string_view text) {
    TRY(auto out, take_quoted(text));
    if (!text.empty()) return fail(Errc::corrupt, "text after a quoted string");
    return out;
}

Result<std::string> quote(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7F')
            return fail(Errc::invalid_argument, "a control character in what tor is told");
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

} // namespace torgo::tor
