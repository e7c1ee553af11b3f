#include "markup/envelope.hpp"

#include "base/utf8.hpp"
#include "crypto/tls.hpp"
#include "markup/fields.hpp"
#include "markup/mirror.hpp"
#include "markup/receipt_text.hpp"
#include "peer/base64url.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace torgo::markup {

namespace {

constexpr std::string_view mu_version = "1";
constexpr std::string_view algorithm = "torgo-mu-1";
constexpr std::string_view signature_name = "ML-DSA-65";
constexpr std::string_view context = "torgo/mu/1";
constexpr std::string_view signature_line = "signature:";
constexpr std::array<std::string_view, 3> type_names{"receipt", "shutdown_script", "validation"};

std::string head_of(const Mu& mu, const Digest& source_hash) {
    FieldWriter out;
    out.text("mu_version", mu_version)
        .text("type", name(mu.type))
        .text("id", urn_of(mu.id))
        .text("source_id", urn_of(mu.source_id))
        .text("source_hash", hash_text(source_hash))
        .text("mirror", algorithm)
        .text("created_at", time_text(mu.created_ns))
        .text("origin", origin_of(mu.origin))
        .text("prev", hash_text(mu.prev));
    return out.lines();
}

std::string signature_of(const Mu& mu) {
    FieldWriter out;
    out.line(signature_line)
        .text("  alg", signature_name)
        .text("  kid", mu.origin.hex())
        .text("  key", peer::to_base64url(mu.public_key))
        .text("  value", peer::to_base64url(mu.signature));
    return out.lines();
}

/// Everything but the lines of the signature. (RECEIPT-11)
std::string signed_part(std::string_view head, std::string_view body) {
    return std::string(fence) + std::string(head) + std::string(fence) + std::string(body);
}

Result<Bytes> take_bytes(FieldReader& in, std::string_view key, std::size_t size) {
    TRY(const auto text, in.text(key));
    auto bytes = peer::from_base64url(text);
    if (!bytes || bytes->size() != size) return in.wrong("a wrong size or spelling");
    return bytes;
}

Result<MuType> parse_type(std::string_view text) {
    const auto found = std::ranges::find(type_names, text);
    if (found == type_names.end()) return fail(Errc::unsupported, "a mirror of an unknown type");
    return static_cast<MuType>(found - type_names.begin());
}

Result<Digest> take_head(FieldReader& in, Mu& mu) {
    TRY(const auto version, in.text("mu_version"));
    if (version != mu_version) return fail(Errc::unsupported, "a mirror of version " + version);
    TRY(mu.type, in.parsed("type", parse_type));
    TRY(mu.id, in.parsed("id", parse_urn));
    TRY(mu.source_id, in.parsed("source_id", parse_urn));
    TRY(const auto hash, in.parsed("source_hash", parse_hash));
    TRY(const auto found, in.text("mirror"));
    if (found != algorithm) return fail(Errc::unsupported, "a mirror of an unknown kind");
    TRY(mu.created_ns, in.parsed("created_at", parse_time));
    TRY(mu.origin, in.parsed("origin", parse_origin));
    TRY(mu.prev, in.parsed("prev", parse_hash));
    return hash;
}

Result<> take_signature(FieldReader& in, Mu& mu) {
    constexpr auto sizes = crypto::sizes_of(mu_scheme);
    CHECK_OK(in.line(signature_line));
    TRY(const auto alg, in.text("  alg"));
    if (alg != signature_name) return fail(Errc::unsupported, "a signature of an unknown kind");
    TRY(const auto kid, in.text("  kid"));
    if (kid != mu.origin.hex()) return in.wrong("signed by another than its origin");
    TRY(mu.public_key, take_bytes(in, "  key", sizes.public_key));
    TRY(mu.signature, take_bytes(in, "  value", sizes.signature));
    if (crypto::peer_id_of(mu.public_key) != mu.origin) // RECEIPT-10
        return fail(Errc::corrupt, "the key is not its origin's");
    return in.done();
}

/// The text of the file in parts, once it has been taken for well-formed.
struct Opened {
    Mu mu;
    std::string signed_bytes;
};

Result<Opened> open(std::string_view text) {
    if (text.size() > mu_text_max) return fail(Errc::limit_exceeded, "a mirror over 5 MiB");
    if (!is_utf8(text)) return fail(Errc::corrupt, "a mirror that is no UTF-8");
    TRY(const auto parts, split_front(text));
    Opened out;
    FieldReader in(parts.front);
    TRY(const auto hash, take_head(in, out.mu));
    CHECK_OK(take_signature(in, out.mu));
    if (!parts.body.ends_with('\n')) return fail(Errc::corrupt, "the body does not end");
    TRY(out.mu.source, mirror(parts.body.substr(0, parts.body.size() - 1)));
    if (hash_of(out.mu.source) != hash) // RECEIPT-9
        return fail(Errc::corrupt, "read backwards it is not the text it was made of");
    const auto head = head_of(out.mu, hash);
    if (head + signature_of(out.mu) != parts.front || parts.body.contains('\r'))
        return fail(Errc::corrupt, "a mirror in another spelling");
    out.signed_bytes = signed_part(head, parts.body);
    return out;
}

} // namespace

std::string_view name(MuType type) noexcept {
    return type_names.at(static_cast<std::size_t>(type));
}

Result<std::string> write_mu(Mu mu, const crypto::SigningKey& key, crypto::SignMode mode) {
    if (key.scheme() != mu_scheme)
        return fail(Errc::invalid_argument, "mirrors are signed with ML-DSA-65");
    mu.public_key = key.public_key();
    mu.origin = crypto::peer_id_of(mu.public_key);
    TRY(auto body, mirror(mu.source));
    body += '\n';
    const auto head = head_of(mu, hash_of(mu.source));
    TRY(mu.signature, key.sign(as_bytes(context), as_bytes(signed_part(head, body)), mode));
    return std::string(fence) + head + signature_of(mu) + std::string(fence) + body;
}

Result<Mu> parse_mu(std::string_view text) {
    TRY(auto opened, open(text));
    return std::move(opened.mu);
}

Result<Mu> verify_mu(std::string_view text) {
    TRY(auto opened, open(text));
    CHECK_OK_WITH("the signature of the mirror",
                  crypto::verify(mu_scheme, opened.mu.public_key, as_bytes(context),
                                 as_bytes(opened.signed_bytes), opened.mu.signature));
    return std::move(opened.mu);
}

} // namespace torgo::markup
