#include "crypto/secret.hpp"

#include "crypto/secret_pool.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace torgo::crypto {

void wipe(ByteSpan bytes) noexcept {
    if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
}

bool equal_constant_time(ByteView a, ByteView b) noexcept {
    return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

SecretBytes::SecretBytes(std::size_t size)
    : m_data(SecretPool::instance().take(size)), m_size(size) {}

SecretBytes SecretBytes::copy_of(ByteView bytes) {
    SecretBytes copy(bytes.size());
    std::ranges::copy(bytes, copy.m_data);
    return copy;
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : m_data(std::exchange(other.m_data, nullptr)), m_size(std::exchange(other.m_size, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
    SecretBytes taken(std::move(other));
    std::swap(m_data, taken.m_data); // what was here ends, wiped, with `taken`
    std::swap(m_size, taken.m_size);
    return *this;
}

SecretBytes::~SecretBytes() {
    if (m_data == nullptr) return;
    wipe(span());
    SecretPool::instance().give_back(m_data, m_size);
}

} // namespace torgo::crypto
