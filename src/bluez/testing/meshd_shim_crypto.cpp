// For tests only: preloaded into bluetooth-meshd, this gives it its cryptography from OpenSSL.
//
// The daemon takes AES and CMAC from libell, which takes them from the kernel (AF_ALG). Kernels
// without CONFIG_CRYPTO_USER_API, and most containers, have none; the daemon then says "Mesh Crypto
// functions unavailable" and does nothing for ever (bluez mesh/main.c, mesh_crypto_check_avail).
// Its calls go through the dynamic linker, so a library that is loaded before libell answers them.
//
// source  bluez 5.82 mesh/crypto.c, which holds every call; ell/cipher.h and ell/checksum.h
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t key_size = 16;
/// What the daemon seals at most: 380 bytes of access payload and two tags.
constexpr std::size_t text_size_max = 512;
constexpr std::size_t tag_size_max = 16;

struct Cipher {
    std::uint8_t key[key_size];
    std::size_t tag_size;
};

void* make_cipher(const void* key, std::size_t size, std::size_t tag_size) {
    if (size != key_size || tag_size > tag_size_max) return nullptr;
    auto* const cipher = static_cast<Cipher*>(std::calloc(1, sizeof(Cipher)));
    if (cipher == nullptr) return nullptr;
    std::memcpy(cipher->key, key, size);
    cipher->tag_size = tag_size;
    return cipher;
}

/// What l_aead_cipher_encrypt and l_aead_cipher_decrypt are called with.
struct Sealing {
    const Cipher& cipher;
    const void* in;
    std::size_t in_size;
    const void* associated;
    std::size_t associated_size;
    const void* nonce;
    std::size_t nonce_size;
};

/// Sets key, nonce, tag and lengths, in the order that CCM wants. A tag of null is one to be made.
bool begin(EVP_CIPHER_CTX* context, const Sealing& s, std::size_t text_size, void* tag) {
    const auto* const key = s.cipher.key;
    const auto* const nonce = static_cast<const std::uint8_t*>(s.nonce);
    const int encrypts = tag == nullptr ? 1 : 0;
    int n = 0;
    return EVP_CipherInit_ex(context, EVP_aes_128_ccm(), nullptr, nullptr, nullptr, encrypts) > 0 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(s.nonce_size),
                               nullptr) > 0 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(s.cipher.tag_size),
                               tag) > 0 &&
           EVP_CipherInit_ex(context, nullptr, nullptr, key, nonce, encrypts) > 0 &&
           EVP_CipherUpdate(context, nullptr, &n, nullptr, static_cast<int>(text_size)) > 0 &&
           (s.associated_size == 0 ||
            EVP_CipherUpdate(context, nullptr, &n, static_cast<const std::uint8_t*>(s.associated),
                             static_cast<int>(s.associated_size)) > 0);
}

bool transform(EVP_CIPHER_CTX* context, const Sealing& s, std::uint8_t* out, std::size_t size) {
    static const std::uint8_t nothing = 0;
    const auto* const in = size == 0 ? &nothing : static_cast<const std::uint8_t*>(s.in);
    int n = 0;
    return EVP_CipherUpdate(context, out, &n, in, static_cast<int>(size)) > 0;
}

bool seal(const Sealing& s, std::uint8_t* out) {
    std::uint8_t text[text_size_max]; // `in` and `out` may be one
    std::uint8_t tag[tag_size_max];
    int n = 0;
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    const bool good = context != nullptr && begin(context, s, s.in_size, nullptr) &&
                      transform(context, s, text, s.in_size) &&
                      EVP_CipherFinal_ex(context, text + s.in_size, &n) > 0 &&
                      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG,
                                          static_cast<int>(s.cipher.tag_size), tag) > 0;
    EVP_CIPHER_CTX_free(context);
    if (!good) return false;
    std::memcpy(out, text, s.in_size);
    std::memcpy(out + s.in_size, tag, s.cipher.tag_size);
    return true;
}

bool open(const Sealing& s, std::uint8_t* out) {
    const std::size_t size = s.in_size - s.cipher.tag_size;
    std::uint8_t text[text_size_max];
    std::uint8_t tag[tag_size_max];
    std::memcpy(tag, static_cast<const std::uint8_t*>(s.in) + size, s.cipher.tag_size);
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    const bool good =
        context != nullptr && begin(context, s, size, tag) && transform(context, s, text, size);
    EVP_CIPHER_CTX_free(context);
    if (good) std::memcpy(out, text, size);
    return good;
}

} // namespace

// Names and signatures are libell's.
// NOLINTBEGIN(readability-identifier-naming,bugprone-easily-swappable-parameters)
extern "C" {

void* l_aead_cipher_new(int /*type*/, const void* key, std::size_t size, std::size_t tag_size) {
    return make_cipher(key, size, tag_size);
}

void l_aead_cipher_free(void* cipher) {
    std::free(cipher);
}

bool l_aead_cipher_encrypt(void* cipher, const void* in, std::size_t in_size, const void* ad,
                           std::size_t ad_size, const void* nonce, std::size_t nonce_size,
                           void* out, std::size_t out_size) {
    if (cipher == nullptr) return false;
    const auto& known = *static_cast<const Cipher*>(cipher);
    if (in_size > text_size_max || out_size < in_size + known.tag_size) return false;
    return seal({known, in, in_size, ad, ad == nullptr ? 0 : ad_size, nonce, nonce_size},
                static_cast<std::uint8_t*>(out));
}

bool l_aead_cipher_decrypt(void* cipher, const void* in, std::size_t in_size, const void* ad,
                           std::size_t ad_size, const void* nonce, std::size_t nonce_size,
                           void* out, std::size_t out_size) {
    if (cipher == nullptr) return false;
    const auto& known = *static_cast<const Cipher*>(cipher);
    if (in_size > text_size_max || in_size < known.tag_size) return false;
    if (out_size < in_size - known.tag_size) return false;
    return open({known, in, in_size, ad, ad == nullptr ? 0 : ad_size, nonce, nonce_size},
                static_cast<std::uint8_t*>(out));
}

void* l_cipher_new(int /*type*/, const void* key, std::size_t size) {
    return make_cipher(key, size, 0);
}

void l_cipher_free(void* cipher) {
    std::free(cipher);
}

bool l_cipher_encrypt(void* cipher, const void* in, void* out, std::size_t size) {
    if (cipher == nullptr || size > text_size_max || size % key_size != 0) return false;
    std::uint8_t text[text_size_max + key_size];
    int n = 0;
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    const bool good = context != nullptr &&
                      EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), nullptr,
                                         static_cast<const Cipher*>(cipher)->key, nullptr) > 0 &&
                      EVP_CIPHER_CTX_set_padding(context, 0) > 0 &&
                      EVP_EncryptUpdate(context, text, &n, static_cast<const std::uint8_t*>(in),
                                        static_cast<int>(size)) > 0;
    EVP_CIPHER_CTX_free(context);
    if (good) std::memcpy(out, text, size);
    return good;
}

void* l_checksum_new_cmac_aes(const void* key, std::size_t size) {
    static char mode[] = "AES-128-CBC";
    EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "CMAC", nullptr);
    EVP_MAC_CTX* const context = mac == nullptr ? nullptr : EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    const OSSL_PARAM settings[] = {OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_CIPHER, mode, 0),
                                   OSSL_PARAM_END};
    if (EVP_MAC_init(context, static_cast<const std::uint8_t*>(key), size, settings) > 0)
        return context;
    EVP_MAC_CTX_free(context);
    return nullptr;
}

bool l_checksum_update(void* checksum, const void* bytes, std::size_t size) {
    return EVP_MAC_update(static_cast<EVP_MAC_CTX*>(checksum),
                          static_cast<const std::uint8_t*>(bytes), size) > 0;
}

/// libell's checksum can be used again after this.
ssize_t l_checksum_get_digest(void* checksum, void* digest, std::size_t size) {
    auto* const context = static_cast<EVP_MAC_CTX*>(checksum);
    std::uint8_t whole[key_size];
    std::size_t made = 0;
    if (EVP_MAC_final(context, whole, &made, sizeof whole) <= 0) return -1;
    if (EVP_MAC_init(context, nullptr, 0, nullptr) <= 0) return -1;
    if (size > made) size = made;
    std::memcpy(digest, whole, size);
    return static_cast<ssize_t>(size);
}

void l_checksum_free(void* checksum) {
    EVP_MAC_CTX_free(static_cast<EVP_MAC_CTX*>(checksum));
}

} // extern "C"
// NOLINTEND(readability-identifier-naming,bugprone-easily-swappable-parameters)
