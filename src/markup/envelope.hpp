#pragma once

// A `.mu` file: the mirror of a text, with what proves whose it is. The mirror lets the text be
// rebuilt and shows damage; only hash and signature show malice. docs/spec/receipt.md 4

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/sign.hpp"
#include "markup/names.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace torgo::markup {

enum class MuType : std::uint8_t { receipt, shutdown_script, validation };

/// "receipt", "shutdown_script", "validation".
std::string_view name(MuType type) noexcept;

struct Mu {
    MuType type = MuType::receipt;
    Uuid id;
    Uuid source_id;
    std::int64_t created_ns = 0;
    Digest prev;        ///< of the source before in the author's chain; zero in the first
    PeerId origin;      ///< by the key
    Bytes public_key;   ///< ML-DSA-65
    Bytes signature;    ///
    std::string source; ///< mirrored back, LF

    bool operator==(const Mu&) const = default;
};

inline constexpr auto mu_scheme = crypto::SignatureScheme::ml_dsa_65;
inline constexpr std::size_t mu_text_max = 5U << 20U;

/// The file of `mu.source`, signed; key and signature are put in.
///
/// in      `key`, ML-DSA-65
/// errors  those of mirror; of the signature
/// cost    a signature, about a millisecond
Result<std::string> write_mu(Mu mu, const crypto::SigningKey& key,
                             crypto::SignMode mode = crypto::SignMode::hedged);

/// Form, mirror and hash, without the signature's truth.
/// errors  `corrupt`, `limit_exceeded`, `unsupported`
Result<Mu> parse_mu(std::string_view text);

/// The same with the signature. errors  as parse_mu; `authentication`
Result<Mu> verify_mu(std::string_view text);

} // namespace torgo::markup
