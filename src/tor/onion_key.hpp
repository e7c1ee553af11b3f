#pragma once

#include "crypto/secret.hpp"
#include "env/file_system.hpp"
#include "tor/onion_address.hpp"

#include <optional>
#include <string>

namespace torgo::tor {

/// Who an onion service is.
struct OnionKey {
    OnionAddress address;
    crypto::SecretBytes key; ///< as ADD_ONION takes and gives it: "ED25519-V3:" and base64
};

/// The file's two lines: the address, the key. Nothing when there is no such file.
/// errors  `corrupt`: it holds something else; those of reading
Result<std::optional<OnionKey>> load_onion_key(env::FileSystem& files, const std::string& path);

/// Mode 0600; durable, whole or not at all.
Result<> save_onion_key(env::FileSystem& files, const std::string& path, const OnionKey& key);

} // namespace torgo::tor
