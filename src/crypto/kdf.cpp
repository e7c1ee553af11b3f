#include "crypto/kdf.hpp"

#include "crypto/argon2.hpp"
#include "crypto/evp.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/thread.h>

#include <vector>

namespace torgo::crypto {

namespace {
const char* name_of(HkdfHash hash) {
    return hash == HkdfHash::sha512 ? "SHA2-512" : "SHA2-256";
}

std::size_t length_of(HkdfHash hash) {
    return hash == HkdfHash::sha512 ? 64 : 32;
}

SecretBytes hkdf(int mode, HkdfHash hash, ByteView key, OSSL_PARAM extra, std::size_t size) {
    const KdfContext context(EVP_KDF_CTX_new(algorithms().hkdf));
    ENSURE(context != nullptr);
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        utf8(OSSL_KDF_PARAM_DIGEST, name_of(hash)),
        octets(OSSL_KDF_PARAM_KEY, key),
        extra,
        OSSL_PARAM_construct_end(),
    };
    SecretBytes out(size);
    ENSURE(EVP_KDF_derive(context.get(), out.span().data(), size, parameters) == 1);
    return out;
}

Result<> check(ByteView salt, const Argon2Cost& cost, std::size_t size) {
    if (cost.memory_kib > argon2_memory_kib_max || cost.passes > argon2_passes_max ||
        cost.lanes > argon2_lanes_max)
        return fail(Errc::limit_exceeded, "Argon2 cost over its limit");
    if (salt.size() > argon2_salt_size_max || size > argon2_output_size_max)
        return fail(Errc::limit_exceeded, "Argon2 salt or output over its limit");
    if (cost.lanes == 0 || cost.passes == 0 || cost.memory_kib < 8 * cost.lanes)
        return fail(Errc::invalid_argument, "Argon2 cost under what RFC 9106 allows");
    if (salt.size() < argon2_salt_size_min || size < argon2_output_size_min)
        return fail(Errc::invalid_argument, "Argon2 salt or output too short");
    return {};
}
} // namespace

SecretBytes hkdf_extract(ByteView salt, ByteView input_key, HkdfHash hash) {
    ENSURE(!input_key.empty());
    return hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, hash, input_key, octets(OSSL_KDF_PARAM_SALT, salt),
                length_of(hash));
}

SecretBytes hkdf_expand(const SecretBytes& pseudo_random_key, ByteView info, std::size_t size,
                        HkdfHash hash) {
    ENSURE(size > 0 && size <= 255 * length_of(hash));
    return hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, hash, pseudo_random_key.view(),
                octets(OSSL_KDF_PARAM_INFO, info), size);
}

Result<SecretBytes> argon2id(const Argon2Input& input, const Argon2Cost& cost, std::size_t size) {
    CHECK_OK(check(input.salt, cost, size));
    // The pool's size is one number for the whole process; lanes beyond it would be an error.
    OSSL_set_max_threads(nullptr, argon2_lanes_max);
    auto threads = (OSSL_get_thread_support_flags() & OSSL_THREAD_SUPPORT_FLAG_DEFAULT_SPAWN) != 0
                       ? cost.lanes
                       : 1U;
    auto [memory, passes, lanes] = cost;
    const KdfContext context(EVP_KDF_CTX_new(algorithms().argon2id));
    ENSURE(context != nullptr);
    std::vector<OSSL_PARAM> parameters{
        octets(OSSL_KDF_PARAM_PASSWORD, input.password),
        octets(OSSL_KDF_PARAM_SALT, input.salt),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ARGON2_MEMCOST, &memory),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ITER, &passes),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ARGON2_LANES, &lanes),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_THREADS, &threads),
    };
    // OpenSSL refuses these two when they are empty.
    if (!input.secret.empty()) parameters.push_back(octets(OSSL_KDF_PARAM_SECRET, input.secret));
    if (!input.ad.empty()) parameters.push_back(octets(OSSL_KDF_PARAM_ARGON2_AD, input.ad));
    parameters.push_back(OSSL_PARAM_construct_end());
    SecretBytes out(size);
    if (EVP_KDF_derive(context.get(), out.span().data(), size, parameters.data()) != 1) {
        ERR_clear_error();
        return fail(Errc::unavailable, "not enough memory for Argon2");
    }
    return out;
}

Result<SecretBytes> argon2id(ByteView password, ByteView salt, const Argon2Cost& cost,
                             std::size_t size) {
    return argon2id(Argon2Input{.password = password, .salt = salt, .secret = {}, .ad = {}}, cost,
                    size);
}

} // namespace torgo::crypto
