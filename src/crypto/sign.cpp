#include "crypto/sign.hpp"

#include "crypto/evp.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include <optional>

namespace torgo::crypto {

namespace {
struct Method {
    const char* name;
    EVP_SIGNATURE* signature;
};

std::optional<Method> method_of(SignatureScheme scheme) {
    switch (scheme) {
    case SignatureScheme::ml_dsa_65:
        return Method{"ML-DSA-65", algorithms().ml_dsa_65};
    case SignatureScheme::ml_dsa_87:
        return Method{"ML-DSA-87", algorithms().ml_dsa_87};
    case SignatureScheme::slh_dsa_sha2_256s:
        return Method{"SLH-DSA-SHA2-256s", algorithms().slh_dsa_sha2_256s};
    }
    return std::nullopt;
}

std::unexpected<Error> openssl_failed(const char* what) {
    ERR_clear_error();
    return fail(Errc::invalid_argument, what);
}

KeyContext context_for(const Key& key) {
    KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    ENSURE(context != nullptr);
    return context;
}
} // namespace

struct SigningKey::State {
    SignatureScheme scheme;
    Method method;
    Key key;
};

SigningKey::SigningKey(std::unique_ptr<State> state) : m_state(std::move(state)) {}

SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;
SigningKey::~SigningKey() = default;

Result<SigningKey> SigningKey::from_seed(SignatureScheme scheme, const SecretBytes& seed) {
    const auto method = method_of(scheme);
    if (!method) return fail(Errc::unsupported, "unknown signature scheme");
    if (seed.size() != sizes_of(scheme).seed)
        return fail(Errc::invalid_argument, "signing seed of a wrong size");
    TRY(auto key, key_from_seed(method->name, seed.view()));
    return SigningKey(std::make_unique<State>(scheme, *method, std::move(key)));
}

SignatureScheme SigningKey::scheme() const noexcept {
    return m_state->scheme;
}

Bytes SigningKey::public_key() const {
    Bytes out(sizes_of(m_state->scheme).public_key);
    auto size = out.size();
    ENSURE(EVP_PKEY_get_raw_public_key(m_state->key.get(), out.data(), &size) == 1 &&
           size == out.size());
    return out;
}

Result<Bytes> SigningKey::sign(ByteView context, ByteView message, SignMode mode) const {
    if (context.size() > signature_context_size_max)
        return fail(Errc::invalid_argument, "signature context too long");
    const auto operation = context_for(m_state->key);
    int deterministic = mode == SignMode::deterministic ? 1 : 0;
    const OSSL_PARAM parameters[] = {
        octets(OSSL_SIGNATURE_PARAM_CONTEXT_STRING, context),
        OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_DETERMINISTIC, &deterministic),
        OSSL_PARAM_construct_end()};
    Bytes out(sizes_of(m_state->scheme).signature);
    auto size = out.size();
    if (EVP_PKEY_sign_message_init(operation.get(), m_state->method.signature, parameters) != 1 ||
        EVP_PKEY_sign(operation.get(), out.data(), &size, message.data(), message.size()) != 1)
        return openssl_failed("signing failed");
    ENSURE(size == out.size());
    return out;
}

Result<> verify(SignatureScheme scheme, ByteView public_key, ByteView context, ByteView message,
                ByteView signature) {
    const auto method = method_of(scheme);
    if (!method) return fail(Errc::unsupported, "unknown signature scheme");
    if (context.size() > signature_context_size_max)
        return fail(Errc::invalid_argument, "signature context too long");
    if (public_key.size() != sizes_of(scheme).public_key)
        return fail(Errc::invalid_argument, "public key of a wrong size");
    const Key key(EVP_PKEY_new_raw_public_key_ex(nullptr, method->name, nullptr, public_key.data(),
                                                 public_key.size()));
    if (key == nullptr) return openssl_failed("not a public key");
    const auto operation = context_for(key);
    const OSSL_PARAM parameters[] = {octets(OSSL_SIGNATURE_PARAM_CONTEXT_STRING, context),
                                     OSSL_PARAM_construct_end()};
    if (EVP_PKEY_verify_message_init(operation.get(), method->signature, parameters) != 1)
        return openssl_failed("verifying failed");
    if (signature.size() != sizes_of(scheme).signature ||
        EVP_PKEY_verify(operation.get(), signature.data(), signature.size(), message.data(),
                        message.size()) != 1) {
        ERR_clear_error();
        return fail(Errc::authentication, "signature does not verify");
    }
    return {};
}

} // namespace torgo::crypto
