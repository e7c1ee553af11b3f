// What was verified once is not verified again: nine tenths of a run would be signatures, of which
// all but a few are the same ones. crypto::verify is a function of its arguments alone, so that the
// answer is the same. The linker puts this in its place in programs of the simulation
// (sim/cluster/CMakeLists.txt).
//
// And what is signed has its hash in its name, and names are in the trace: signatures take no
// chance here.
#include "crypto/hash.hpp"
#include "crypto/sign.hpp"

#include <map>
#include <mutex>
#include <string>

namespace torgo::sim {

namespace {

constexpr std::size_t remembered_max = 100'000;

struct Memory {
    std::mutex mutex;
    std::map<Digest, Result<>> known;
};

Memory& memory() {
    static Memory all;
    return all;
}

Digest digest_of(crypto::SignatureScheme scheme, std::initializer_list<ByteView> parts) {
    crypto::Sha256 hash;
    const auto number = static_cast<std::uint8_t>(scheme);
    hash.update({&number, 1});
    for (const auto part : parts) {
        const auto size = std::to_string(part.size()) + ":";
        hash.update(as_bytes(size)).update(part);
    }
    return hash.finish();
}

} // namespace

Result<>
verify_really(crypto::SignatureScheme scheme, ByteView public_key, ByteView context,
              ByteView message,
              ByteView signature) asm("__real__ZN5torgo6crypto6verifyENS0_"
                                      "15SignatureSchemeESt4spanIKhLm18446744073709551615EES4_"
                                      "S4_S4_");

Result<>
verify_once(crypto::SignatureScheme scheme, ByteView public_key, ByteView context, ByteView message,
            ByteView signature) asm("__wrap__ZN5torgo6crypto6verifyENS0_"
                                    "15SignatureSchemeESt4spanIKhLm18446744073709551615EES4_"
                                    "S4_S4_");

Result<> verify_once(crypto::SignatureScheme scheme, ByteView public_key, ByteView context,
                     ByteView message, ByteView signature) {
    const auto key = digest_of(scheme, {public_key, context, message, signature});
    auto& all = memory();
    {
        const std::lock_guard lock(all.mutex);
        if (const auto at = all.known.find(key); at != all.known.end()) return at->second;
    }
    auto verified = verify_really(scheme, public_key, context, message, signature);
    const std::lock_guard lock(all.mutex);
    if (all.known.size() >= remembered_max) all.known.clear();
    all.known.insert_or_assign(key, verified);
    return verified;
}

Result<Bytes> sign_really(
    const crypto::SigningKey* key, ByteView context, ByteView message,
    crypto::SignMode
        mode) asm("__real__ZNK5torgo6crypto10SigningKey4signESt4spanIKhLm18446744073709551615EES4_"
                  "NS0_8SignModeE");

Result<Bytes> sign_the_same(
    const crypto::SigningKey* key, ByteView context, ByteView message,
    crypto::SignMode
        mode) asm("__wrap__ZNK5torgo6crypto10SigningKey4signESt4spanIKhLm18446744073709551615EES4_"
                  "NS0_8SignModeE");

Result<Bytes> sign_the_same(const crypto::SigningKey* key, ByteView context, ByteView message,
                            crypto::SignMode /*mode*/) {
    return sign_really(key, context, message, crypto::SignMode::deterministic);
}

} // namespace torgo::sim
