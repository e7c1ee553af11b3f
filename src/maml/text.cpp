// The first look at a file's bytes. What gets past it can be shown on a terminal and counted in
// lines and columns; every later reader relies on that.
#include "maml/text.hpp"

#include <algorithm>

namespace torgo::maml {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

struct CodePoint {
    char32_t value = 0;
    std::size_t size = 0; ///< 0: no code point begins here
};

bool continues(std::string_view text, std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

/// RFC 3629: the shortest form only, no surrogates, nothing above U+10FFFF.
CodePoint code_point(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead < 0x80) return {.value = lead, .size = 1};
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4) return {};
    char32_t value = lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if (!continues(text, at + i)) return {};
        value = (value << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    }
    const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
    if (overlong || (value >= 0xD800 && value <= 0xDFFF) || value > 0x10FFFF) return {};
    return {.value = value, .size = size};
}

/// Characters that make a line look as if it said something else (Unicode TR 36, 3.1).
bool reorders(char32_t c) {
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool is_control(char32_t c) {
    return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7F && c < 0xA0) || c == 0xFEFF;
}

/// [MAML-2] False at the first thing that is no text.
bool check_characters(std::string_view text, Findings& findings) {
    Place place;
    for (std::size_t at = 0; at < text.size();) {
        const auto found = code_point(text, at);
        if (found.size == 0) {
            findings.error(place, "MAML-2", "these bytes are no UTF-8", "save the file as UTF-8");
            return false;
        }
        if (is_control(found.value)) {
            findings.error(place, "MAML-2",
                           "control character " + std::to_string(std::uint32_t{found.value}),
                           "take it out; lines end in LF or CR LF");
            return false;
        }
        if (reorders(found.value))
            findings.lenient(place, "MAML-2",
                             "a character that turns the direction of writing: what is seen is not "
                             "what is read",
                             "take it out");
        at += found.size;
        place = found.value == '\n' ? Place{.line = place.line + 1, .column = 1}
                                    : Place{.line = place.line, .column = place.column + 1};
    }
    return true;
}

std::string without_carriage_returns(std::string_view raw) {
    std::string out;
    out.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i)
        if (raw[i] != '\r' || i + 1 == raw.size() || raw[i + 1] != '\n') out += raw[i];
    return out;
}

} // namespace

std::optional<Text> Text::from(std::string_view raw, Findings& findings) {
    if (raw.size() > file_size_max) {
        findings.error({}, "MAML-1", "the file has more than 1 MiB",
                       "keep data in files of their own and name them in the workflow");
        return std::nullopt;
    }
    if (raw.starts_with(byte_order_mark)) {
        findings.lenient({}, "MAML-2", "a byte order mark", "save the file as UTF-8 without one");
        raw.remove_prefix(byte_order_mark.size());
    }
    Text text;
    text.m_text = without_carriage_returns(raw);
    if (!check_characters(text.m_text, findings)) return std::nullopt;
    text.m_starts.push_back(0);
    for (std::size_t i = 0; i < text.m_text.size(); ++i)
        if (text.m_text[i] == '\n' && i + 1 < text.m_text.size()) text.m_starts.push_back(i + 1);
    return text;
}

std::size_t Text::line_end(std::size_t index) const noexcept {
    return index + 1 < m_starts.size() ? m_starts[index + 1] : m_text.size();
}

std::string_view Text::line(std::size_t index) const noexcept {
    auto line = str().substr(m_starts[index], line_end(index) - m_starts[index]);
    if (line.ends_with('\n')) line.remove_suffix(1);
    return line;
}

std::size_t Text::line_of(std::size_t offset) const noexcept {
    const auto after = std::ranges::upper_bound(m_starts, offset);
    return static_cast<std::size_t>(after - m_starts.begin()) - 1;
}

Place Text::place(std::size_t offset) const noexcept {
    offset = std::min(offset, m_text.size());
    const auto index = line_of(offset);
    const auto before = str().substr(m_starts[index], offset - m_starts[index]);
    const auto points = std::ranges::count_if(
        before, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    return {.line = static_cast<std::uint32_t>(index + 1),
            .column = static_cast<std::uint32_t>(points + 1)};
}

std::string_view trimmed_end(std::string_view line) noexcept {
    const auto last = line.find_last_not_of(" \t");
    return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string_view trimmed(std::string_view line) noexcept {
    const auto first = line.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view() : trimmed_end(line.substr(first));
}

} // namespace torgo::maml
