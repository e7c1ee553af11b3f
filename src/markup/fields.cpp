#include "markup/fields.hpp"

#include "base/utf8.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace torgo::markup {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::size_t escape_digits = 4;

/// Controls, line and paragraph separators, direction marks and what has no width. (RECEIPT-7)
bool is_hidden(char32_t value) noexcept {
    return value < 0x20 || (value >= 0x7F && value < 0xA0) || value == 0xAD || value == 0x61C ||
           value == 0x180E || (value >= 0x200B && value <= 0x200F) ||
           (value >= 0x2028 && value <= 0x202E) || (value >= 0x2060 && value <= 0x206F) ||
           value == 0xFEFF || (value >= 0xFFF9 && value <= 0xFFFB) || value == 0xFFFE ||
           value == 0xFFFF;
}

std::string escape(char32_t value) {
    std::array<char, 8> out{};
    const auto size =
        std::snprintf(out.data(), out.size(), "\\u%04x", static_cast<unsigned>(value));
    return {out.data(), static_cast<std::size_t>(size)};
}

void append_utf8(std::string& out, unsigned value) {
    if (value < 0x80) {
        out += static_cast<char>(value);
    } else if (value < 0x800) {
        out += static_cast<char>(0xC0U | (value >> 6U));
        out += static_cast<char>(0x80U | (value & 0x3FU));
    } else {
        out += static_cast<char>(0xE0U | (value >> 12U));
        out += static_cast<char>(0x80U | ((value >> 6U) & 0x3FU));
        out += static_cast<char>(0x80U | (value & 0x3FU));
    }
}

/// The length of the escape at the front of `text`, which is appended as what it means.
Result<std::size_t> take_escape(std::string_view text, std::string& out) {
    const auto wrong = [] {
        return fail(Errc::corrupt, "an unknown escape");
    };
    if (text.size() < 2) return wrong();
    if (text[1] == '"' || text[1] == '\\') {
        out += text[1];
        return std::size_t{2};
    }
    if (text[1] != 'u' || text.size() < 2 + escape_digits) return wrong();
    unsigned value = 0;
    const auto* begin = text.data() + 2;
    const auto [end, problem] = std::from_chars(begin, begin + escape_digits, value, 16);
    if (problem != std::errc{} || end != begin + escape_digits || !is_hidden(value)) return wrong();
    append_utf8(out, value);
    return 2 + escape_digits;
}

} // namespace

std::string quoted(std::string_view raw) {
    std::string out = "\"";
    while (!raw.empty()) {
        const auto point = next_code_point(raw);
        if (!point.valid)
            out += replacement;
        else if (point.value == '"' || point.value == '\\')
            out += {'\\', static_cast<char>(point.value)};
        else if (is_hidden(point.value))
            out += escape(point.value);
        else
            out += raw.substr(0, point.size);
        raw.remove_prefix(point.size);
    }
    return out + '"';
}

Result<std::string> unquoted(std::string_view text) {
    if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"'))
        return fail(Errc::corrupt, "a value that is not in quotes");
    const auto whole = text;
    text = text.substr(1, text.size() - 2);
    std::string out;
    while (!text.empty()) {
        if (text.front() == '\\') {
            TRY(const auto size, take_escape(text, out));
            text.remove_prefix(size);
            continue;
        }
        out += text.front();
        text.remove_prefix(1);
    }
    if (quoted(out) != whole) return fail(Errc::corrupt, "a value in another spelling");
    return out;
}

Result<Parts> split_front(std::string_view text) {
    if (!text.starts_with(fence)) return fail(Errc::corrupt, "it does not begin with \"---\"");
    const auto rest = text.substr(fence.size());
    if (rest.starts_with(fence)) return Parts{{}, rest.substr(fence.size())};
    const auto end = rest.substr(0, front_matter_max + fence.size()).find("\n---\n");
    if (end == std::string_view::npos)
        return rest.size() > front_matter_max
                   ? fail(Errc::limit_exceeded, "a front matter over 64 KiB")
                   : fail(Errc::corrupt, "the front matter does not end");
    return Parts{rest.substr(0, end + 1), rest.substr(end + 1 + fence.size())};
}

FieldWriter& FieldWriter::text(std::string_view key, std::string_view value) {
    return line(std::string(key) + ": " + quoted(value));
}

FieldWriter& FieldWriter::number(std::string_view key, std::uint64_t value) {
    return line(std::string(key) + ": " + std::to_string(value));
}

FieldWriter& FieldWriter::line(std::string_view whole) {
    m_lines += whole;
    m_lines += '\n';
    return *this;
}

std::unexpected<Error> FieldReader::wrong(std::string_view what) const {
    return fail(Errc::corrupt, "line " + std::to_string(m_line) + ": " + std::string(what));
}

Result<std::string_view> FieldReader::any() {
    const auto end = m_rest.find('\n');
    ++m_line;
    if (end == std::string_view::npos) return wrong("the front matter ends too early");
    const auto out = m_rest.substr(0, end);
    m_rest.remove_prefix(end + 1);
    return out;
}

Result<std::string_view> FieldReader::value(std::string_view key) {
    TRY(const auto line, any());
    if (!line.starts_with(key) || !line.substr(key.size()).starts_with(": "))
        return wrong("not \"" + std::string(key) + "\"");
    return line.substr(key.size() + 2);
}

Result<std::string> FieldReader::text(std::string_view key) {
    TRY(const auto raw, value(key));
    auto out = unquoted(raw);
    if (!out) return wrong(out.error().detail());
    return out;
}

Result<std::uint64_t> FieldReader::number(std::string_view key) {
    TRY(const auto raw, value(key));
    std::uint64_t out = 0;
    const auto* end = raw.data() + raw.size();
    const auto [stopped, problem] = std::from_chars(raw.data(), end, out);
    if (problem != std::errc{} || stopped != end || std::to_string(out) != raw)
        return wrong("no number");
    return out;
}

Result<> FieldReader::line(std::string_view whole) {
    TRY(const auto found, any());
    if (found != whole) return wrong("not \"" + std::string(whole) + "\"");
    return {};
}

Result<> FieldReader::done() const {
    if (!m_rest.empty()) return wrong("more follows than there should be");
    return {};
}

} // namespace torgo::markup
