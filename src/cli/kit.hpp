#pragma once

#include "base/error.hpp"
#include "crypto/secret.hpp"
#include "repo/repository.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The recovery kit on paper: 32 random bytes that open a key slot, as words and as a QR code
/// (docs/spec/cli.md 6).
namespace torgo::cli {

inline constexpr std::size_t kit_secret_size = 32;
inline constexpr std::size_t kit_checksum_size = 4;
inline constexpr std::size_t kit_word_count = 18;

/// The secret and its checksum as 18 words.
std::vector<std::string> kit_words(const repo::RecoveryKit& kit);

/// What the QR code says. Left without the heads' URIs when they do not fit.
std::string kit_payload(const repo::RecoveryKit& kit);

/// The lines of the page above its QR code.
///
/// in      `heads_needed`, how many of the heads a restore takes; `wall_ns`, the date on the page
std::vector<std::string> kit_page(const repo::RecoveryKit& kit, unsigned heads_needed,
                                  std::int64_t wall_ns);

/// A page of text: what it is, the words, the QR code, what to do with it.
Result<std::string> kit_text(const repo::RecoveryKit& kit, unsigned heads_needed,
                             std::int64_t wall_ns);

/// The same as an SVG page of A4 size.
Result<std::string> kit_svg(const repo::RecoveryKit& kit, unsigned heads_needed,
                            std::int64_t wall_ns);

/// A kit as somebody gives it back.
struct KitInput {
    std::optional<repo::Place> place; ///< of the QR text; the words alone do not say it
    crypto::SecretBytes secret;       ///< 32 bytes and their checksum, not yet compared
};

/// Reads the words as typed (any case, spaces, dashes, line breaks; numbers and punctuation between
/// them do not count), the QR text, or a whole kit file that holds it.
///
/// errors  `invalid_argument` naming the words that are no such words, or how many there are
Result<KitInput> parse_kit(std::string_view text);

/// Whether these are the first words of a kit: fewer than 18, each of them well-formed.
bool is_kit_beginning(std::string_view text);

/// The 32 bytes when the checksum fits this repository.
/// errors  `invalid_argument`: a well-formed word is wrong, or the kit is another repository's
Result<crypto::SecretBytes> check_kit(const KitInput& input, const RepoId& repository);

} // namespace torgo::cli
