// AES-128 on the processor's own instructions, with OpenSSL where there are none and as the judge
// of ours: a wrong program is found before it is used.

#include "crypto/cpu.hpp"
#include "crypto/evp.hpp"
#include "crypto/mesh_primitives.hpp"
#include "crypto/notice.hpp"
#include "crypto/secret.hpp"

#include <algorithm>
#include <cstring>

#ifdef __x86_64__
#    include <immintrin.h>
#endif

namespace torgo::crypto {

namespace {

void encrypt_by_openssl(const std::uint8_t* key, const std::uint8_t* in, std::uint8_t* out,
                        std::size_t count) {
    static ContextPool<CipherContext> contexts;
    auto context = contexts.take([] { return CipherContext(EVP_CIPHER_CTX_new()); });
    ENSURE(context != nullptr);
    ENSURE(EVP_EncryptInit_ex2(context.get(), algorithms().aes_128_ecb, key, nullptr, nullptr) ==
           1);
    EVP_CIPHER_CTX_set_padding(context.get(), 0);
    int written = 0;
    ENSURE(EVP_EncryptUpdate(context.get(), out, &written, in,
                             static_cast<int>(count * Aes128::block_size)) == 1);
    // The pool lives as long as the process: no key stays in it.
    EVP_CIPHER_CTX_reset(context.get());
    contexts.give_back(std::move(context));
}

#ifdef __x86_64__

constexpr bool has_instructions = true;

/// The next round key (FIPS 197 5.2).
template <int RoundConstant>
[[gnu::target("aes,sse4.1"), gnu::always_inline]] inline __m128i next_key(__m128i before) {
    const auto word = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(before, RoundConstant), 0xFF);
    before = _mm_xor_si128(before, _mm_slli_si128(before, 4));
    before = _mm_xor_si128(before, _mm_slli_si128(before, 8));
    return _mm_xor_si128(before, word);
}

[[gnu::target("aes,sse4.1")]] void expand(const std::uint8_t* key, std::uint8_t* round_keys) {
    auto* out = reinterpret_cast<__m128i*>(round_keys);
    auto k = _mm_loadu_si128(reinterpret_cast<const __m128i*>(key));
    _mm_storeu_si128(out++, k);
    _mm_storeu_si128(out++, k = next_key<0x01>(k));
    _mm_storeu_si128(out++, k = next_key<0x02>(k));
    _mm_storeu_si128(out++, k = next_key<0x04>(k));
    _mm_storeu_si128(out++, k = next_key<0x08>(k));
    _mm_storeu_si128(out++, k = next_key<0x10>(k));
    _mm_storeu_si128(out++, k = next_key<0x20>(k));
    _mm_storeu_si128(out++, k = next_key<0x40>(k));
    _mm_storeu_si128(out++, k = next_key<0x80>(k));
    _mm_storeu_si128(out++, k = next_key<0x1B>(k));
    _mm_storeu_si128(out, next_key<0x36>(k));
}

/// `Width` blocks side by side: one block alone leaves the unit idle most of the time.
template <std::size_t Width>
[[gnu::target("aes,sse4.1"), gnu::always_inline]] inline void
encrypt_group(const std::uint8_t* round_keys, const std::uint8_t* in, std::uint8_t* out) {
    const auto* keys = reinterpret_cast<const __m128i*>(round_keys);
    __m128i state[Width];
    for (std::size_t i = 0; i < Width; ++i)
        state[i] = _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in) + i),
                                 _mm_loadu_si128(keys));
    for (std::size_t round = 1; round < 10; ++round) {
        for (auto& s : state)
            s = _mm_aesenc_si128(s, _mm_loadu_si128(keys + round));
    }
    for (std::size_t i = 0; i < Width; ++i)
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out) + i,
                         _mm_aesenclast_si128(state[i], _mm_loadu_si128(keys + 10)));
}

[[gnu::target("aes,sse4.1")]] void encrypt_fast(const std::uint8_t* round_keys,
                                                const std::uint8_t* in, std::uint8_t* out,
                                                std::size_t count) {
    constexpr std::size_t width = 4;
    for (; count >= width; count -= width) {
        encrypt_group<width>(round_keys, in, out);
        in += width * Aes128::block_size;
        out += width * Aes128::block_size;
    }
    for (; count > 0; --count) {
        encrypt_group<1>(round_keys, in, out);
        in += Aes128::block_size;
        out += Aes128::block_size;
    }
}

#else

constexpr bool has_instructions = false;

void expand(const std::uint8_t*, std::uint8_t*) {}

void encrypt_fast(const std::uint8_t*, const std::uint8_t*, std::uint8_t*, std::size_t) {}

#endif

/// Several keys, and numbers of blocks around the width of a group.
bool fast_agrees() {
    static constexpr std::size_t blocks_max = 9;
    std::array<std::uint8_t, blocks_max * Aes128::block_size> in{};
    for (std::size_t i = 0; i < in.size(); ++i)
        in[i] = static_cast<std::uint8_t>(i * 13 + i / 7);
    for (unsigned round = 0; round < 16; ++round) {
        Block128 key{};
        for (std::size_t i = 0; i < key.size(); ++i)
            key[i] = static_cast<std::uint8_t>(round * 89 + i * 31);
        std::array<std::uint8_t, 11 * Aes128::block_size> round_keys{};
        expand(key.data(), round_keys.data());
        for (std::size_t count = 1; count <= blocks_max; ++count) {
            std::array<std::uint8_t, blocks_max * Aes128::block_size> fast{};
            std::array<std::uint8_t, blocks_max * Aes128::block_size> reference{};
            encrypt_fast(round_keys.data(), in.data(), fast.data(), count);
            encrypt_by_openssl(key.data(), in.data(), reference.data(), count);
            if (fast != reference) return false;
        }
    }
    return true;
}

} // namespace

bool fast_aes128_usable() {
    static const bool usable = [] {
        if (!has_instructions || !cpu_features().aes) {
            notice("this processor has no AES instructions that are used here: mesh packets are "
                   "encrypted by OpenSSL");
            return false;
        }
        if (fast_agrees()) return true;
        notice("the AES-128 path disagrees with OpenSSL on this machine and is not used");
        return false;
    }();
    return usable;
}

Aes128::Aes128() : Aes128(Block128{}) {}

Aes128::Aes128(std::span<const std::uint8_t, 16> key) {
    if (fast_aes128_usable())
        expand(key.data(), m_round_keys.data());
    else
        std::ranges::copy(key, m_round_keys.begin());
}

Aes128::~Aes128() {
    wipe(m_round_keys);
}

void Aes128::encrypt(const std::uint8_t* in, std::uint8_t* out, std::size_t count) const {
    if (fast_aes128_usable())
        encrypt_fast(m_round_keys.data(), in, out, count);
    else
        encrypt_by_openssl(m_round_keys.data(), in, out, count);
}

Block128 Aes128::encrypt(const Block128& block) const {
    Block128 out;
    encrypt(block.data(), out.data(), 1);
    return out;
}

} // namespace torgo::crypto
