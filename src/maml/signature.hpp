#pragma once

#include "base/error.hpp"
#include "crypto/sign.hpp"
#include "maml/document.hpp"

#include <string>
#include <string_view>

// Who stands for a workflow: an ML-DSA-65 signature over its canonical form, in a file beside it.
namespace torgo::maml {

inline constexpr std::string_view signature_suffix = ".sig";
inline constexpr std::size_t signature_file_max = 32U << 10U;

/// What a signature file says, once it holds.
struct Signed {
    std::string signer;    ///< URI; the origin of the workflow
    std::string key_id;    ///< SHA-256 of the public key, 64 hexadecimal digits
    std::string signed_at; ///< RFC 3339, as the signer says
};

/// 64 hexadecimal digits that stand for a public key.
std::string key_id(ByteView public_key);

/// [MAML-52] The text of NAME.maml.md.sig.
///
/// in      a document read strictly or not; its origin is the signer
/// errors  `invalid_argument` where the origin is no URI, `unsupported` for a key of another scheme
Result<std::string> sign(const Document& document, const crypto::SigningKey& key,
                         std::string_view signed_at,
                         crypto::SignMode mode = crypto::SignMode::hedged);

/// [MAML-53] Checks a signature file against a document and the key that is trusted.
///
/// in      `trusted`: key_id() of the key that the user trusts for this origin
/// errors  `authentication` for another key, another signer, or a signature that does not fit;
///         `corrupt` for a signature file that is none
Result<Signed> verify(const Document& document, std::string_view signature_file,
                      std::string_view trusted);

} // namespace torgo::maml
