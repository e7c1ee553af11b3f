#include "base/utf8.hpp"

#include <cstdint>

namespace torgo {

namespace {

struct Form {
    std::size_t size;
    char32_t least; ///< anything lower has a shorter form
    std::uint8_t mask;
};

constexpr char32_t surrogate_first = 0xD800;
constexpr char32_t surrogate_last = 0xDFFF;
constexpr char32_t code_point_last = 0x10FFFF;

Form form_of(std::uint8_t lead) noexcept {
    if (lead < 0x80) return {1, 0, 0x7F};
    if ((lead & 0xE0U) == 0xC0) return {2, 0x80, 0x1F};
    if ((lead & 0xF0U) == 0xE0) return {3, 0x800, 0x0F};
    if ((lead & 0xF8U) == 0xF0) return {4, 0x10000, 0x07};
    return {0, 0, 0};
}

} // namespace

CodePoint next_code_point(std::string_view text) noexcept {
    const auto lead = static_cast<std::uint8_t>(text[0]);
    const auto form = form_of(lead);
    if (form.size == 0 || form.size > text.size()) return {};
    char32_t value = lead & form.mask;
    for (std::size_t i = 1; i < form.size; ++i) {
        const auto byte = static_cast<std::uint8_t>(text[i]);
        if ((byte & 0xC0U) != 0x80) return {};
        value = (value << 6U) | (byte & 0x3FU);
    }
    if (value < form.least || value > code_point_last) return {};
    if (value >= surrogate_first && value <= surrogate_last) return {};
    return {value, form.size, true};
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto point = next_code_point(text);
        if (!point.valid) return false;
        text.remove_prefix(point.size);
    }
    return true;
}

} // namespace torgo
