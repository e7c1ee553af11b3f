#pragma once

#include "base/error.hpp"
#include "crypto/sign.hpp"
#include "maml/document.hpp"

#include <optional>
#include <span>
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

/// A file of contracts that a workflow names: what it says decides what is run.
struct SpecFile {
    std::string name;
    std::optional<Digest> hash; ///< SHA-256 of its bytes; none where it cannot be read
};

/// What a signature and a ticket stand for: the canonical form, and of each spec file its name and
/// hash.
///
/// in      `specs`: in the order of the front matter
std::string signed_form(const Document& document, std::span<const SpecFile> specs);

/// 64 hexadecimal digits that stand for a public key.
std::string key_id(ByteView public_key);

/// [MAML-52] The text of NAME.maml.md.sig.
///
/// in      a document read strictly or not; its origin is the signer
/// errors  `invalid_argument` where the origin is no URI or a spec file cannot be read,
///         `unsupported` for a key of another scheme
Result<std::string> sign(const Document& document, std::span<const SpecFile> specs,
                         const crypto::SigningKey& key, std::string_view signed_at,
                         crypto::SignMode mode = crypto::SignMode::hedged);

/// [MAML-53] Checks a signature file against a document and the key that is trusted.
///
/// in      `trusted`: key_id() of the key that the user trusts for this origin
/// errors  `authentication` for another key, another signer, or a signature that does not fit;
///         `corrupt` for a signature file that is none
Result<Signed> verify(const Document& document, std::span<const SpecFile> specs,
                      std::string_view signature_file, std::string_view trusted);

} // namespace torgo::maml
