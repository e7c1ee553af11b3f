#include "crypto/kem.hpp"

#include "crypto/evp.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>

namespace torgo::crypto {

namespace {
constexpr const char* scheme = "ML-KEM-1024";

std::unexpected<Error> kem_failed(const char* what) {
    ERR_clear_error();
    return fail(Errc::invalid_argument, what);
}

KeyContext context_for(const Key& key) {
    KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    ENSURE(context != nullptr);
    return context;
}
} // namespace

struct KemKey::State {
    Key key;
};

KemKey::KemKey(std::unique_ptr<State> state) : m_state(std::move(state)) {}

KemKey::KemKey(KemKey&&) noexcept = default;
KemKey& KemKey::operator=(KemKey&&) noexcept = default;
KemKey::~KemKey() = default;

Result<KemKey> KemKey::from_seed(const SecretBytes& seed) {
    if (seed.size() != kem_seed_size)
        return fail(Errc::invalid_argument, "ML-KEM seed of a wrong size");
    TRY(auto key, key_from_seed(scheme, seed.view()));
    return KemKey(std::make_unique<State>(std::move(key)));
}

Bytes KemKey::public_key() const {
    Bytes out(kem_public_key_size);
    auto size = out.size();
    ENSURE(EVP_PKEY_get_raw_public_key(m_state->key.get(), out.data(), &size) == 1 &&
           size == out.size());
    return out;
}

Result<SecretBytes> KemKey::decapsulate(ByteView ciphertext) const {
    if (ciphertext.size() != kem_ciphertext_size)
        return fail(Errc::invalid_argument, "ML-KEM ciphertext of a wrong size");
    const auto operation = context_for(m_state->key);
    SecretBytes secret(kem_secret_size);
    auto size = secret.size();
    if (EVP_PKEY_decapsulate_init(operation.get(), nullptr) != 1 ||
        EVP_PKEY_decapsulate(operation.get(), secret.span().data(), &size, ciphertext.data(),
                             ciphertext.size()) != 1)
        return kem_failed("ML-KEM does not decapsulate");
    ENSURE(size == secret.size());
    return secret;
}

Result<Encapsulated> encapsulate(ByteView public_key, const SecretBytes& entropy) {
    if (public_key.size() != kem_public_key_size || entropy.size() != kem_entropy_size)
        return fail(Errc::invalid_argument, "ML-KEM public key or entropy of a wrong size");
    const Key key(EVP_PKEY_new_raw_public_key_ex(nullptr, scheme, nullptr, public_key.data(),
                                                 public_key.size()));
    if (key == nullptr) return kem_failed("not a public key of ML-KEM");
    const auto operation = context_for(key);
    const OSSL_PARAM parameters[] = {octets(OSSL_KEM_PARAM_IKME, entropy.view()),
                                     OSSL_PARAM_construct_end()};
    Encapsulated out{.ciphertext = Bytes(kem_ciphertext_size),
                     .secret = SecretBytes(kem_secret_size)};
    auto ciphertext_size = out.ciphertext.size();
    auto secret_size = out.secret.size();
    if (EVP_PKEY_encapsulate_init(operation.get(), parameters) != 1 ||
        EVP_PKEY_encapsulate(operation.get(), out.ciphertext.data(), &ciphertext_size,
                             out.secret.span().data(), &secret_size) != 1)
        return kem_failed("ML-KEM does not encapsulate");
    ENSURE(ciphertext_size == out.ciphertext.size() && secret_size == out.secret.size());
    return out;
}

} // namespace torgo::crypto
