#pragma once

// A receipt in its mirror: both say who, which and after what, and must say the same.

#include "base/error.hpp"
#include "crypto/sign.hpp"
#include "markup/receipt.hpp"

#include <string>
#include <string_view>

namespace torgo::markup {

struct SignedReceipt {
    Receipt receipt;
    std::string text; ///< its Markdown
    Digest hash;      ///< of the text: what the next one names
};

/// The `.mu` of a receipt. in  `receipt.author`, the key's. errors  as write_mu
Result<std::string> sign_receipt(const Receipt& receipt, const Uuid& mu_id,
                                 const crypto::SigningKey& key,
                                 crypto::SignMode mode = crypto::SignMode::hedged);

/// Mirror, hash, signature, form, and that both agree.
/// errors  `corrupt`, `authentication`, `limit_exceeded`, `unsupported`
/// cost    a verification, about 0.3 ms
Result<SignedReceipt> verify_receipt(std::string_view mu_text);

/// The same without the signature. errors  as verify_receipt
Result<SignedReceipt> read_receipt(std::string_view mu_text);

} // namespace torgo::markup
