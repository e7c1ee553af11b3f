#include "maml/history.hpp"

#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "env/lock.hpp"
#include "maml/document.hpp"
#include "maml/syntax.hpp"

#include <algorithm>

namespace torgo::maml {

namespace {

constexpr std::size_t entry_text_max = 1000;
constexpr std::size_t verb_size_max = 32;
constexpr std::string_view link_start = " {sha256:";
constexpr std::size_t link_digits = 64;

bool is_verb(std::string_view text) {
    return !text.empty() && text.size() <= verb_size_max && std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-';
    });
}

/// Takes " {sha256:…}" off the end of `text`, if it is there.
std::string take_link(std::string_view& text) {
    constexpr auto size = link_start.size() + link_digits + 1;
    if (text.size() < size || !text.ends_with('}')) return {};
    const auto link = text.substr(text.size() - size);
    const auto digits = link.substr(link_start.size(), link_digits);
    if (!link.starts_with(link_start) || !from_hex(digits)) return {};
    text.remove_suffix(size);
    return std::string(digits);
}

std::optional<HistoryEntry> read_entry(std::string_view line) {
    if (!line.starts_with("- ")) return std::nullopt;
    HistoryEntry entry;
    entry.line = line;
    auto rest = line.substr(2);
    const auto time_end = rest.find(": [");
    if (time_end == std::string_view::npos || !is_moment(rest.substr(0, time_end)))
        return std::nullopt;
    entry.time = rest.substr(0, time_end);
    rest.remove_prefix(time_end + 3);
    const auto verb_end = rest.find(']');
    if (verb_end == std::string_view::npos || !is_verb(rest.substr(0, verb_end)))
        return std::nullopt;
    entry.verb = rest.substr(0, verb_end);
    rest.remove_prefix(verb_end + 1);
    entry.link = take_link(rest);
    entry.text = trimmed(rest);
    return entry;
}

/// After a line: SHA-256 of the hash after the line before, and the line.
Digest chained(const Digest& before, std::string_view line) {
    return crypto::sha256_of({before.view(), as_bytes(line)});
}

void check_link(const HistoryEntry& entry, const Digest& before, bool chained_before,
                Findings& findings) {
    if (entry.link.empty() && chained_before)
        findings.error(entry.place, "MAML-31", "a line without a hash after lines with one",
                       "add lines with \"torgo maml history --add\"");
    if (!entry.link.empty() && entry.link != to_hex(before.view()))
        findings.error(entry.place, "MAML-31",
                       "the hash of this line does not fit the lines before it: one of them was "
                       "changed, added or taken out",
                       "take the history from a copy that is whole");
}

Result<> check_entry(const NewEntry& entry) {
    if (!is_moment(entry.time)) return fail(Errc::invalid_argument, "no time of RFC 3339");
    if (!is_verb(entry.verb))
        return fail(Errc::invalid_argument,
                    in_quotes(entry.verb) + " is no verb: capitals, digits, _ and -, at most 32");
    if (entry.text.empty() || entry.text.size() > entry_text_max ||
        trimmed(entry.text) != entry.text || entry.text.ends_with('}'))
        return fail(Errc::invalid_argument, "a history text is one line of 1 to 1,000 bytes "
                                            "without blanks around it or } at its end");
    Findings findings(Level::strict);
    const auto text = Text::from(entry.text, findings);
    if (entry.text.contains('\n') || !text || findings.refused())
        return fail(Errc::invalid_argument, "a history text is one line of UTF-8 without control "
                                            "characters or ones that turn the direction of "
                                            "writing");
    return {};
}

/// The offset after the last line of a section that says something.
std::size_t end_of_lines(const Text& text, const Section& section) {
    const auto body = text.str().substr(0, section.end);
    const auto last = body.find_last_not_of(" \t\n");
    const auto line = text.line_of(std::max(last, section.header));
    return text.line_end(line);
}

} // namespace

std::vector<HistoryEntry> read_history(const Text& text, const Section& section,
                                       Findings& findings) {
    std::vector<HistoryEntry> entries;
    Digest before{};
    bool chained_before = false;
    for (auto at = section.begin; at < section.end;) {
        const auto index = text.line_of(at);
        at = text.line_end(index);
        const auto line = trimmed_end(text.line(index));
        if (line.empty()) continue;
        auto entry = read_entry(line);
        const auto place = text.place(text.line_start(index));
        if (!entry) {
            findings.lenient(place, "MAML-30", "this is no line of history",
                             "write - 2025-10-27T11:57:00Z: [VERB] text");
            // It counts for the hash, so that it cannot be changed either.
            entry = HistoryEntry{.line = std::string(line),
                                 .time = {},
                                 .verb = {},
                                 .text = {},
                                 .link = {},
                                 .place = {}};
        }
        entry->place = place;
        check_link(*entry, before, chained_before, findings);
        chained_before = chained_before || !entry->link.empty();
        before = chained(before, line);
        entries.push_back(*std::move(entry));
    }
    return entries;
}

Digest chain_end(const std::vector<HistoryEntry>& entries) {
    Digest end{};
    for (const auto& entry : entries)
        end = chained(end, entry.line);
    return end;
}

Result<std::string> with_history(std::string_view file, const NewEntry& entry) {
    CHECK_OK(check_entry(entry));
    const auto reading = read(file, Level::lenient);
    if (!reading.document) return fail(Errc::invalid_argument, first_error(reading.findings));
    const auto& document = *reading.document;
    auto line = "- " + entry.time + ": [" + entry.verb + "] " + entry.text +
                std::string(link_start) + to_hex(chain_end(document.history).view()) + "}\n";
    std::string out(document.text.str());
    const auto* section = find_section(document.body, "history");
    if (section == nullptr) {
        if (!out.ends_with('\n')) out += '\n';
        return out + "\n## History\n" + line;
    }
    const auto at = end_of_lines(document.text, *section);
    if (at == out.size() && !out.ends_with('\n')) line.insert(0, "\n");
    return out.insert(at, line);
}

Result<> rewrite(env::FileSystem& files, const std::string& path, const Change& change,
                 bool secret) {
    const auto folder = env::parent_path(path);
    const auto lock_path = folder + "/." + path.substr(path.find_last_of('/') + 1) + ".lock";
    TRY(const auto lock, env::try_lock_file(files, lock_path));
    if (!lock) return fail(Errc::unavailable, path + ": another program is writing to it");
    TRY(const auto before, env::read_file(files, path, file_size_max));
    TRY(const auto after, change(as_text(before)));
    if (after.size() > file_size_max)
        return fail(Errc::limit_exceeded, path + " would have more than 1 MiB");
    return env::write_file_atomically(files, path, as_bytes(after), secret);
}

Result<> append_history(env::FileSystem& files, const std::string& path, const NewEntry& entry,
                        bool secret) {
    const auto add = [&](std::string_view text) {
        return with_history(text, entry);
    };
    return rewrite(files, path, add, secret);
}

} // namespace torgo::maml
