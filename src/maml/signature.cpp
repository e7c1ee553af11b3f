#include "maml/signature.hpp"

#include "base/hex.hpp"
#include "crypto/hash.hpp"
#include "maml/syntax.hpp"

#include <array>
#include <optional>

namespace torgo::maml {

namespace {

constexpr std::string_view context = "torgo/maml/1";
constexpr auto scheme = crypto::SignatureScheme::ml_dsa_65;

// The lines of the file, in this order and no others.
constexpr std::array<std::string_view, 6> words_of_lines = {
    "torgo-maml-signature 1", "algorithm ML-DSA-65", "signer ", "key ", "signed_at ", "signature "};

/// The lines before the signature: signed with the document, so that none can be exchanged.
std::string head_of(std::string_view signer, ByteView public_key, std::string_view signed_at) {
    std::string head;
    const auto line = [&](std::size_t index, std::string_view rest) {
        head += words_of_lines[index];
        head += rest;
        head += '\n';
    };
    line(0, "");
    line(1, "");
    line(2, signer);
    line(3, to_hex(public_key));
    line(4, signed_at);
    return head;
}

struct SignatureFile {
    std::string head;
    std::string signer;
    Bytes key;
    std::string signed_at;
    Bytes signature;
};

/// The rest of the next line, which must begin with `word`.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view word) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(word) || end < word.size())
        return std::nullopt;
    const auto rest = text.substr(word.size(), end - word.size());
    text.remove_prefix(end + 1);
    return rest;
}

Result<SignatureFile> read_file(std::string_view text) {
    const auto none = [] {
        return fail(Errc::corrupt, "this is no signature file of MAML");
    };
    if (text.size() > signature_file_max) return none();
    std::array<std::string_view, words_of_lines.size()> rest;
    const auto all = text;
    std::size_t head_size = 0;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (i + 1 == rest.size()) head_size = all.size() - text.size();
        const auto line = take_line(text, words_of_lines[i]);
        if (!line) return none();
        rest[i] = *line;
    }
    auto key = from_hex(rest[3]);
    auto signature = from_hex(rest[5]);
    if (!text.empty() || !rest[0].empty() || !rest[1].empty() || !is_uri(rest[2]) || !key ||
        !is_moment(rest[4]) || !signature)
        return none();
    return SignatureFile{.head = std::string(all.substr(0, head_size)),
                         .signer = std::string(rest[2]),
                         .key = *std::move(key),
                         .signed_at = std::string(rest[4]),
                         .signature = *std::move(signature)};
}

} // namespace

std::string key_id(ByteView public_key) {
    return to_hex(crypto::sha256(public_key).view());
}

std::string signed_form(const Document& document, std::span<const SpecFile> specs) {
    auto out = canonical(document);
    for (const auto& one : specs)
        out += "spec " + one.name + " " + (one.hash ? one.hash->hex() : "missing") + "\n";
    return out;
}

Result<std::string> sign(const Document& document, std::span<const SpecFile> specs,
                         const crypto::SigningKey& key, std::string_view signed_at,
                         crypto::SignMode mode) {
    if (key.scheme() != scheme) return fail(Errc::unsupported, "a key that is not of ML-DSA-65");
    const auto& signer = document.front.origin;
    if (!is_uri(signer))
        return fail(Errc::invalid_argument,
                    "origin " + in_quotes(signer) + " is no URI: nobody could be the signer");
    if (!is_moment(signed_at)) return fail(Errc::invalid_argument, "no time of RFC 3339");
    for (const auto& one : specs)
        if (!one.hash)
            return fail(Errc::invalid_argument, "the spec file " + in_quotes(one.name) +
                                                    " cannot be read, and is signed too");
    const auto head = head_of(signer, key.public_key(), signed_at);
    TRY(const auto signature,
        key.sign(as_bytes(context), as_bytes(head + signed_form(document, specs)), mode));
    return head + std::string(words_of_lines.back()) + to_hex(signature) + "\n";
}

Result<Signed> verify(const Document& document, std::span<const SpecFile> specs,
                      std::string_view signature_file, std::string_view trusted) {
    TRY(const auto file, read_file(signature_file));
    const auto id = key_id(file.key);
    if (id != trusted) return fail(Errc::authentication, "signed with another key, " + id);
    if (file.signer != document.front.origin)
        return fail(Errc::authentication, "signed by " + in_quotes(file.signer) +
                                              ", and its origin is " +
                                              in_quotes(document.front.origin));
    CHECK_OK_WITH("the workflow, a file of its contracts, or its signature was changed",
                  crypto::verify(scheme, file.key, as_bytes(context),
                                 as_bytes(file.head + signed_form(document, specs)),
                                 file.signature));
    return Signed{.signer = file.signer, .key_id = id, .signed_at = file.signed_at};
}

} // namespace torgo::maml
