#include "workflow/ticket.hpp"

#include "base/hex.hpp"

#include <charconv>
#include <vector>

namespace torgo::workflow {

namespace {

constexpr std::string_view context = "torgo/maml-run/1";
constexpr auto scheme = crypto::SignatureScheme::ml_dsa_65;
constexpr std::string_view signature_word = "signature ";

Result<std::string> with_signature(std::string text, const crypto::SigningKey& key) {
    if (key.scheme() != scheme)
        return fail(Errc::unsupported, "tickets are signed with ML-DSA-65 and no other scheme");
    TRY(const auto signature, key.sign(as_bytes(context), as_bytes(text)));
    return text + std::string(signature_word) + to_hex(signature) + "\n";
}

/// The words after `name ` of the next line, which is taken away.
Result<std::string> take(std::string_view& text, std::string_view name) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(name) || end <= name.size() ||
        text[name.size()] != ' ')
        return fail(Errc::corrupt, "a ticket has no line \"" + std::string(name) + "\" here");
    std::string out(text.substr(name.size() + 1, end - name.size() - 1));
    text.remove_prefix(end + 1);
    return out;
}

template <class Number>
Result<Number> number_of(std::string_view text) {
    Number out = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (problem != std::errc{} || end != text.data() + text.size())
        return fail(Errc::corrupt, "a ticket has \"" + std::string(text) + "\" for a number");
    return out;
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
    return with_signature(
        "torgo-maml-ticket 1\nid " + ticket.id + "\nfile " + ticket.file + "\nfile_hash " +
            ticket.file_hash.hex() + "\ninputs_hash " + ticket.inputs_hash.hex() + "\nprincipal " +
            ticket.principal + "\nnode " + ticket.node + "\nblocks " +
            std::to_string(ticket.blocks) + "\nnot_before " + ticket.not_before + "\ntimeout_s " +
            std::to_string(ticket.timeout_s) + "\nkey " + to_hex(key.public_key()) + "\n",
        key);
}

Result<std::string> signed_text(const Record& record, const crypto::SigningKey& key) {
    return with_signature("torgo-maml-record 1\nticket " + record.ticket + "\noutputs_hash " +
                              record.outputs_hash.hex() + "\nworker " + record.worker +
                              "\nstarted " + record.started + "\nduration_ms " +
                              std::to_string(record.duration_ms) + "\nstatus " + record.status +
                              "\nkey " + to_hex(key.public_key()) + "\n",
                          key);
}

Result<Ticket> read_ticket(std::string_view text, ByteView public_key) {
    CHECK_OK(check_signature(text, public_key));
    Ticket out;
    TRY(const auto version, take(text, "torgo-maml-ticket"));
    if (version != "1") return fail(Errc::unsupported, "a ticket of version " + version);
    TRY(out.id, take(text, "id"));
    TRY(out.file, take(text, "file"));
    TRY(const auto file_hash, take(text, "file_hash"));
    TRY(out.file_hash, Digest::parse(file_hash));
    TRY(const auto inputs_hash, take(text, "inputs_hash"));
    TRY(out.inputs_hash, Digest::parse(inputs_hash));
    TRY(out.principal, take(text, "principal"));
    TRY(out.node, take(text, "node"));
    TRY(const auto blocks, take(text, "blocks"));
    TRY(out.blocks, number_of<std::size_t>(blocks));
    TRY(out.not_before, take(text, "not_before"));
    TRY(const auto timeout, take(text, "timeout_s"));
    TRY(out.timeout_s, number_of<std::uint32_t>(timeout));
    return out;
}

} // namespace torgo::workflow
