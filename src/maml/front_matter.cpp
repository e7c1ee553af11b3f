// The keys of the front matter, each as docs/spec/maml.md 2 has it: what is required, and what is
// let pass with a warning.
#include "maml/front_matter.hpp"

#include "maml/syntax.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>

namespace torgo::maml {

namespace {

constexpr std::size_t entries_most = 256;
constexpr std::size_t name_size_max = 128;
constexpr std::uint32_t timeout_max = 7 * 24 * 3600;

/// What the readers of the keys share.
struct Reader {
    const Value& root;
    Findings& findings;
    FrontMatter& out;

    /// The text of a key that should hold one; null where it is missing or something else.
    const std::string* text(std::string_view key, std::string_view rule) {
        const auto* value = root.find(key);
        if (value == nullptr || value->is_null()) return nullptr;
        if (value->kind == Value::Kind::scalar) return &value->text;
        findings.error(value->place, rule, std::string(key) + " is no text", "write one text");
        return nullptr;
    }

    Place place(std::string_view key) const {
        const auto* value = root.find(key);
        return value == nullptr ? root.place : value->place;
    }

    void missing(std::string_view key, std::string_view rule, std::string_view example) {
        if (const auto* value = root.find(key); value != nullptr && !value->is_null()) return;
        findings.lenient(place(key), rule, std::string(key) + " is missing",
                         "add " + std::string(key) + ": " + std::string(example));
    }
};

/// "2.0.0", or "2.0" for it.
bool read_numbers(std::string_view text, std::array<std::uint32_t, 3>& version,
                  std::size_t& count) {
    constexpr std::size_t digits_most = 4;
    for (count = 0; count < version.size();) {
        const auto dot = text.find('.');
        const auto part = text.substr(0, dot);
        if (part.empty() || part.size() > digits_most || (part.size() > 1 && part[0] == '0') ||
            !std::ranges::all_of(part, is_digit))
            return false;
        std::from_chars(part.data(), part.data() + part.size(), version[count++]);
        if (dot == std::string_view::npos) return count >= 2;
        text.remove_prefix(dot + 1);
    }
    return false;
}

/// [MAML-7]
void read_version(Reader& in) {
    const auto* text = in.text("maml_version", "MAML-7");
    const auto at = in.place("maml_version");
    if (text == nullptr) {
        in.findings.error(at, "MAML-7", "maml_version is missing", "add maml_version: \"2.0.0\"");
        return;
    }
    std::size_t count = 0;
    if (!read_numbers(*text, in.out.version, count)) {
        in.findings.error(at, "MAML-7", "maml_version " + in_quotes(*text) + " is no version",
                          "write maml_version: \"2.0.0\"");
        return;
    }
    if (count < 3)
        in.findings.lenient(at, "MAML-7", "maml_version has two numbers",
                            "write \"" + *text + ".0\"");
    const auto [major, minor, patch] = in.out.version;
    if (major > 2 || (major == 0 && minor == 0))
        in.findings.error(at, "MAML-7", "maml_version " + in_quotes(*text) + " is not known here",
                          "versions 0.1 to 2.x are; a newer torgo may know it");
}

/// [MAML-8]
void read_id(Reader& in) {
    in.missing("id", "MAML-8", "\"urn:uuid:…\"");
    const auto* text = in.text("id", "MAML-8");
    if (text == nullptr) return;
    in.out.id = *text;
    if (is_uuid_urn(*text)) return;
    const bool usable =
        !text->empty() && text->size() <= name_size_max && std::ranges::all_of(*text, [](char c) {
            return is_letter(c) || is_digit(c) || std::string_view("._:-").contains(c);
        });
    if (usable)
        in.findings.lenient(in.place("id"), "MAML-8", "id " + in_quotes(*text) + " is no UUID URN",
                            "write \"urn:uuid:\" and 32 hexadecimal digits as 8-4-4-4-12");
    else
        in.findings.error(in.place("id"), "MAML-8", "id " + in_quotes(*text) + " is no name",
                          "use \"urn:uuid:…\"; at most 128 letters, digits and . _ : - else");
}

/// [MAML-9]
void read_type(Reader& in) {
    in.missing("type", "MAML-9", "\"workflow\"");
    const auto* text = in.text("type", "MAML-9");
    if (text == nullptr) return;
    in.out.type = *text;
    if (!is_word(*text))
        in.findings.error(in.place("type"), "MAML-9", "type " + in_quotes(*text) + " is no word",
                          "use lower-case letters, digits, _ and -");
}

/// [MAML-10]
void read_origin(Reader& in) {
    in.missing("origin", "MAML-10", "\"agent://NAME\"");
    const auto* text = in.text("origin", "MAML-10");
    if (text == nullptr) return;
    in.out.origin = *text;
    if (!is_uri(*text))
        in.findings.lenient(in.place("origin"), "MAML-10",
                            "origin " + in_quotes(*text) + " is no URI", "write \"agent://NAME\"");
}

void add_requirement(Reader& in, std::string group, const Value& value) {
    auto need = value.kind == Value::Kind::scalar ? read_requirement(value.text) : std::nullopt;
    if (!need || in.out.needs.size() == entries_most) {
        in.findings.lenient(value.place, "MAML-11",
                            value.kind != Value::Kind::scalar ? "an entry of requires is no text"
                            : !need
                                ? "requires " + in_quotes(value.text) + " is no name and version"
                                : "more than 256 entries in requires",
                            "write it as \"name\" or \"name>=1.2\"");
        return;
    }
    need->group = std::move(group);
    need->place = value.place;
    in.out.needs.push_back(*std::move(need));
}

void add_requirements(Reader& in, const std::string& group, const Value& value) {
    if (value.is_null()) return;
    if (value.kind == Value::Kind::list) {
        for (const auto& item : value.items)
            add_requirement(in, group, item);
        return;
    }
    in.findings.lenient(value.place, "MAML-11", "requires " + in_quotes(group) + " is no list",
                        "write " + group + ": [\"name>=1.2\"]");
    if (value.kind != Value::Kind::scalar) return;
    // `python: ">=3.10"` names the library by its key.
    const bool only_version =
        std::string_view("<>=!~").contains(value.text.empty() ? ' ' : value.text[0]);
    auto named = value;
    if (only_version) named.text = group + value.text;
    add_requirement(in, group, named);
}

/// [MAML-11]
void read_needs(Reader& in) {
    const auto* value = in.root.find("requires");
    if (value == nullptr || value->is_null()) return;
    if (value->kind == Value::Kind::map) {
        for (std::size_t i = 0; i < value->items.size(); ++i)
            add_requirements(in, value->keys[i].name, value->items[i]);
        return;
    }
    in.findings.lenient(value->place, "MAML-11", "requires is no map of lists",
                        "write requires: and below it resources: [\"name\"]");
    if (value->kind == Value::Kind::scalar) return add_requirement(in, "resources", *value);
    for (const auto& item : value->items)
        add_requirement(in, "resources", item);
}

void read_patterns(Reader& in, std::string_view key, const Value& value,
                   std::vector<std::string>& patterns) {
    if (value.is_null()) return;
    const auto add = [&](const Value& item) {
        const bool good = item.kind == Value::Kind::scalar && is_pattern(item.text) &&
                          patterns.size() < entries_most;
        if (good)
            patterns.push_back(item.text);
        else
            in.findings.lenient(item.place, "MAML-12",
                                std::string(key) + " " + in_quotes(item.text) +
                                    " is no pattern, and allows nobody",
                                "write \"agent://NAME\", \"agent://*\" or \"gateway://NAME/*\"");
    };
    if (value.kind == Value::Kind::list) {
        std::ranges::for_each(value.items, add);
        return;
    }
    if (value.kind == Value::Kind::map) {
        in.findings.error(value.place, "MAML-12", std::string(key) + " is no list of patterns",
                          "write " + std::string(key) + ": [\"agent://NAME\"]");
        return;
    }
    in.findings.lenient(value.place, "MAML-12", std::string(key) + " is no list",
                        "write " + std::string(key) + ": [\"agent://NAME\"]");
    add(value);
}

/// [MAML-12] What cannot be read allows nothing.
void read_permissions(Reader& in) {
    in.missing("permissions", "MAML-12", "and below it read, write and execute");
    const auto* value = in.root.find("permissions");
    if (value == nullptr || value->is_null()) return;
    if (value->kind != Value::Kind::map) {
        in.findings.error(value->place, "MAML-12", "permissions is no map",
                          "write read, write and execute below it");
        return;
    }
    auto& out = in.out.permissions;
    for (const auto& [key, list] :
         std::initializer_list<std::pair<std::string_view, std::vector<std::string>*>>{
             {"read", &out.read}, {"write", &out.write}, {"execute", &out.execute}})
        if (const auto* patterns = value->find(key)) read_patterns(in, key, *patterns, *list);
}

void read_word_of(Reader& in, const Value& map, std::string_view key,
                  std::initializer_list<std::string_view> known, std::string& out) {
    const auto* value = map.find(key);
    if (value == nullptr || value->is_null()) return;
    out = value->text;
    if (value->kind == Value::Kind::scalar && std::ranges::find(known, value->text) != known.end())
        return;
    std::string words;
    for (const auto word : known)
        words += (words.empty() ? "" : ", ") + std::string(word);
    in.findings.lenient(value->place, "MAML-13",
                        "verification " + std::string(key) + " " + in_quotes(value->text) +
                            " is not known",
                        "it is one of: " + words);
}

/// A file beside the workflow: no way out of its folder, nothing hidden.
bool is_file_name(std::string_view text) {
    return !text.empty() && text.size() <= name_size_max && text.front() != '.' &&
           std::ranges::all_of(text, [](char c) {
               return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
           });
}

void read_spec_files(Reader& in, const Value& value) {
    const auto refuse = [&](const Value& item) {
        in.findings.error(item.place, "MAML-13",
                          "spec_files " + in_quotes(item.text) + " is no name",
                          "name files beside the workflow: spec_files: [\"name.mli\"]");
    };
    if (value.is_null()) return;
    if (value.kind != Value::Kind::list) return refuse(value);
    for (const auto& item : value.items) {
        if (item.kind != Value::Kind::scalar || !is_file_name(item.text) ||
            in.out.verification.spec_files.size() == entries_most)
            refuse(item);
        else
            in.out.verification.spec_files.push_back(item.text);
    }
}

/// [MAML-13]
void read_verification(Reader& in) {
    const auto* value = in.root.find("verification");
    if (value == nullptr || value->is_null()) return;
    if (value->kind != Value::Kind::map) {
        in.findings.lenient(value->place, "MAML-13", "verification is no map",
                            "write method, level and spec_files below it");
        return;
    }
    auto& out = in.out.verification;
    read_word_of(in, *value, "method", {"ortac-runtime", "reverse_check", "quantum_checksum"},
                 out.method);
    read_word_of(in, *value, "level", {"strict", "warn"}, out.level);
    if (const auto* files = value->find("spec_files")) read_spec_files(in, *files);
}

/// [MAML-14]
void read_created_at(Reader& in) {
    in.missing("created_at", "MAML-14", "2025-10-27T11:55:00Z");
    const auto* text = in.text("created_at", "MAML-14");
    if (text == nullptr) return;
    in.out.created_at = *text;
    if (is_moment(*text)) return;
    if (is_day(*text))
        in.findings.lenient(in.place("created_at"), "MAML-14", "created_at has no time of day",
                            "write " + *text + "T00:00:00Z");
    else
        in.findings.error(in.place("created_at"), "MAML-14",
                          "created_at " + in_quotes(*text) + " is no time",
                          "write it as 2025-10-27T11:55:00Z");
}

/// [MAML-15]
void read_others(Reader& in) {
    if (const auto* text = in.text("encryption", "MAML-15")) {
        in.out.encryption = *text;
        if (*text != "mesh-256" && *text != "512" && *text != "2048")
            in.findings.lenient(in.place("encryption"), "MAML-15",
                                "encryption " + in_quotes(*text) + " is no profile",
                                "it is one of: mesh-256, 512, 2048");
    }
    const auto* text = in.text("timeout_seconds", "MAML-15");
    if (text == nullptr) return;
    std::uint32_t seconds = 0;
    const auto* end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, seconds);
    if (read.ec == std::errc() && read.ptr == end && seconds >= 1 && seconds <= timeout_max)
        in.out.timeout_seconds = seconds;
    else
        in.findings.error(in.place("timeout_seconds"), "MAML-15",
                          "timeout_seconds " + in_quotes(*text) + " is out of bounds",
                          "write a whole number from 1 to 604800");
}

std::optional<Requirement::Condition> read_condition(std::string_view text) {
    for (const std::string_view comparison : {"==", ">=", "<=", "!=", "~=", ">", "<"}) {
        if (!text.starts_with(comparison)) continue;
        const auto version = trimmed(text.substr(comparison.size()));
        const auto in_version = [](char c) {
            return is_letter(c) || is_digit(c) || std::string_view(".+-_*").contains(c);
        };
        if (version.empty() || !std::ranges::all_of(version, in_version)) return std::nullopt;
        return Requirement::Condition{std::string(comparison), std::string(version)};
    }
    return std::nullopt;
}

} // namespace

std::optional<Requirement> read_requirement(std::string_view text) {
    const auto full = trimmed(text);
    const auto in_name = [](char c) {
        return is_letter(c) || is_digit(c) || std::string_view("._-/+:[]@").contains(c);
    };
    const auto name_end = std::ranges::find_if_not(full, in_name) - full.begin();
    const auto name = full.substr(0, static_cast<std::size_t>(name_end));
    auto rest = trimmed(full.substr(name.size()));
    if (name.empty() || name.size() > name_size_max || rest.size() > name_size_max)
        return std::nullopt;
    Requirement need{.group = {}, .name = std::string(name), .conditions = {}, .place = {}};
    while (!rest.empty()) {
        const auto end = std::min(rest.find(','), rest.size());
        auto condition = read_condition(trimmed(rest.substr(0, end)));
        const bool goes_on = end < rest.size();
        rest = trimmed(rest.substr(std::min(end + 1, rest.size())));
        if (!condition || goes_on == rest.empty()) return std::nullopt;
        need.conditions.push_back(*std::move(condition));
    }
    return need;
}

std::string Requirement::text() const {
    auto out = name;
    for (const auto& one : conditions)
        out += (&one == conditions.data() ? "" : ",") + one.comparison + one.version;
    return out;
}

std::optional<FrontMatter> read_front_matter(const Text& text, std::size_t offset, std::size_t size,
                                             Findings& findings) {
    auto values = read_yaml(text, offset, size, findings);
    if (!values) return std::nullopt;
    FrontMatter out;
    out.raw = text.str().substr(offset, size);
    out.values = *std::move(values);
    Reader in{.root = out.values, .findings = findings, .out = out};
    read_version(in);
    read_id(in);
    read_type(in);
    read_origin(in);
    read_needs(in);
    read_permissions(in);
    read_verification(in);
    read_created_at(in);
    read_others(in);
    return out;
}

} // namespace torgo::maml
