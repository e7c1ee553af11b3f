#include "crypto/ccm.hpp"

#include "crypto/evp.hpp"

#include <openssl/err.h>

namespace torgo::crypto {

namespace {
Result<> check(const SecretBytes& key, std::size_t plaintext_size, std::size_t tag_size) {
    if (key.size() != ccm_key_size || (tag_size != 4 && tag_size != 16) || plaintext_size == 0 ||
        plaintext_size > ccm_message_size_max)
        return fail(Errc::invalid_argument, "AES-256-CCM with a size that it does not take");
    return {};
}

CipherContext borrow(ContextPool<CipherContext>& pool) {
    auto context = pool.take([] { return CipherContext(EVP_CIPHER_CTX_new()); });
    ENSURE(context != nullptr);
    return context;
}

ContextPool<CipherContext>& contexts() {
    static ContextPool<CipherContext> pool;
    return pool;
}

/// Wipes the key schedule before others may have the context.
void give_back(CipherContext context) {
    EVP_CIPHER_CTX_reset(context.get());
    contexts().give_back(std::move(context));
}

int as_int(std::size_t size) {
    return static_cast<int>(size);
}
} // namespace

Result<Bytes> ccm_seal(const SecretBytes& key, const Ccm256Nonce& nonce, ByteView aad,
                       ByteView plaintext, std::size_t tag_size) {
    CHECK_OK(check(key, plaintext.size(), tag_size));
    auto context = borrow(contexts());
    auto* const c = context.get();
    Bytes out(plaintext.size() + tag_size);
    int n = 0;
    ENSURE(EVP_EncryptInit_ex2(c, algorithms().aes_256_ccm, nullptr, nullptr, nullptr) == 1);
    ENSURE(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, as_int(nonce.size()), nullptr) == 1);
    ENSURE(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, as_int(tag_size), nullptr) == 1);
    ENSURE(EVP_EncryptInit_ex2(c, nullptr, key.view().data(), nonce.data(), nullptr) == 1);
    ENSURE(EVP_EncryptUpdate(c, nullptr, &n, nullptr, as_int(plaintext.size())) == 1);
    if (!aad.empty())
        ENSURE(EVP_EncryptUpdate(c, nullptr, &n, aad.data(), as_int(aad.size())) == 1);
    ENSURE(EVP_EncryptUpdate(c, out.data(), &n, plaintext.data(), as_int(plaintext.size())) == 1);
    ENSURE(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, as_int(tag_size),
                               out.data() + plaintext.size()) == 1);
    give_back(std::move(context));
    return out;
}

Result<Bytes> ccm_open(const SecretBytes& key, const Ccm256Nonce& nonce, ByteView aad,
                       ByteView sealed, std::size_t tag_size) {
    if (sealed.size() <= tag_size) return fail(Errc::authentication, "message does not open");
    const auto ciphertext = sealed.first(sealed.size() - tag_size);
    CHECK_OK(check(key, ciphertext.size(), tag_size));
    auto context = borrow(contexts());
    auto* const c = context.get();
    auto* const tag = const_cast<std::uint8_t*>(sealed.data()) + ciphertext.size();
    Bytes out(ciphertext.size());
    int n = 0;
    ENSURE(EVP_DecryptInit_ex2(c, algorithms().aes_256_ccm, nullptr, nullptr, nullptr) == 1);
    ENSURE(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, as_int(nonce.size()), nullptr) == 1);
    ENSURE(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, as_int(tag_size), tag) == 1);
    ENSURE(EVP_DecryptInit_ex2(c, nullptr, key.view().data(), nonce.data(), nullptr) == 1);
    ENSURE(EVP_DecryptUpdate(c, nullptr, &n, nullptr, as_int(ciphertext.size())) == 1);
    if (!aad.empty())
        ENSURE(EVP_DecryptUpdate(c, nullptr, &n, aad.data(), as_int(aad.size())) == 1);
    const bool fits =
        EVP_DecryptUpdate(c, out.data(), &n, ciphertext.data(), as_int(ciphertext.size())) == 1;
    give_back(std::move(context));
    if (fits) return out;
    wipe(out);
    ERR_clear_error();
    return fail(Errc::authentication, "message does not open");
}

} // namespace torgo::crypto
