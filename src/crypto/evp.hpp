#pragma once

// Private to this module: the algorithms fetched from OpenSSL and contexts that are used again.

#include "base/bytes.hpp"
#include "base/ensure.hpp"
#include "base/error.hpp"

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <atomic>
#include <memory>
#include <utility>

namespace torgo::crypto {

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};

using MdContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Deleter<EVP_MAC_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Deleter<EVP_KDF_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

/// Every algorithm of the product; a missing one aborts at first use, with its name.
struct Algorithms {
    EVP_MD* sha256;
    EVP_MD* sha3_256;
    EVP_MAC* hmac;
    EVP_KDF* hkdf;
    EVP_KDF* argon2id;
    EVP_CIPHER* aes_128_ecb;
    EVP_CIPHER* aes_256_ccm;
    EVP_CIPHER* aes_256_ctr;
    EVP_CIPHER* aes_256_gcm;
    EVP_CIPHER* aes_256_siv;
    EVP_SIGNATURE* ml_dsa_65;
    EVP_SIGNATURE* ml_dsa_87;
    EVP_SIGNATURE* slh_dsa_sha2_256s;
};

/// Fetched once and kept to the end of the process.
const Algorithms& algorithms();

/// OpenSSL takes a null pointer for "not given": an empty string gets one that points somewhere.
inline ByteView present(ByteView bytes) {
    static constexpr std::uint8_t nothing = 0;
    return bytes.empty() ? ByteView(&nothing, 0) : bytes;
}

/// OpenSSL wants non-const buffers in parameters that it only reads.
inline OSSL_PARAM octets(const char* name, ByteView bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(present(bytes).data()),
                                             bytes.size());
}

inline OSSL_PARAM utf8(const char* name, const char* text) {
    return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(text), 0);
}

/// The private key that a scheme makes of its seed ("ML-DSA-65", 32 bytes; "ML-KEM-1024", 64).
/// errors  `invalid_argument`
Result<Key> key_from_seed(const char* scheme, ByteView seed);

/// A handful of ready contexts that threads borrow without waiting: making one costs more than
/// hashing a short message.
template <class Pointer>
class ContextPool {
public:
    ContextPool() = default;
    ContextPool(const ContextPool&) = delete;
    ContextPool& operator=(const ContextPool&) = delete;

    ~ContextPool() {
        for (auto& slot : m_slots)
            Pointer(slot.exchange(nullptr));
    }

    /// A context that nobody else holds; made by `make` when the pool is empty.
    template <class Make>
    Pointer take(Make make) {
        for (auto& slot : m_slots) {
            if (slot.load(std::memory_order_relaxed) == nullptr) continue;
            if (auto* found = slot.exchange(nullptr, std::memory_order_acquire))
                return Pointer(found);
        }
        return make();
    }

    void give_back(Pointer context) {
        for (auto& slot : m_slots) {
            typename Pointer::pointer expected = nullptr;
            if (slot.load(std::memory_order_relaxed) == nullptr &&
                slot.compare_exchange_strong(expected, context.get(), std::memory_order_release,
                                             std::memory_order_relaxed)) {
                (void)context.release();
                return;
            }
        }
    }

private:
    static constexpr std::size_t slot_count = 16;
    std::array<std::atomic<typename Pointer::pointer>, slot_count> m_slots{};
};

} // namespace torgo::crypto
