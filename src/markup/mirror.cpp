#include "markup/mirror.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <array>

namespace torgo::markup {

namespace {

/// Where a reader looks for it: lines and bytes in them are counted from 1.
std::unexpected<Error> not_utf8(std::string_view text, std::size_t at) {
    const auto before = text.substr(0, at);
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto begin = before.rfind('\n');
    const auto column = begin == std::string_view::npos ? at + 1 : at - begin;
    return fail(Errc::corrupt,
                "line " + std::to_string(line) + ", byte " + std::to_string(column) + ": no UTF-8");
}

Result<std::string> checked(std::string_view text) {
    if (text.size() > text_max)
        return fail(Errc::limit_exceeded, "a text over " + std::to_string(text_max) + " bytes");
    for (std::size_t at = 0; at < text.size();) {
        const auto point = next_code_point(text.substr(at));
        if (!point.valid) return not_utf8(text, at);
        at += point.size;
    }
    return with_lf(text);
}

struct Range {
    char32_t first;
    char32_t last;
};

/// What parts words beyond ASCII: marks of Latin-1, spaces, general punctuation, symbols.
constexpr std::array between_words{
    Range{0x80, 0xBF},     Range{0xD7, 0xD7},     Range{0xF7, 0xF7},     Range{0x1680, 0x1680},
    Range{0x2000, 0x206F}, Range{0x2190, 0x2BFF}, Range{0x3000, 0x3003}, Range{0xFEFF, 0xFEFF}};

bool in_word(char32_t value) noexcept {
    if (value < 0x80) {
        return (value >= '0' && value <= '9') || (value >= 'A' && value <= 'Z') ||
               (value >= 'a' && value <= 'z');
    }
    return std::ranges::none_of(between_words, [&](const Range& range) {
        return value >= range.first && value <= range.last;
    });
}

/// in  `text`, UTF-8
void append_reversed(std::string& out, std::string_view text) {
    const auto begin = out.size();
    out.resize(begin + text.size());
    auto end = out.size();
    while (!text.empty()) {
        const auto size = next_code_point(text).size;
        end -= size;
        std::ranges::copy(text.substr(0, size), out.begin() + static_cast<std::ptrdiff_t>(end));
        text.remove_prefix(size);
    }
}

} // namespace

std::string with_lf(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r') {
            out += text[i];
            continue;
        }
        out += '\n';
        if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    }
    return out;
}

// RECEIPT-1: a line end is a scalar value as others, so that both reversals are one.
Result<std::string> mirror(std::string_view text) {
    TRY(const auto source, checked(text));
    std::string out;
    append_reversed(out, source);
    return out;
}

// RECEIPT-3
Result<std::string> mirror_words(std::string_view text) {
    TRY(const auto source, checked(text));
    std::string out;
    out.reserve(source.size());
    std::string_view rest = source;
    while (!rest.empty()) {
        std::size_t word = 0;
        while (word < rest.size()) {
            const auto point = next_code_point(rest.substr(word));
            if (!in_word(point.value)) break;
            word += point.size;
        }
        append_reversed(out, rest.substr(0, word));
        rest.remove_prefix(word);
        if (rest.empty()) break;
        const auto size = next_code_point(rest).size;
        out += rest.substr(0, size);
        rest.remove_prefix(size);
    }
    return out;
}

} // namespace torgo::markup
