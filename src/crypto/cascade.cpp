#include "crypto/cascade.hpp"

#include "crypto/cpu.hpp"
#include "crypto/ctr_heads.hpp"
#include "crypto/evp.hpp"
#include "crypto/fast_paths.hpp"
#include "crypto/notice.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>

namespace torgo::crypto {

namespace {
constexpr std::array<std::uint8_t, 12> zero_nonce{};
/// Blocks 0 and 1 belong to GCM's hash key and tag (trap d). [SEAL-18]
constexpr std::uint32_t first_counter = 2;
constexpr std::array<std::uint8_t, 16> first_block{0, 0, 0, 0, 0, 0, 0, 0,
                                                   0, 0, 0, 0, 0, 0, 0, first_counter};
/// Measured from 4 to 256 KiB: flat from 16 to 64, then the tile leaves the second-level cache.
constexpr std::size_t tile_size = 32_KiB;

CipherContext make_context() {
    CipherContext context(EVP_CIPHER_CTX_new());
    ENSURE(context != nullptr);
    return context;
}

/// The wide program against OpenSSL: every number of heads, lengths around its stride, both
/// counters' byte carries.
bool wide_heads_agree() {
    static constexpr std::size_t size_max = 5000;
    Bytes in(size_max);
    for (std::size_t i = 0; i < in.size(); ++i)
        in[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
    Bytes wide(size_max);
    Bytes reference(size_max);
    CtrHeads heads;
    for (std::uint8_t count = 1; count <= Cascade::heads_max; ++count) {
        const Bytes key(ShortLivedKey::size, static_cast<std::uint8_t>(0x35 * count));
        heads.add(key);
        const auto context = make_context();
        ENSURE(EVP_EncryptInit_ex2(context.get(), algorithms().aes_256_ctr, key.data(),
                                   first_block.data(), nullptr) == 1);
        int n = 0;
        const auto* from = count == 1 ? in.data() : reference.data();
        ENSURE(EVP_EncryptUpdate(context.get(), reference.data(), &n, from, size_max) == 1);
        for (const std::size_t size : {1UL, 16UL, 255UL, 256UL, 257UL, 4096UL, size_max}) {
            heads.apply(first_counter, ByteView(in).first(size), wide.data());
            if (!std::equal(wide.begin(), wide.begin() + static_cast<std::ptrdiff_t>(size),
                            reference.begin()))
                return false;
        }
    }
    return true;
}
} // namespace

// [SEAL-30]
bool wide_heads_usable() {
    static const bool usable = [] {
        if (!cpu_features().wide_aes) {
            notice("this processor has no wide AES instructions: heads are encrypted by OpenSSL");
            return false;
        }
        if (wide_heads_agree()) return true;
        notice("the wide AES path disagrees with OpenSSL on this machine and is not used");
        return false;
    }();
    return usable;
}

struct Cascade::State {
    explicit State(Path wanted) : path(wanted) {}

    Path path;
    CipherContext gcm = make_context();
    std::array<CipherContext, heads_max> ctr{make_context(), make_context(), make_context()};
    CtrHeads wide;

    void start_heads(std::span<const ShortLivedKey> keys);
    void apply_heads(std::size_t count, std::size_t at, ByteView in, std::uint8_t* out);
    void start_gcm(const ShortLivedKey& key, ByteView aad, bool encrypt) const;
    void update_gcm(const std::uint8_t* in, std::uint8_t* out, std::size_t size) const;
};

void Cascade::State::start_heads(std::span<const ShortLivedKey> keys) {
    for (std::size_t i = 0; i < keys.size(); ++i)
        if (path == Path::fast)
            wide.add(keys[i].view());
        else
            ENSURE(EVP_EncryptInit_ex2(ctr[i].get(), algorithms().aes_256_ctr, keys[i].bytes,
                                       first_block.data(), nullptr) == 1);
}

/// `at`, a multiple of 16, is where the tile `in` lies in the message.
void Cascade::State::apply_heads(std::size_t count, std::size_t at, ByteView in,
                                 std::uint8_t* out) {
    if (path == Path::fast) {
        if (count > 0) wide.apply(first_counter + static_cast<std::uint32_t>(at / 16), in, out);
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        int n = 0;
        ENSURE(EVP_EncryptUpdate(ctr[i].get(), out, &n, i == 0 ? in.data() : out,
                                 static_cast<int>(in.size())) == 1);
    }
}

void Cascade::State::start_gcm(const ShortLivedKey& key, ByteView aad, bool encrypt) const {
    int n = 0;
    ENSURE(EVP_CipherInit_ex2(gcm.get(), algorithms().aes_256_gcm, key.bytes, zero_nonce.data(),
                              encrypt ? 1 : 0, nullptr) == 1);
    if (!aad.empty())
        ENSURE(EVP_CipherUpdate(gcm.get(), nullptr, &n, aad.data(), static_cast<int>(aad.size())) ==
               1);
}

void Cascade::State::update_gcm(const std::uint8_t* in, std::uint8_t* out, std::size_t size) const {
    int n = 0;
    ENSURE(EVP_CipherUpdate(gcm.get(), out, &n, in, static_cast<int>(size)) == 1);
}

Cascade::Cascade(Path path)
    : m_state(std::make_unique<State>(
          path == Path::fast && wide_heads_usable() ? Path::fast : Path::reference)) {}

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
        const auto tile = in.subspan(at, std::min(tile_size, in.size() - at));
        auto* const to = out.data() + at;
        s.apply_heads(heads.size(), at, tile, to);
        s.update_gcm(heads.empty() ? tile.data() : to, to, tile.size());
    }
    s.wide.clear();
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
    for (std::size_t at = 0; at < in.size(); at += tile_size) {
        const auto size = std::min(tile_size, in.size() - at);
        auto* const to = out.data() + at;
        s.update_gcm(in.data() + at, to, size);
        s.apply_heads(heads.size(), at, {to, size}, to);
    }
    s.wide.clear();
    int n = 0;
    std::uint8_t nothing = 0;
    auto* const expected = const_cast<std::uint8_t*>(tag.data()); // only read
    ENSURE(EVP_CIPHER_CTX_ctrl(s.gcm.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, expected) == 1);
    if (EVP_DecryptFinal_ex(s.gcm.get(), &nothing, &n) != 1) {
        ERR_clear_error();
        wipe(out);
        return fail(Errc::authentication, "sealed bytes do not authenticate");
    }
    return {};
}

} // namespace torgo::crypto
