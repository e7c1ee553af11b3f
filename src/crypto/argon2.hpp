#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/kdf.hpp"

namespace torgo::crypto {

/// All inputs of RFC 9106; `secret` and `ad` are used by its known answer only.
struct Argon2Input {
    ByteView password;
    ByteView salt;
    ByteView secret;
    ByteView ad;
};

Result<SecretBytes> argon2id(const Argon2Input& input, const Argon2Cost& cost, std::size_t size);

} // namespace torgo::crypto
