#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/kdf.hpp"
#include "crypto/secret.hpp"
#include "repo/secrets.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
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
    std::string name; ///< 64 hex digits: SHA-256 of the slot
    Custody custody = Custody::pass_phrase;
    crypto::Argon2Cost cost; ///< meaningful for pass phrases
    std::string label;       ///< empty while the repository is locked
};

struct SlotInput {
    RepoId repo;
    std::array<std::uint8_t, 8> slot{};  ///< random; names the slot
    std::array<std::uint8_t, 32> salt{}; ///< random
    crypto::Argon2Cost cost;             ///< of a pass phrase; ignored for the others
    std::string label;
};

inline constexpr std::string_view key_root_prefix = "key-";

/// The root that holds a slot: bound to its content, so that holders without keys can repair it.
std::string key_slot_name(ByteView slot);

/// Wraps the owner's secrets for one credential (docs/spec/repository.md 4).
///
/// errors  those of argon2id; `invalid_argument` for an empty credential
/// cost    one Argon2id for a pass phrase, nothing for the others
Result<Bytes> seal_slot(const SlotInput& input, const Credential& credential,
                        const Secrets& secrets);

/// What a slot says without its credential; the label too where `secrets` are there.
/// errors  `corrupt`, `unsupported`, `limit_exceeded` for an Argon2 cost that no honest slot has
Result<KeySlotInfo> inspect_slot(ByteView slot, const RepoId& repo, const Secrets* secrets);

struct OpenedSlot {
    Secrets secrets;
};

/// errors  `wrong_password`, those of inspect_slot
Result<OpenedSlot> open_slot(ByteView slot, const RepoId& repo, const Credential& credential);

} // namespace torgo::repo
