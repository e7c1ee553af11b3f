#include "crypto/siv.hpp"

#include "crypto/evp.hpp"

#include <openssl/err.h>

namespace torgo::crypto {

namespace {
Result<> check(const SecretBytes& key, std::size_t plaintext_size) {
    if (key.size() != siv_key_size)
        return fail(Errc::invalid_argument, "AES-256-SIV key of a wrong size");
    if (plaintext_size > siv_plaintext_size_max)
        return fail(Errc::limit_exceeded, "too much for AES-256-SIV");
    return {};
}

CipherContext make_context() {
    CipherContext context(EVP_CIPHER_CTX_new());
    ENSURE(context != nullptr);
    return context;
}
} // namespace

Result<Bytes> siv_seal(const SecretBytes& key, ByteView ad, ByteView plaintext) {
    CHECK_OK(check(key, plaintext.size()));
    const auto context = make_context();
    Bytes out(siv_overhead + plaintext.size());
    int n = 0;
    auto* const c = context.get();
    ENSURE(EVP_EncryptInit_ex2(c, algorithms().aes_256_siv, key.view().data(), nullptr, nullptr) ==
           1);
    ENSURE(EVP_EncryptUpdate(c, nullptr, &n, present(ad).data(), static_cast<int>(ad.size())) == 1);
    ENSURE(EVP_EncryptUpdate(c, out.data() + siv_overhead, &n, present(plaintext).data(),
                             static_cast<int>(plaintext.size())) == 1);
    ENSURE(EVP_EncryptFinal_ex(c, out.data() + siv_overhead, &n) == 1);
    ENSURE(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, siv_overhead, out.data()) == 1);
    return out;
}

Result<SecretBytes> siv_open(const SecretBytes& key, ByteView ad, ByteView sealed) {
    if (sealed.size() < siv_overhead) return fail(Errc::authentication, "sealed key does not open");
    const auto ciphertext = sealed.subspan(siv_overhead);
    CHECK_OK(check(key, ciphertext.size()));
    const auto context = make_context();
    SecretBytes out(ciphertext.size());
    std::uint8_t nothing = 0;
    int n = 0;
    auto* const c = context.get();
    auto* const tag = const_cast<std::uint8_t*>(sealed.data());
    ENSURE(EVP_DecryptInit_ex2(c, algorithms().aes_256_siv, key.view().data(), nullptr, nullptr) ==
           1);
    ENSURE(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, siv_overhead, tag) == 1);
    ENSURE(EVP_DecryptUpdate(c, nullptr, &n, present(ad).data(), static_cast<int>(ad.size())) == 1);
    const bool fits =
        EVP_DecryptUpdate(c, out.empty() ? &nothing : out.span().data(), &n,
                          present(ciphertext).data(), static_cast<int>(ciphertext.size())) == 1 &&
        EVP_DecryptFinal_ex(c, &nothing, &n) == 1;
    if (!fits) {
        ERR_clear_error();
        return fail(Errc::authentication, "sealed key does not open");
    }
    return out;
}

} // namespace torgo::crypto
