#include "markup/receipt_text.hpp"

#include "base/utf8.hpp"
#include "crypto/hash.hpp"
#include "markup/fields.hpp"
#include "markup/mirror.hpp"

#include <algorithm>

namespace torgo::markup {

namespace {

constexpr std::string_view none = "none";
constexpr std::uint64_t receipt_version = 1;
constexpr std::string_view maml_version = "2.0.0";

void put_items(FieldWriter& out, std::string_view key, const std::vector<Item>& items) {
    if (items.empty()) {
        out.line(std::string(key) + ": []");
        return;
    }
    out.line(std::string(key) + ":");
    for (const auto& item : items) {
        out.text("  - kind", item.kind).text("    name", item.name);
        if (!is_utf8(item.name)) out.text("    name_hex", to_hex(as_bytes(item.name)));
        out.text("    hash", hash_text(item.hash));
    }
}

void put_figures(FieldWriter& out, const std::vector<Figure>& figures) {
    if (figures.empty()) {
        out.line("figures: {}");
        return;
    }
    out.line("figures:");
    for (const auto& [name, value] : figures)
        out.number("  " + name, value);
}

Result<Item> take_item(FieldReader& in) {
    Item item;
    TRY(item.kind, in.text("  - kind"));
    if (!is_word(item.kind)) return in.wrong("a kind that is none");
    TRY(item.name, in.text("    name"));
    if (in.next_is("    name_hex: ")) {
        TRY(const auto hex, in.text("    name_hex"));
        const auto bytes = from_hex(hex);
        if (!bytes || bytes->size() > name_max) return in.wrong("a name_hex that is none");
        item.name = as_text(*bytes);
    }
    if (item.name.size() > name_max) return in.wrong("a name that is too long");
    TRY(const auto hash, in.text("    hash"));
    auto digest = parse_hash(hash);
    if (!digest) return in.wrong(digest.error().detail());
    item.hash = *digest;
    return item;
}

Result<std::vector<Item>> take_items(FieldReader& in, const std::string& key) {
    std::vector<Item> out;
    if (in.next_is(key + ": []\n")) {
        CHECK_OK(in.line(key + ": []"));
        return out;
    }
    CHECK_OK(in.line(key + ":"));
    do {
        if (out.size() == items_max) return in.wrong("too many items");
        TRY(auto item, take_item(in));
        out.push_back(std::move(item));
    } while (in.next_is("  - "));
    return out;
}

Result<std::vector<Figure>> take_figures(FieldReader& in) {
    std::vector<Figure> out;
    if (in.next_is("figures: {}\n")) {
        CHECK_OK(in.line("figures: {}"));
        return out;
    }
    CHECK_OK(in.line("figures:"));
    do {
        if (out.size() == figures_max) return in.wrong("too many figures");
        auto look = in;
        TRY(const auto line, look.any());
        const auto end = std::min(line.find(':'), line.size());
        if (end < 2 || !is_word(line.substr(2, end - 2))) return look.wrong("no figure");
        const std::string key(line.substr(0, end));
        const auto same = [&](const Figure& figure) {
            return "  " + figure.first == key;
        };
        if (std::ranges::any_of(out, same)) return look.wrong("a figure that was there");
        TRY(const auto value, in.number(key));
        out.emplace_back(key.substr(2), value);
    } while (in.next_is("  "));
    return out;
}

Result<std::string> take_sentence(FieldReader& in, std::string_view key) {
    TRY(auto text, in.text(key));
    if (text.size() > sentence_max) return in.wrong("too long");
    return text;
}

Result<std::optional<RepoId>> parse_repository(std::string_view text) {
    if (text == none) return std::optional<RepoId>{};
    auto id = RepoId::parse(text);
    if (!id) return fail(Errc::corrupt, "no repository's id");
    return std::optional(*id);
}

Result<std::optional<Uuid>> parse_undo(std::string_view text) {
    if (text == none) return std::optional<Uuid>{};
    TRY(const auto id, parse_urn(text));
    return std::optional(id);
}

Result<Outcome> outcome_of(std::string_view text) {
    const auto out = parse_outcome(text);
    if (!out) return fail(Errc::corrupt, "no outcome");
    return *out;
}

Result<> take_head(FieldReader& in, Receipt& out, std::int64_t& created_ns) {
    CHECK_OK(in.line("maml_version: \"" + std::string(maml_version) + "\""));
    TRY(out.id, in.parsed("id", parse_urn));
    CHECK_OK(in.line("type: \"receipt\""));
    TRY(out.author, in.parsed("origin", parse_origin));
    TRY(created_ns, in.parsed("created_at", parse_time));
    TRY(const auto version, in.number("receipt_version"));
    if (version != receipt_version)
        return fail(Errc::unsupported, "a receipt of version " + std::to_string(version));
    TRY(out.number, in.number("number"));
    TRY(out.prev, in.parsed("prev", parse_hash));
    return {};
}

Result<Receipt> take_receipt(FieldReader& in) {
    Receipt out;
    std::int64_t created_ns = 0;
    CHECK_OK(take_head(in, out, created_ns));
    TRY(out.command, take_sentence(in, "command"));
    TRY(out.program, take_sentence(in, "program"));
    TRY(out.repository, in.parsed("repository", parse_repository));
    TRY(out.host, take_sentence(in, "host"));
    TRY(out.user, take_sentence(in, "user"));
    TRY(out.began_ns, in.parsed("began_at", parse_time));
    TRY(out.ended_ns, in.parsed("ended_at", parse_time));
    if (created_ns != out.ended_ns) return in.wrong("it was made when the work ended");
    TRY(out.outcome, in.parsed("outcome", outcome_of));
    TRY(out.error, take_sentence(in, "error"));
    TRY(out.undo, in.parsed("undo", parse_undo));
    TRY(out.inputs, take_items(in, "inputs"));
    TRY(out.outputs, take_items(in, "outputs"));
    TRY(out.left_out, in.number("left_out"));
    TRY(out.figures, take_figures(in));
    CHECK_OK(in.done());
    return out;
}

/// As code, on one line. What is in quotes holds no line end.
std::string code(std::string_view raw) {
    auto text = quoted(raw);
    text = text.substr(1, text.size() - 2);
    if (text.empty()) return "(nothing)";
    return text.contains('`') ? "``` " + text + " ```" : "`" + text + "`";
}

std::string section_of(std::string_view title, const std::vector<Item>& items) {
    std::string out = "\n## " + std::string(title) + "\n\n";
    for (const auto& item : items) {
        out += "- " + item.kind + " " + code(item.name);
        if (!item.hash.is_zero()) out += ", " + code(hash_text(item.hash));
        out += "\n";
    }
    return out + (items.empty() ? "None.\n" : "");
}

std::string context_of(const Receipt& receipt) {
    std::string out = "\n## Context\n\n- what: " + code(receipt.command) + " of " +
                      code(receipt.program) + "\n- by whom: " + code(receipt.user) + " on " +
                      code(receipt.host) + ", key " + code(receipt.author.hex()) + "\n";
    if (receipt.repository) out += "- repository: " + code(receipt.repository->hex()) + "\n";
    out += "- began: " + time_text(receipt.began_ns) + "\n- ended: " + time_text(receipt.ended_ns) +
           "\n- outcome: " + std::string(name(receipt.outcome)) + "\n";
    if (!receipt.error.empty()) out += "- error: " + code(receipt.error) + "\n";
    if (receipt.undo) out += "- can be rolled back with " + code(urn_of(*receipt.undo)) + "\n";
    if (receipt.left_out != 0)
        out += "- items left out: " + std::to_string(receipt.left_out) + "\n";
    return out;
}

std::string figures_of(const Receipt& receipt) {
    std::string out = "\n## Figures\n\n";
    for (const auto& [name, value] : receipt.figures)
        out += "- " + name + ": " + std::to_string(value) + "\n";
    return out + (receipt.figures.empty() ? "None.\n" : "");
}

} // namespace

std::string front_matter(const Receipt& receipt) {
    FieldWriter out;
    out.text("maml_version", maml_version)
        .text("id", urn_of(receipt.id))
        .text("type", "receipt")
        .text("origin", origin_of(receipt.author))
        .text("created_at", time_text(receipt.ended_ns))
        .number("receipt_version", receipt_version)
        .number("number", receipt.number)
        .text("prev", hash_text(receipt.prev))
        .text("command", receipt.command)
        .text("program", receipt.program)
        .text("repository", receipt.repository ? receipt.repository->hex() : std::string(none))
        .text("host", receipt.host)
        .text("user", receipt.user)
        .text("began_at", time_text(receipt.began_ns))
        .text("ended_at", time_text(receipt.ended_ns))
        .text("outcome", name(receipt.outcome))
        .text("error", receipt.error)
        .text("undo", receipt.undo ? urn_of(*receipt.undo) : std::string(none));
    put_items(out, "inputs", receipt.inputs);
    put_items(out, "outputs", receipt.outputs);
    out.number("left_out", receipt.left_out);
    put_figures(out, receipt.figures);
    return out.lines();
}

// RECEIPT-5
std::string write_receipt(const Receipt& receipt) {
    return std::string(fence) + front_matter(receipt) + std::string(fence) + "\n# Receipt " +
           std::to_string(receipt.number) + ": " + code(receipt.command) +
           "\n\n## Intent\n\nTo say what was done, signed by the machine that did it.\n" +
           context_of(receipt) + section_of("Inputs", receipt.inputs) +
           section_of("Outputs", receipt.outputs) + figures_of(receipt);
}

// RECEIPT-6
Result<Receipt> parse_receipt(std::string_view text) {
    if (text.size() > receipt_text_max) return fail(Errc::limit_exceeded, "a receipt over 512 KiB");
    if (!is_utf8(text)) return fail(Errc::corrupt, "a receipt that is no UTF-8");
    TRY(const auto parts, split_front(text));
    FieldReader in(parts.front);
    TRY(auto out, take_receipt(in));
    if (front_matter(out) != parts.front)
        return fail(Errc::corrupt, "a front matter in another spelling");
    return out;
}

Digest hash_of(std::string_view text) {
    return crypto::sha256(as_bytes(with_lf(text)));
}

} // namespace torgo::markup
