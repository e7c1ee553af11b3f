#include "crypto/cascade.hpp"

#include "crypto/evp.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>

namespace torgo::crypto {

namespace {
constexpr std::array<std::uint8_t, 12> zero_nonce{};
/// 0^96 || be32(2): blocks 0 and 1 belong to GCM's hash key and tag.
constexpr std::array<std::uint8_t, 16> first_block{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
constexpr std::size_t tile_size = 64_KiB;

CipherContext make_context() {
    CipherContext context(EVP_CIPHER_CTX_new());
    ENSURE(context != nullptr);
    return context;
}
} // namespace

struct Cascade::State {
    Path path = Path::reference;
    CipherContext gcm = make_context();
    std::array<CipherContext, heads_max> ctr{make_context(), make_context(), make_context()};

    void start_heads(std::span<const ShortLivedKey> keys) {
        for (std::size_t i = 0; i < keys.size(); ++i)
            ENSURE(EVP_EncryptInit_ex2(ctr[i].get(), algorithms().aes_256_ctr, keys[i].bytes,
                                       first_block.data(), nullptr) == 1);
    }

    void apply_heads(std::size_t count, const std::uint8_t* in, std::uint8_t* out, int size) {
        for (std::size_t i = 0; i < count; ++i) {
            int n = 0;
            ENSURE(EVP_EncryptUpdate(ctr[i].get(), out, &n, i == 0 ? in : out, size) == 1);
        }
    }

    void start_gcm(const ShortLivedKey& key, ByteView aad, bool encrypt) {
        int n = 0;
        ENSURE(EVP_CipherInit_ex2(gcm.get(), algorithms().aes_256_gcm, key.bytes, zero_nonce.data(),
                                  encrypt ? 1 : 0, nullptr) == 1);
        ENSURE(EVP_CipherUpdate(gcm.get(), nullptr, &n, aad.data(), static_cast<int>(aad.size())) ==
               1);
    }
};

Cascade::Cascade(Path) : m_state(std::make_unique<State>()) {}

Cascade::Cascade(Cascade&&) noexcept = default;
Cascade& Cascade::operator=(Cascade&&) noexcept = default;
Cascade::~Cascade() = default;

Path Cascade::path() const noexcept {
    return m_state->path;
}

void Cascade::encrypt(std::span<const ShortLivedKey> heads, const ShortLivedKey& outer,
                      ByteView aad, ByteView in, ByteSpan out,
                      std::span<std::uint8_t, tag_size> tag) {
    ENSURE(heads.size() <= heads_max && in.size() == out.size());
    auto& s = *m_state;
    s.start_heads(heads);
    s.start_gcm(outer, aad, true);
    for (std::size_t at = 0; at < in.size(); at += tile_size) {
        const auto size = static_cast<int>(std::min(tile_size, in.size() - at));
        auto* const to = out.data() + at;
        s.apply_heads(heads.size(), in.data() + at, to, size);
        int n = 0;
        ENSURE(EVP_EncryptUpdate(s.gcm.get(), to, &n, heads.empty() ? in.data() + at : to, size) ==
               1);
    }
    int n = 0;
    std::uint8_t nothing = 0;
    ENSURE(EVP_EncryptFinal_ex(s.gcm.get(), &nothing, &n) == 1);
    ENSURE(EVP_CIPHER_CTX_ctrl(s.gcm.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, tag.data()) == 1);
}

Result<> Cascade::decrypt(std::span<const ShortLivedKey> heads, const ShortLivedKey& outer,
                          ByteView aad, ByteView in, ByteSpan out,
                          std::span<const std::uint8_t, tag_size> tag) {
    ENSURE(heads.size() <= heads_max && in.size() == out.size());
    auto& s = *m_state;
    s.start_heads(heads);
    s.start_gcm(outer, aad, false);
    std::array<std::uint8_t, tag_size> expected{};
    std::ranges::copy(tag, expected.begin());
    for (std::size_t at = 0; at < in.size(); at += tile_size) {
        const auto size = static_cast<int>(std::min(tile_size, in.size() - at));
        auto* const to = out.data() + at;
        int n = 0;
        ENSURE(EVP_DecryptUpdate(s.gcm.get(), to, &n, in.data() + at, size) == 1);
        s.apply_heads(heads.size(), to, to, size);
    }
    int n = 0;
    std::uint8_t nothing = 0;
    ENSURE(EVP_CIPHER_CTX_ctrl(s.gcm.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, expected.data()) == 1);
    if (EVP_DecryptFinal_ex(s.gcm.get(), &nothing, &n) != 1) {
        ERR_clear_error();
        wipe(out);
        return fail(Errc::authentication, "sealed bytes do not authenticate");
    }
    return {};
}

} // namespace torgo::crypto
