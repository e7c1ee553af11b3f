#include "markup/receipt.hpp"

#include "base/utf8.hpp"
#include "markup/fields.hpp"
#include "markup/receipt_text.hpp"

#include <algorithm>
#include <array>

namespace torgo::markup {

namespace {

constexpr std::array<std::string_view, 4> outcome_names{"ok", "incomplete", "failed", "stopped"};
constexpr std::string_view cut_mark = "\xE2\x80\xA6"; // …

/// At most `most` bytes, and no half of a code point.
void cut(std::string& text, std::size_t most) {
    if (text.size() <= most) return;
    std::size_t end = 0;
    const auto room = most - cut_mark.size();
    while (true) {
        const auto size = next_code_point(std::string_view(text).substr(end)).size;
        if (end + size > room) break;
        end += size;
    }
    text.resize(end);
    text += cut_mark;
}

std::uint64_t cut_items(std::vector<Item>& items, std::size_t most) {
    const auto over = items.size() > most ? items.size() - most : 0;
    items.resize(items.size() - over);
    for (auto& item : items)
        cut(item.name, name_max);
    return over;
}

} // namespace

std::string_view name(Outcome outcome) noexcept {
    return outcome_names.at(static_cast<std::size_t>(outcome));
}

std::optional<Outcome> parse_outcome(std::string_view text) noexcept {
    const auto found = std::ranges::find(outcome_names, text);
    if (found == outcome_names.end()) return std::nullopt;
    return static_cast<Outcome>(found - outcome_names.begin());
}

bool is_word(std::string_view text) noexcept {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !text.empty() && text.size() <= word_max && text.front() >= 'a' && text.front() <= 'z' &&
           std::ranges::all_of(text, fits);
}

// RECEIPT-8
Receipt bounded(Receipt receipt) {
    for (auto* text :
         {&receipt.command, &receipt.program, &receipt.host, &receipt.user, &receipt.error})
        cut(*text, sentence_max);
    receipt.left_out += cut_items(receipt.inputs, items_max);
    receipt.left_out += cut_items(receipt.outputs, items_max);
    if (receipt.figures.size() > figures_max) receipt.figures.resize(figures_max);
    while (front_matter(receipt).size() > front_matter_max) {
        auto& longer =
            receipt.inputs.size() > receipt.outputs.size() ? receipt.inputs : receipt.outputs;
        longer.pop_back(); // the rest without items is far below the bound
        ++receipt.left_out;
    }
    return receipt;
}

} // namespace torgo::markup
