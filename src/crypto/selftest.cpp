#include "crypto/selftest.hpp"

#include "base/hex.hpp"
#include "crypto/hash.hpp"

#include <openssl/crypto.h>

namespace torgo::crypto {

Result<> self_test() {
    if (sha256(as_bytes("abc")).hex() !=
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        return fail(Errc::corrupt, "SHA-256 gives a wrong answer");
    return {};
}

std::string description() {
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}

void on_notice(std::function<void(std::string_view)>) {}

} // namespace torgo::crypto
