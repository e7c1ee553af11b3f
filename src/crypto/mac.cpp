#include "crypto/mac.hpp"

#include "crypto/evp.hpp"

#include <openssl/core_names.h>

namespace torgo::crypto {

/// Contexts come back with the key still in them: EVP_MAC_init without a key starts the next
/// message from the precomputed inner and outer states.
struct HmacSha256::State {
    MacContext original;
    mutable ContextPool<MacContext> copies;

    MacContext take() const {
        return copies.take([this] {
            MacContext copy(EVP_MAC_CTX_dup(original.get()));
            ENSURE(copy != nullptr);
            return copy;
        });
    }
};

HmacSha256::HmacSha256(ByteView key) : m_state(std::make_unique<State>()) {
    m_state->original.reset(EVP_MAC_CTX_new(algorithms().hmac));
    ENSURE(m_state->original != nullptr);
    const OSSL_PARAM parameters[] = {utf8(OSSL_MAC_PARAM_DIGEST, "SHA2-256"),
                                     OSSL_PARAM_construct_end()};
    static constexpr std::uint8_t none = 0;
    const auto* bytes = key.empty() ? &none : key.data();
    ENSURE(EVP_MAC_init(m_state->original.get(), bytes, key.size(), parameters) == 1);
}

HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;
HmacSha256::~HmacSha256() = default;

void HmacSha256::write(std::initializer_list<ByteView> parts,
                       std::span<std::uint8_t, 32> out) const {
    auto context = m_state->take();
    ENSURE(EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1);
    for (const auto part : parts)
        ENSURE(EVP_MAC_update(context.get(), part.data(), part.size()) == 1);
    std::size_t written = 0;
    ENSURE(EVP_MAC_final(context.get(), out.data(), &written, out.size()) == 1 &&
           written == out.size());
    m_state->copies.give_back(std::move(context));
}

Digest HmacSha256::operator()(std::initializer_list<ByteView> parts) const {
    Digest code;
    write(parts, code.bytes);
    return code;
}

} // namespace torgo::crypto
