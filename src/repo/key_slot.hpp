#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/kdf.hpp"
#include "crypto/secret.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace torgo::repo {

/// What opens a key slot. Numbers are part of the format (docs/spec/repository.md 4).
enum class Custody : std::uint8_t {
    pass_phrase = 1,
    key_file = 2,     ///< at least 32 random bytes in a file; no stretching
    recovery_kit = 3, ///< 32 random bytes on paper; no stretching
};

/// What the user holds.
struct Credential {
    Custody custody = Custody::pass_phrase;
    crypto::SecretBytes secret{0};
};

struct KeySlotInfo {
    std::string name; ///< 16 hex digits
    Custody custody = Custody::pass_phrase;
    crypto::Argon2Cost cost; ///< meaningful for pass phrases
    std::string label;       ///< of the slots that the open secrets can read: all
};

} // namespace torgo::repo
