#include "maml/extract.hpp"

#include "maml/body.hpp"
#include "maml/text.hpp"

#include <algorithm>
#include <optional>
#include <ranges>

namespace torgo::maml {

namespace {

constexpr std::size_t samples_most = 1000;
constexpr std::size_t nesting_most = 16;

struct Open {
    char mark;
    std::size_t length;
};

/// The index of the line that closes the fence of line `first`.
std::optional<std::size_t> closing_line(const Text& text, std::size_t first) {
    const auto outer = fence_of(text.line(first));
    std::vector<Open> open = {{.mark = outer->mark, .length = outer->length}};
    for (auto index = first + 1; index < text.lines(); ++index) {
        const auto fence = fence_of(text.line(index));
        if (!fence) continue;
        if (!fence->info.empty()) {
            if (open.size() == nesting_most) return std::nullopt;
            open.push_back({.mark = fence->mark, .length = fence->length});
            continue;
        }
        const auto& top = open.back();
        if (fence->mark != top.mark || fence->length < top.length) continue;
        open.pop_back();
        if (open.empty()) return index;
    }
    return std::nullopt;
}

std::string_view without_indent(std::string_view line, std::size_t indent) {
    const auto blanks = std::min(line.find_first_not_of(" \t"), line.size());
    return line.substr(std::min(blanks, indent));
}

/// Whether the lines of a block are a MAML file: a front matter that names a version.
bool is_sample(const std::vector<std::string_view>& lines) {
    if (lines.empty() || trimmed_end(lines[0]) != "---") return false;
    for (const auto line : lines | std::views::drop(1)) {
        if (trimmed_end(line) == "---") return false;
        if (line.starts_with("maml_version")) return true;
    }
    return false;
}

std::vector<std::string_view> lines_between(const Text& text, std::size_t first, std::size_t end,
                                            std::size_t indent) {
    std::vector<std::string_view> lines;
    for (auto index = first; index < end; ++index)
        lines.push_back(without_indent(text.line(index), indent));
    const auto begin =
        std::ranges::find_if(lines, [](std::string_view line) { return !trimmed(line).empty(); });
    lines.erase(lines.begin(), begin);
    return lines;
}

} // namespace

Extraction extract(std::string_view document) {
    Extraction out{.samples = {}, .findings = Findings(Level::lenient)};
    const auto text = Text::from(document, out.findings);
    if (!text) return out;
    for (std::size_t index = 0; index < text->lines(); ++index) {
        const auto fence = fence_of(text->line(index));
        if (!fence || fence->info.empty()) continue;
        const auto place = text->place(text->line_start(index) + fence->indent);
        const auto end = closing_line(*text, index);
        if (!end) {
            out.findings.lenient(place, "MAML-60", "this fence has no end of its own",
                                 "close it, or give the outer fence one sign more");
            continue; // what is within may still be whole
        }
        const auto lines = lines_between(*text, index + 1, *end, fence->indent);
        if (is_sample(lines) && out.samples.size() < samples_most) {
            const auto skipped = *end - index - 1 - lines.size();
            Sample sample{.place = text->place(text->line_start(index + 1 + skipped)), .text = {}};
            for (const auto line : lines)
                (sample.text += line) += '\n';
            out.samples.push_back(std::move(sample));
        }
        index = *end;
    }
    return out;
}

} // namespace torgo::maml
