// Sections and blocks. One rule for fences, without guessing: a block ends at the first bare fence
// that is long enough, and what looks like another opening before that is a mistake to be mended,
// as the two readings of it would run different code.
#include "maml/body.hpp"

#include "maml/syntax.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace torgo::maml {

namespace {

constexpr std::size_t sections_most = 256;
constexpr std::size_t blocks_most = 256;
constexpr std::size_t indent_most = 3; // a fourth space makes it text (CommonMark 0.31, 4.4)
constexpr std::size_t fence_least = 3;

struct Range {
    char32_t first;
    char32_t last;
};

/// Signs, pictures, and what joins and colours them.
constexpr Range emoji[] = {{0x200D, 0x200D},   {0x20E3, 0x20E3},  {0x2190, 0x21FF},
                           {0x2300, 0x27BF},   {0x2B00, 0x2BFF},  {0xFE0E, 0xFE0F},
                           {0x1F000, 0x1FAFF}, {0xE0020, 0xE007F}};

/// The code point at `at` of text that was checked, and its bytes.
char32_t next(std::string_view text, std::size_t& at) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    if (lead < 0x80) return lead;
    const unsigned more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    char32_t value = lead & (0x3FU >> more);
    for (unsigned i = 0; i < more && at < text.size(); ++i)
        value = (value << 6U) | (static_cast<unsigned char>(text[at++]) & 0x3FU);
    return value;
}

bool is_emoji(char32_t c) {
    return std::ranges::any_of(emoji, [c](Range r) { return c >= r.first && c <= r.last; });
}

/// "Name" of "## Name"; nothing of any other line.
std::optional<std::string_view> header_name(std::string_view line) {
    const auto indent = line.find_first_not_of(' ');
    if (indent == std::string_view::npos || indent > indent_most) return std::nullopt;
    line.remove_prefix(indent);
    if (!line.starts_with("## ") && !line.starts_with("##\t")) return std::nullopt;
    const auto name = trimmed(line.substr(2));
    return name.empty() ? std::nullopt : std::optional(name);
}

class BodyReader {
public:
    BodyReader(const Text& text, Findings& findings) : m_text(text), m_findings(findings) {
        m_body.literal.assign(text.lines(), false);
    }

    void line(std::size_t index) {
        const auto line = m_text.line(index);
        const auto fence = fence_of(line);
        if (m_fence) return within(index, fence);
        if (fence && fence->indent <= indent_most) return open(index, *fence);
        if (const auto name = header_name(line)) header(index, *name);
    }

    Body finish() {
        if (m_fence)
            m_findings.error(m_block.place, "MAML-24", "this block is never closed",
                             "end it with a line of " + std::to_string(m_fence->length) + " " +
                                 m_fence->mark);
        end_section(m_text.str().size());
        return std::move(m_body);
    }

private:
    bool same_kind(const Fence& fence) const {
        return fence.mark == m_fence->mark && fence.length >= m_fence->length;
    }

    void within(std::size_t index, const std::optional<Fence>& fence) {
        const bool counts = fence && fence->indent <= indent_most && same_kind(*fence);
        if (counts && fence->info.empty()) return close(index);
        m_body.literal[index] = true;
        // [MAML-23]
        if (counts)
            m_findings.error(m_text.place(m_text.line_start(index)), "MAML-23",
                             "a fence opens within the block of line " +
                                 std::to_string(m_block.place.line),
                             "close that block before it, or write both fences of line " +
                                 std::to_string(m_block.place.line) + " with " +
                                 std::to_string(fence->length + 1) + " " + fence->mark);
    }

    void open(std::size_t index, const Fence& fence) {
        m_fence = fence;
        const auto word = fence.info.substr(0, fence.info.find_first_of(" \t{,"));
        m_block = {.language = lowered(word),
                   .place = m_text.place(m_text.line_start(index) + fence.indent),
                   .begin = m_text.line_end(index),
                   .end = 0};
        if (word.empty() && in_code())
            m_findings.lenient(m_block.place, "MAML-22", "a block without a language",
                               "write it after the fence: ```python");
    }

    void close(std::size_t index) {
        m_fence.reset();
        m_block.end = m_text.line_start(index);
        if (++m_blocks > blocks_most) {
            if (m_blocks == blocks_most + 1)
                m_findings.error(m_block.place, "MAML-1", "more than 256 blocks", "split the file");
            return;
        }
        if (m_in_section) m_body.sections.back().blocks.push_back(m_block);
    }

    bool in_code() const { return m_in_section && m_body.sections.back().key == "codeblocks"; }

    void header(std::size_t index, std::string_view name) {
        const auto start = m_text.line_start(index);
        end_section(start);
        Section section{.name = std::string(name),
                        .key = section_key(name),
                        .place = m_text.place(start),
                        .header = start,
                        .begin = m_text.line_end(index),
                        .end = m_text.str().size(),
                        .blocks = {}};
        m_in_section = m_body.sections.size() < sections_most;
        if (!m_in_section) {
            if (!std::exchange(m_too_many, true))
                m_findings.error(section.place, "MAML-1", "more than 256 sections",
                                 "split the file");
            return;
        }
        // [MAML-21] Which of the two would count, nobody could say.
        if (!m_keys.insert(section.key).second)
            m_findings.error(section.place, "MAML-21",
                             "the section " + in_quotes(name) + " stands twice",
                             "join the two, or use ### within a section");
        m_body.sections.push_back(std::move(section));
    }

    void end_section(std::size_t at) {
        if (m_in_section) m_body.sections.back().end = at;
        m_in_section = false;
    }

    const Text& m_text;
    Findings& m_findings;
    Body m_body;
    std::optional<Fence> m_fence; ///< of the block that is open
    Block m_block;
    std::size_t m_blocks = 0;
    bool m_in_section = false;
    bool m_too_many = false;
    std::set<std::string> m_keys;
};

} // namespace

std::optional<Fence> fence_of(std::string_view line) noexcept {
    const auto indent = std::min(line.find_first_not_of(" \t"), line.size());
    line.remove_prefix(indent);
    if (line.empty() || (line[0] != '`' && line[0] != '~')) return std::nullopt;
    const auto length = std::min(line.find_first_not_of(line[0]), line.size());
    const auto info = trimmed(line.substr(length));
    // ```words``` within a paragraph is no fence.
    if (length < fence_least || (line[0] == '`' && info.contains('`'))) return std::nullopt;
    return Fence{.mark = line[0], .length = length, .indent = indent, .info = info};
}

std::string section_key(std::string_view name) {
    std::string key;
    for (std::size_t at = 0; at < name.size();) {
        const auto start = at;
        const auto c = next(name, at);
        if (c == ' ' || c == '\t' || c == '_' || is_emoji(c)) continue;
        key += lowered(name.substr(start, at - start));
    }
    return key;
}

const Section* find_section(const Body& body, std::string_view key) noexcept {
    const auto found = std::ranges::find(body.sections, key, &Section::key);
    return found == body.sections.end() ? nullptr : &*found;
}

Body read_body(const Text& text, std::size_t first_line, Findings& findings) {
    BodyReader reader(text, findings);
    for (auto index = first_line; index < text.lines(); ++index)
        reader.line(index);
    return reader.finish();
}

} // namespace torgo::maml
