#include "markup/signed_receipt.hpp"

#include "markup/envelope.hpp"
#include "markup/receipt_text.hpp"

namespace torgo::markup {

namespace {

// RECEIPT-12
Result<SignedReceipt> opened(Result<Mu> mu) {
    if (!mu) return std::unexpected(std::move(mu).error());
    if (mu->type != MuType::receipt) return fail(Errc::corrupt, "the mirror of no receipt");
    TRY(auto receipt, parse_receipt(mu->source));
    const bool agree = mu->source_id == receipt.id && mu->origin == receipt.author &&
                       mu->prev == receipt.prev && mu->created_ns == receipt.ended_ns;
    if (!agree) return fail(Errc::corrupt, "the mirror is about another receipt");
    const auto hash = hash_of(mu->source);
    return SignedReceipt{std::move(receipt), std::move(mu->source), hash};
}

} // namespace

Result<std::string> sign_receipt(const Receipt& receipt, const Uuid& mu_id,
                                 const crypto::SigningKey& key, crypto::SignMode mode) {
    Mu mu;
    mu.id = mu_id;
    mu.source_id = receipt.id;
    mu.created_ns = receipt.ended_ns;
    mu.prev = receipt.prev;
    mu.source = write_receipt(receipt);
    return write_mu(std::move(mu), key, mode);
}

Result<SignedReceipt> verify_receipt(std::string_view mu_text) {
    return opened(verify_mu(mu_text));
}

Result<SignedReceipt> read_receipt(std::string_view mu_text) {
    return opened(parse_mu(mu_text));
}

} // namespace torgo::markup
