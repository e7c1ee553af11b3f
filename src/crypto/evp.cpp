#include "crypto/evp.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>

#include <cstdio>
#include <cstdlib>

namespace torgo::crypto {

namespace {
template <class T>
T* required(T* algorithm, const char* name) {
    if (algorithm == nullptr) {
        std::fprintf(stderr, "torgo: this OpenSSL has no %s (3.5 or later is needed)\n", name);
        std::abort();
    }
    return algorithm;
}

EVP_SIGNATURE* signature(const char* name) {
    return required(EVP_SIGNATURE_fetch(nullptr, name, nullptr), name);
}

EVP_CIPHER* cipher(const char* name, const char* properties = nullptr) {
    return required(EVP_CIPHER_fetch(nullptr, name, properties), name);
}

EVP_KDF* kdf(const char* name, const char* properties = nullptr) {
    return required(EVP_KDF_fetch(nullptr, name, properties), name);
}

/// Pass phrases and wrapped keys are not on the data path, and no FIPS provider has what they need:
/// they come from the default provider even where the configuration asks for FIPS.
constexpr const char* outside_fips = "-fips";
} // namespace

const Algorithms& algorithms() {
    static const Algorithms all{
        .sha256 = required(EVP_MD_fetch(nullptr, "SHA2-256", nullptr), "SHA2-256"),
        .sha3_256 = required(EVP_MD_fetch(nullptr, "SHA3-256", nullptr), "SHA3-256"),
        .hmac = required(EVP_MAC_fetch(nullptr, "HMAC", nullptr), "HMAC"),
        .hkdf = kdf("HKDF"),
        .argon2id = kdf("ARGON2ID", outside_fips),
        .aes_128_ecb = cipher("AES-128-ECB"),
        .aes_256_ccm = cipher("AES-256-CCM"),
        .aes_256_ctr = cipher("AES-256-CTR"),
        .aes_256_gcm = cipher("AES-256-GCM"),
        .aes_256_siv = cipher("AES-256-SIV", outside_fips),
        .ml_dsa_65 = signature("ML-DSA-65"),
        .ml_dsa_87 = signature("ML-DSA-87"),
        .slh_dsa_sha2_256s = signature("SLH-DSA-SHA2-256s"),
    };
    return all;
}

Result<Key> key_from_seed(const char* scheme, ByteView seed) {
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, scheme, nullptr));
    // The name is the same for all schemes of sign.hpp and kem.hpp ("seed").
    const OSSL_PARAM parameters[] = {octets(OSSL_PKEY_PARAM_ML_DSA_SEED, seed),
                                     OSSL_PARAM_construct_end()};
    EVP_PKEY* made = nullptr;
    if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_params(context.get(), parameters) != 1 ||
        EVP_PKEY_keygen(context.get(), &made) != 1) {
        ERR_clear_error();
        return fail(Errc::invalid_argument, "no key from this seed");
    }
    return Key(made);
}

} // namespace torgo::crypto
