// SPDX-License-Identifier: MIT
#include "source/excludes.hpp"

#include "source/glob.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>

namespace torgo::source {

namespace {

/// Deeper paths are split into memory of their own.
constexpr std::size_t usual_depth = 64;

/// A component of a pattern: a glob, or "**" for any number of components.
using Part = std::optional<Glob>;

struct Rule {
    std::vector<Part> parts; ///< the last one is always a glob
    bool negated = false;
    bool directories_only = false;
};

struct TextHash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

/// The components of a path, split when a rule first asks for them: most rules look at the name
/// only.
class Components {
public:
    explicit Components(std::string_view path) : m_path(path) {}

    std::span<const std::string_view> get() {
        if (m_count == 0) split();
        return m_deep.empty() ? std::span(m_usual).first(m_count) : std::span(m_deep);
    }

private:
    void split() {
        for (std::size_t at = 1; at <= m_path.size();) {
            const auto end = std::min(m_path.find('/', at), m_path.size());
            add(m_path.substr(at, end - at));
            at = end + 1;
        }
    }

    void add(std::string_view component) {
        if (m_count == usual_depth) m_deep.assign(m_usual.begin(), m_usual.end());
        if (m_count >= usual_depth)
            m_deep.push_back(component);
        else
            m_usual[m_count] = component;
        ++m_count;
    }

    std::string_view m_path;
    std::size_t m_count = 0;
    std::array<std::string_view, usual_depth> m_usual;
    std::vector<std::string_view> m_deep;
};

/// As Glob::matches_tokens, one level up: "**" is the star, components are the characters.
bool parts_match(std::span<const Part> parts, std::span<const std::string_view> path) {
    struct Retry {
        std::size_t part;
        std::size_t at;
    };

    std::optional<Retry> retry;
    std::size_t part = 0;
    std::size_t at = 0;
    for (;;) {
        if (part < parts.size() && !parts[part]) {
            retry = Retry{++part, at};
            continue;
        }
        if (part == parts.size() && at == path.size()) return true;
        if (part < parts.size() && at < path.size() && parts[part]->matches(path[at])) {
            ++part;
            ++at;
            continue;
        }
        if (!retry || retry->at == path.size()) return false;
        part = retry->part;
        at = ++retry->at;
    }
}

/// spec 2: the components between the slashes of a pattern.
Result<std::vector<Part>> parse_parts(std::string_view text) {
    std::vector<Part> parts;
    if (text.starts_with('/'))
        text.remove_prefix(1);
    else
        parts.emplace_back(std::nullopt);
    for (;;) {
        const auto end = std::min(text.find('/'), text.size());
        const auto component = text.substr(0, end);
        if (component.empty() || component == "." || component == "..")
            return fail(Errc::invalid_argument, "an empty, '.' or '..' component never matches");
        if (component == "**") {
            if (parts.empty() || parts.back()) parts.emplace_back(std::nullopt);
        } else {
            TRY(parts.emplace_back(), Glob::parse(component));
        }
        if (end == text.size()) break;
        text.remove_prefix(end + 1);
    }
    if (!parts.back()) { // what is in a directory, not the directory itself
        TRY(parts.emplace_back(), Glob::parse("*"));
    }
    return parts;
}

Result<Rule> parse_rule(std::string_view text) {
    Rule rule;
    if (text.size() > max_pattern_bytes)
        return fail(Errc::limit_exceeded, "an exclude pattern is too long");
    if (text.contains('\0')) return fail(Errc::invalid_argument, "a zero byte never matches");
    if (text.starts_with('!')) {
        rule.negated = true;
        text.remove_prefix(1);
    }
    if (text.ends_with('/') && !text.ends_with("\\/")) {
        rule.directories_only = true;
        text.remove_suffix(1);
    }
    if (text.empty()) return fail(Errc::invalid_argument, "nothing is left to match");
    TRY(rule.parts, parse_parts(text));
    return rule;
}

/// spec 4: takes the line end and the blanks before it away, unless a backslash keeps them.
std::string_view trim_line(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (line.ends_with(' ') || line.ends_with('\t')) {
        const auto before = line.substr(0, line.size() - 1);
        const auto last = before.find_last_not_of('\\');
        const auto backslashes = before.size() - (last == std::string_view::npos ? 0 : last + 1);
        if (backslashes % 2 == 1) break;
        line = before;
    }
    return line;
}

std::vector<std::string_view> lines_of(std::string_view content) {
    std::vector<std::string_view> out;
    if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
    while (!content.empty()) {
        const auto end = std::min(content.find('\n'), content.size());
        const auto line = trim_line(content.substr(0, end));
        if (!line.empty() && !line.starts_with('#')) out.push_back(line);
        content.remove_prefix(std::min(end + 1, content.size()));
    }
    return out;
}

} // namespace

struct Excludes::Rules {
    std::vector<Rule> all;
    /// Rules by the literal name that the last component must have, and the other rules; both in
    /// order. So ten thousand names cost no more than one.
    std::unordered_map<std::string, std::vector<std::size_t>, TextHash, std::equal_to<>> by_name;
    std::vector<std::size_t> others;

    Result<> add(std::string_view text) {
        auto rule = parse_rule(text);
        if (!rule)
            return std::unexpected(
                std::move(rule).error().with("exclude pattern '" + std::string(text) + "'"));
        if (all.size() == max_pattern_count)
            return fail(Errc::limit_exceeded, "too many exclude patterns");
        const auto& last = *rule->parts.back();
        (last.is_literal() ? by_name[last.text()] : others).push_back(all.size());
        all.push_back(*std::move(rule));
        return {};
    }

    bool matches(const Rule& rule, std::string_view name, Components& path, bool directory) const {
        if (rule.directories_only && !directory) return false;
        // "**" and a name: the usual rule.
        if (rule.parts.size() == 2 && !rule.parts[0]) return rule.parts[1]->matches(name);
        return parts_match(rule.parts, path.get());
    }
};

Result<Excludes> Excludes::parse(const std::vector<std::string>& patterns,
                                 const std::vector<std::string>& files_contents) {
    auto rules = std::make_shared<Rules>();
    for (const auto& content : files_contents)
        for (const auto line : lines_of(content))
            CHECK_OK(rules->add(line));
    for (const auto& pattern : patterns)
        CHECK_OK(rules->add(pattern));
    Excludes out;
    if (!rules->all.empty()) out.m_rules = std::move(rules);
    return out;
}

bool Excludes::excluded(std::string_view absolute_path, bool is_directory) const {
    if (!m_rules || absolute_path == "/") return false;
    const auto name = absolute_path.substr(absolute_path.rfind('/') + 1);
    Components path(absolute_path);
    std::optional<std::size_t> last;
    const auto look = [&](const std::vector<std::size_t>& indexes) {
        for (auto at = indexes.rbegin(); at != indexes.rend() && (!last || *at > *last); ++at)
            if (m_rules->matches(m_rules->all[*at], name, path, is_directory)) last = *at;
    };
    const auto named = m_rules->by_name.find(name);
    if (named != m_rules->by_name.end()) look(named->second);
    look(m_rules->others);
    return last && !m_rules->all[*last].negated;
}

} // namespace torgo::source
