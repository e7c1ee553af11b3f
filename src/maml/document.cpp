#include "maml/document.hpp"

#include "maml/schema.hpp"

#include <algorithm>

namespace torgo::maml {

namespace {

constexpr std::string_view front_rule = "---";

/// [MAML-4] The offset where the front matter begins; nothing where there is none.
std::optional<std::size_t> front_begin(const Text& text, Findings& findings) {
    std::size_t index = 0;
    while (index < text.lines() && trimmed(text.line(index)).empty())
        ++index;
    if (index == text.lines()) {
        findings.error({}, "MAML-4", "the file is empty", "begin it with a line ---");
        return std::nullopt;
    }
    const auto at = text.place(text.line_start(index));
    const auto line = text.line(index);
    if (trimmed_end(line) == front_rule) {
        if (index != 0)
            findings.lenient({}, "MAML-4", "empty lines before the front matter", "take them out");
        return index;
    }
    if (fence_of(line))
        findings.error(at, "MAML-4", "the file is wrapped in a fence",
                       "take the fences out, or use \"torgo maml extract\"");
    else if (line.starts_with("maml_version") && line.contains("type:"))
        findings.error(at, "MAML-4", "the front matter has lost its line ends",
                       "put each key on a line of its own, between two lines ---");
    else
        findings.error(at, "MAML-4", "the file does not begin with ---",
                       "begin it with the front matter between two lines ---");
    return std::nullopt;
}

/// The index of the line that ends the front matter.
std::optional<std::size_t> front_end(const Text& text, std::size_t begin, Findings& findings) {
    for (auto index = begin + 1; index < text.lines(); ++index)
        if (trimmed_end(text.line(index)) == front_rule) return index;
    findings.error(text.place(text.line_start(begin)), "MAML-4", "the front matter has no end",
                   "end it with a second line ---");
    return std::nullopt;
}

void require_section(const Body& body, std::string_view key, const char* name, Findings& findings) {
    if (find_section(body, key) != nullptr) return;
    findings.lenient({}, "MAML-21", std::string("the section ") + name + " is missing",
                     std::string("add ## ") + name + " and what it is about");
}

/// [MAML-27] Bare or fenced, the schema is what reaches from the first { to its end.
std::string read_schema(const Text& text, const Body& body, std::string_view key,
                        Findings& findings) {
    const auto* section = find_section(body, key);
    if (section == nullptr) return {};
    const auto content = text.str().substr(section->begin, section->end - section->begin);
    const auto first = content.find('{');
    if (first == std::string_view::npos) {
        findings.error(section->place, "MAML-27", "the schema has no {",
                       "write a JSON object, or take the section out");
        return {};
    }
    const auto size = balanced_size(content.substr(first));
    const auto begin = section->begin + first;
    if (size == 0) {
        findings.error(text.place(begin), "MAML-27", "this { is never closed", "add the missing }");
        return {};
    }
    check_schema(text, begin, size, findings);
    return std::string(content.substr(first, size));
}

/// Lines of the text, one after the other, with what their place asks for.
class Writer {
public:
    void literal(std::string_view line) { put(line); }

    void markup(std::string_view line) {
        line = trimmed_end(line);
        if (line.empty() && m_empty) return;
        put(line);
        m_empty = line.empty();
    }

    std::string finish() {
        // Blanks at the end say nothing; a block cannot end there, as its fence follows.
        m_out.resize(m_out.find_last_not_of('\n') + 1);
        return std::move(m_out) + '\n';
    }

private:
    void put(std::string_view line) {
        m_out += line;
        m_out += '\n';
        m_empty = false;
    }

    std::string m_out;
    bool m_empty = false;
};

std::string write(const Document& document, bool with_history) {
    Writer out;
    const auto& text = document.text;
    const auto* history = with_history ? nullptr : find_section(document.body, "history");
    out.literal(front_rule);
    for (auto i = text.line_of(document.front_begin); i + 1 < document.body_line; ++i)
        out.literal(text.line(i));
    out.literal(front_rule);
    for (auto i = document.body_line; i < text.lines(); ++i) {
        const auto at = text.line_start(i);
        if (history != nullptr && at >= history->header && at < history->end) continue;
        if (document.body.literal[i])
            out.literal(text.line(i));
        else
            out.markup(text.line(i));
    }
    return out.finish();
}

/// False where nothing more can be read.
bool read_parts(Document& document, Findings& findings) {
    const auto& text = document.text;
    const auto begin = front_begin(text, findings);
    if (!begin) return false;
    const auto end = front_end(text, *begin, findings);
    if (!end) return false;
    document.front_begin = text.line_end(*begin);
    document.front_end = text.line_start(*end);
    document.body_line = *end + 1;
    auto front = read_front_matter(text, document.front_begin,
                                   document.front_end - document.front_begin, findings);
    if (front) document.front = *std::move(front);
    document.body = read_body(text, document.body_line, findings);
    require_section(document.body, "intent", "Intent", findings);
    require_section(document.body, "context", "Context", findings);
    document.input_schema = read_schema(text, document.body, "inputschema", findings);
    document.output_schema = read_schema(text, document.body, "outputschema", findings);
    if (const auto* history = find_section(document.body, "history"))
        document.history = read_history(text, *history, findings);
    return !findings.refused();
}

} // namespace

Reading read(std::string_view file, Level level) {
    Reading reading{.document = std::nullopt, .findings = Findings(level)};
    auto text = Text::from(file, reading.findings);
    if (!text) return reading;
    Document document;
    document.text = *std::move(text);
    if (read_parts(document, reading.findings)) reading.document = std::move(document);
    return reading;
}

std::string first_error(const Findings& findings) {
    const auto found = std::ranges::find(findings.list(), Severity::error, &Finding::severity);
    return found == findings.list().end() ? std::string() : words(*found);
}

std::vector<Block> code_blocks(const Document& document) {
    const auto* section = find_section(document.body, "codeblocks");
    return section == nullptr ? std::vector<Block>() : section->blocks;
}

std::string canonical(const Document& document) {
    return write(document, false);
}

std::string formatted(const Document& document) {
    return write(document, true);
}

} // namespace torgo::maml
