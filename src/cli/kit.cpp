#include "cli/kit.hpp"

#include "base/hex.hpp"
#include "base/xml.hpp"
#include "cli/format.hpp"
#include "cli/proquint.hpp"
#include "cli/qr.hpp"
#include "crypto/hash.hpp"

#include <algorithm>
#include <cctype>

namespace torgo::cli {

namespace {

constexpr std::string_view payload_mark = "TORGO-KIT:1:";
constexpr std::string_view checksum_label = "TORGO/KIT/1";
constexpr std::size_t words_a_line = 6;
constexpr std::size_t kit_bytes = kit_secret_size + kit_checksum_size;
constexpr std::size_t text_width = 76;

Digest checksum(const RepoId& repository, ByteView secret) {
    return crypto::sha256_of({as_bytes(checksum_label), repository.view(), secret});
}

/// The secret followed by the front of its checksum.
crypto::SecretBytes with_checksum(const repo::RecoveryKit& kit) {
    crypto::SecretBytes out(kit_bytes);
    std::ranges::copy(kit.secret.view(), out.span().begin());
    const auto sum = checksum(kit.place.id, kit.secret.view());
    std::ranges::copy(sum.view().first(kit_checksum_size), out.span().begin() + kit_secret_size);
    return out;
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::vector<std::string> word_lines(const repo::RecoveryKit& kit) {
    const auto words = kit_words(kit);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < words.size(); i += words_a_line) {
        const auto first = words.begin() + static_cast<std::ptrdiff_t>(i);
        out.push_back(joined({first, first + words_a_line}, "-"));
    }
    return out;
}

constexpr std::string_view how_to_use =
    "To use it: torgo init --recover --kit THIS-FILE, or torgo init --recover and type the words "
    "(small or capital letters, spaces or dashes). Where the heads lie elsewhere by now, name "
    "them: --head URI.";

/// Cuts at `mark`; the front is returned, the rest stays.
std::string_view take_field(std::string_view& rest, char mark) {
    const auto end = rest.find(mark);
    const auto field = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return field;
}

std::unexpected<Error> broken_payload(const std::string& what) {
    return fail(Errc::invalid_argument, "the line of the recovery kit that begins with " +
                                            std::string(payload_mark) + " is damaged (" + what +
                                            "): type the words instead");
}

/// in      what follows the mark, to the end of its line
Result<KitInput> parse_payload(std::string_view rest) {
    repo::Place place;
    const auto id = RepoId::parse(lower(take_field(rest, ':')));
    const auto fingerprint = Digest::parse(lower(take_field(rest, ':')));
    const auto secret = from_hex(lower(take_field(rest, ':')));
    if (!id || !fingerprint) return broken_payload("the repository is not readable");
    if (!secret || secret->size() != kit_bytes) return broken_payload("the secret is not readable");
    place.id = *id;
    place.root_fingerprint = *fingerprint;
    while (!rest.empty()) {
        const auto head = take_field(rest, ' ');
        if (!head.empty()) place.heads.emplace_back(head);
    }
    KitInput out;
    out.secret = crypto::SecretBytes::copy_of(*secret);
    CHECK_OK(check_kit(out, place.id));
    out.place = std::move(place);
    return out;
}

/// Runs of letters; everything else only parts them.
std::vector<std::string> letter_runs(std::string_view text) {
    std::vector<std::string> out;
    bool inside = false;
    for (const char c : text) {
        const bool letter = std::isalpha(static_cast<unsigned char>(c)) != 0;
        if (letter && !inside) out.emplace_back();
        if (letter) out.back() += c;
        inside = letter;
    }
    return out;
}

Result<KitInput> parse_words(std::string_view text) {
    const auto words = letter_runs(text);
    std::vector<std::string> wrong;
    KitInput out;
    out.secret = crypto::SecretBytes(kit_bytes);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto bits = from_proquint(words[i]);
        if (!bits) {
            wrong.push_back(std::to_string(i + 1) + " (\"" + words[i] + "\")");
        } else if (i < kit_word_count) {
            out.secret.span()[2 * i] = static_cast<std::uint8_t>(*bits >> 8U);
            out.secret.span()[(2 * i) + 1] = static_cast<std::uint8_t>(*bits);
        }
    }
    if (words.size() > 2 * kit_word_count) {
        return fail(Errc::invalid_argument,
                    "this is no recovery kit: it holds neither 18 words nor a line that begins "
                    "with " +
                        std::string(payload_mark));
    }
    if (!wrong.empty()) {
        return fail(Errc::invalid_argument,
                    "these words of the recovery kit are misspelt: word " + joined(wrong, ", "));
    }
    if (words.size() != kit_word_count) {
        return fail(Errc::invalid_argument,
                    "a recovery kit has 18 words; here are " + std::to_string(words.size()));
    }
    return out;
}

} // namespace

std::vector<std::string> kit_words(const repo::RecoveryKit& kit) {
    return proquints(with_checksum(kit).view());
}

std::vector<std::string> kit_page(const repo::RecoveryKit& kit, unsigned heads_needed,
                                  std::int64_t wall_ns) {
    const auto& heads = kit.place.heads;
    const auto wanted = std::to_string(heads_needed) + " of the " + std::to_string(heads.size());
    std::vector<std::string> out{"TORGO recovery kit", ""};
    const auto add_wrapped = [&](const std::string& text) {
        for (auto& line : wrapped(text, text_width))
            out.push_back(std::move(line));
        out.emplace_back("");
    };
    add_wrapped("With this page and any " + wanted +
                " heads, all snapshots of this repository can be read without its pass phrase. "
                "Print it, keep it where fire and thieves do not come, and delete the file. "
                "Whoever reads it can read everything; if it is lost together with the pass "
                "phrase, nobody can.");
    out.push_back("Made        " + local_time(wall_ns));
    out.push_back("Repository  " + kit.place.id.hex());
    out.push_back("Owner key   " + kit.place.root_fingerprint.hex());
    for (std::size_t i = 0; i < heads.size(); ++i) {
        auto label = "Head " + std::to_string(i + 1);
        label.resize(12, ' ');
        out.push_back(label + heads[i]);
    }
    out.insert(out.end(), {"", "The secret in words:", ""});
    for (const auto& words : word_lines(kit))
        out.push_back("    " + words);
    out.emplace_back("");
    add_wrapped(std::string(how_to_use));
    return out;
}

namespace {

/// Without the heads.
std::string short_payload(const repo::RecoveryKit& kit) {
    // Capitals, digits and colons take 5.5 bits each in a QR code instead of 8.
    return std::string(payload_mark) + upper(kit.place.id.hex()) + ":" +
           upper(kit.place.root_fingerprint.hex()) + ":" +
           upper(to_hex(with_checksum(kit).view())) + ":";
}

std::string whole_payload(const repo::RecoveryKit& kit) {
    return short_payload(kit) + joined(kit.place.heads, " ");
}

} // namespace

std::string kit_payload(const repo::RecoveryKit& kit) {
    auto whole = whole_payload(kit);
    return QrCode::encode(whole) ? whole : short_payload(kit);
}

Result<std::string> kit_text(const repo::RecoveryKit& kit, unsigned heads_needed,
                             std::int64_t wall_ns) {
    auto lines = kit_page(kit, heads_needed, wall_ns);
    const auto payload = kit_payload(kit);
    TRY(const auto code, QrCode::encode(payload));
    lines.insert(lines.end(), {"The same for a machine to read:", "", whole_payload(kit), ""});
    for (auto& line : code.lines(false))
        lines.push_back(std::move(line));
    return joined(lines, "\n") + "\n";
}

Result<std::string> kit_svg(const repo::RecoveryKit& kit, unsigned heads_needed,
                            std::int64_t wall_ns) {
    const auto payload = kit_payload(kit);
    TRY(const auto code, QrCode::encode(payload));
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"210mm\" height=\"297mm\" "
                      "viewBox=\"0 0 210 297\">\n<desc>" +
                      xml_text(payload) +
                      "</desc>\n<rect width=\"210\" height=\"297\" fill=\"white\"/>\n"
                      "<g font-family=\"monospace\" font-size=\"3.6\" xml:space=\"preserve\">\n";
    constexpr unsigned line_height = 5; // millimetres, as all numbers here
    unsigned y = 20;
    for (const auto& line : kit_page(kit, heads_needed, wall_ns)) {
        out += "<text x=\"20\" y=\"" + std::to_string(y) + "\">" + xml_text(line) + "</text>\n";
        y += line_height;
    }
    const auto size = std::to_string(code.size());
    out += "</g>\n<svg x=\"50\" y=\"" + std::to_string(y) +
           "\" width=\"110\" height=\"110\" viewBox=\"0 0 " + size + " " + size +
           "\" shape-rendering=\"crispEdges\"><path d=\"" + code.svg_path() +
           "\"/></svg>\n</svg>\n";
    return out;
}

Result<KitInput> parse_kit(std::string_view text) {
    // Capitals and small letters alike: a scanner app or a person may have changed them.
    const auto at = upper(std::string(text)).find(payload_mark);
    if (at == std::string::npos) return parse_words(text);
    const auto rest = text.substr(at + payload_mark.size());
    return parse_payload(rest.substr(0, rest.find_first_of("\r\n<")));
}

bool is_kit_beginning(std::string_view text) {
    const auto words = letter_runs(text);
    return words.size() < kit_word_count &&
           std::ranges::all_of(
               words, [](const auto& word) { return from_proquint(word).has_value(); });
}

Result<crypto::SecretBytes> check_kit(const KitInput& input, const RepoId& repository) {
    const auto secret = input.secret.view().first(kit_secret_size);
    const auto sum = checksum(repository, secret);
    if (!std::ranges::equal(sum.view().first(kit_checksum_size),
                            input.secret.view().subspan(kit_secret_size))) {
        return fail(Errc::invalid_argument,
                    "the recovery kit's checksum does not fit repository " + repository.hex() +
                        ": a word is wrong, two are swapped, or the kit is another repository's");
    }
    return crypto::SecretBytes::copy_of(secret);
}

} // namespace torgo::cli
