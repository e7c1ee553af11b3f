#include "workflow/ticket.hpp"

#include "base/hex.hpp"
#include "base/utf8_cut.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>

namespace torgo::workflow {

namespace {

constexpr std::size_t id_size = 16;
constexpr std::size_t quote_bytes_max = 60;
constexpr std::string_view context = "torgo/maml-run/1";
constexpr auto scheme = crypto::SignatureScheme::ml_dsa_65;
constexpr std::string_view signature_word = "signature ";

std::string lines_of(const Ticket& ticket, ByteView key) {
    return "torgo-maml-ticket 1\nid " + ticket.id + "\nfile " + ticket.file + "\nfile_hash " +
           ticket.file_hash.hex() + "\ninputs_hash " + ticket.inputs_hash.hex() + "\nprincipal " +
           ticket.principal + "\nnode " + ticket.node + "\nblocks " +
           std::to_string(ticket.blocks) + "\nnot_before " + ticket.not_before + "\ntimeout_s " +
           std::to_string(ticket.timeout_s) + "\nkey " + to_hex(key) + "\n";
}

std::string signature_line(ByteView signature) {
    return std::string(signature_word) + to_hex(signature) + "\n";
}

bool has_control(std::string_view text) noexcept {
    return std::ranges::any_of(text, [](unsigned char c) { return c < ' '; });
}

/// A line break within a field would begin another one.
Result<> check_fields(std::initializer_list<std::string_view> fields) {
    if (std::ranges::none_of(fields, has_control)) return {};
    return fail(Errc::invalid_argument, "a field of a ticket has control characters");
}

Result<std::string> with_signature(std::string text, const crypto::SigningKey& key) {
    if (key.scheme() != scheme)
        return fail(Errc::unsupported, "tickets are signed with ML-DSA-65 and no other scheme");
    TRY(const auto signature, key.sign(as_bytes(context), as_bytes(text)));
    return text + signature_line(signature);
}

/// The words after `name ` of the next line, which is taken away.
Result<std::string> take(std::string_view& text, std::string_view name) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(name) || end <= name.size() ||
        text[name.size()] != ' ')
        return fail(Errc::corrupt, "a ticket has no line \"" + std::string(name) + "\" here");
    std::string out(text.substr(name.size() + 1, end - name.size() - 1));
    if (has_control(out))
        return fail(Errc::corrupt, "a ticket's " + std::string(name) + " has control characters");
    text.remove_prefix(end + 1);
    return out;
}

std::string quoted(std::string_view text) {
    return "\"" + std::string(cut_utf8(text, quote_bytes_max)) + "\"";
}

/// In decimal digits, in the one way that it is written.
template <class Number>
Result<Number> take_number(std::string_view& text, std::string_view name) {
    TRY(const auto word, take(text, name));
    Number out = 0;
    const auto read = std::from_chars(word.data(), word.data() + word.size(), out);
    if (read.ec != std::errc{} || std::to_string(out) != word)
        return fail(Errc::corrupt, "a ticket has " + quoted(word) + " for a number");
    return out;
}

Result<Bytes> take_bytes(std::string_view& text, std::string_view name) {
    TRY(const auto word, take(text, name));
    auto out = from_hex(word);
    if (!out) return fail(Errc::corrupt, "a ticket's " + std::string(name) + " is no hexadecimal");
    return out;
}

Result<Digest> take_digest(std::string_view& text, std::string_view name) {
    TRY(const auto bytes, take_bytes(text, name));
    if (bytes.size() != Digest::size)
        return fail(Errc::corrupt, "a ticket's " + std::string(name) + " is no SHA-256");
    return *Digest::from(bytes);
}

Result<std::string> take_id(std::string_view& text) {
    TRY(const auto bytes, take_bytes(text, "id"));
    if (bytes.size() != id_size)
        return fail(Errc::corrupt, "a ticket's id has not 32 hexadecimal digits");
    return to_hex(bytes);
}

Result<> check_signature(std::string_view text, ByteView public_key) {
    const auto at = text.rfind(signature_word);
    if (at == std::string_view::npos || !text.ends_with('\n'))
        return fail(Errc::corrupt, "a ticket without signature");
    auto hex = text.substr(at + signature_word.size());
    hex.remove_suffix(1);
    const auto signature = from_hex(hex);
    if (!signature) return fail(Errc::corrupt, "a ticket's signature is no hexadecimal");
    return crypto::verify(scheme, public_key, as_bytes(context), as_bytes(text.substr(0, at)),
                          *signature);
}

} // namespace

Result<std::string> signed_text(const Ticket& ticket, const crypto::SigningKey& key) {
    CHECK_OK(
        check_fields({ticket.id, ticket.file, ticket.principal, ticket.node, ticket.not_before}));
    return with_signature(lines_of(ticket, key.public_key()), key);
}

Result<std::string> signed_text(const Record& record, const crypto::SigningKey& key) {
    CHECK_OK(check_fields({record.ticket, record.worker, record.started, record.status}));
    return with_signature("torgo-maml-record 1\nticket " + record.ticket + "\noutputs_hash " +
                              record.outputs_hash.hex() + "\nworker " + record.worker +
                              "\nstarted " + record.started + "\nduration_ms " +
                              std::to_string(record.duration_ms) + "\nstatus " + record.status +
                              "\nkey " + to_hex(key.public_key()) + "\n",
                          key);
}

Result<SignedTicket> parse_ticket(std::string_view text) {
    SignedTicket out;
    auto& ticket = out.ticket;
    TRY(const auto version, take(text, "torgo-maml-ticket"));
    if (version != "1")
        return fail(Errc::unsupported, "a ticket of version " + quoted(version) + ", not of 1");
    TRY(ticket.id, take_id(text));
    TRY(ticket.file, take(text, "file"));
    TRY(ticket.file_hash, take_digest(text, "file_hash"));
    TRY(ticket.inputs_hash, take_digest(text, "inputs_hash"));
    TRY(ticket.principal, take(text, "principal"));
    TRY(ticket.node, take(text, "node"));
    TRY(ticket.blocks, take_number<std::size_t>(text, "blocks"));
    TRY(ticket.not_before, take(text, "not_before"));
    TRY(ticket.timeout_s, take_number<std::uint32_t>(text, "timeout_s"));
    TRY(out.key, take_bytes(text, "key"));
    TRY(out.signature, take_bytes(text, "signature"));
    if (!text.empty()) return fail(Errc::corrupt, "a ticket goes on behind its signature");
    return out;
}

std::string format_ticket(const SignedTicket& ticket) {
    return lines_of(ticket.ticket, ticket.key) + signature_line(ticket.signature);
}

Result<Ticket> read_ticket(std::string_view text, ByteView public_key) {
    CHECK_OK(check_signature(text, public_key));
    TRY(auto out, parse_ticket(text));
    if (!std::ranges::equal(out.key, public_key))
        return fail(Errc::corrupt, "a ticket names another key than the one that signed it");
    return std::move(out.ticket);
}

} // namespace torgo::workflow
