// One pass over the data makes the keystreams of all heads: the plaintext is read once and written
// once, and eight registers of two blocks each keep both AES units of a core busy.

#include "crypto/ctr_heads.hpp"

#include "base/ensure.hpp"
#include "crypto/secret.hpp"

#include <algorithm>
#include <cstring>

#ifdef __x86_64__
#    include <immintrin.h>
#endif

namespace torgo::crypto {

void CtrHeads::clear() noexcept {
    wipe({m_keys[0].bytes[0], sizeof m_keys});
    m_count = 0;
}

#ifdef __x86_64__

namespace {

constexpr std::size_t width = 8; ///< registers in flight
constexpr std::size_t stride = width * sizeof(__m256i);

/// b0, b0^b1, b0^b1^b2, …: the running XOR of the key schedule (FIPS 197 5.2).
[[gnu::target("aes,avx2"), gnu::always_inline]] inline __m128i running_xor(__m128i b) {
    b = _mm_xor_si128(b, _mm_slli_si128(b, 4));
    return _mm_xor_si128(b, _mm_slli_si128(b, 8));
}

/// The next round key of even index: RotWord, SubWord and the round constant from the key before.
template <int RoundConstant>
[[gnu::target("aes,avx2"), gnu::always_inline]] inline __m128i even_key(__m128i before2,
                                                                        __m128i before1) {
    const auto word = _mm_aeskeygenassist_si128(before1, RoundConstant);
    return _mm_xor_si128(running_xor(before2), _mm_shuffle_epi32(word, 0xFF));
}

/// The next round key of odd index: SubWord only.
[[gnu::target("aes,avx2"), gnu::always_inline]] inline __m128i odd_key(__m128i before2,
                                                                       __m128i before1) {
    const auto word = _mm_aeskeygenassist_si128(before1, 0);
    return _mm_xor_si128(running_xor(before2), _mm_shuffle_epi32(word, 0xAA));
}

[[gnu::target("aes,avx2")]] void expand(const std::uint8_t* key, __m128i (&k)[15]) {
    k[0] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(key));
    k[1] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(key) + 1);
    k[2] = even_key<0x01>(k[0], k[1]);
    k[3] = odd_key(k[1], k[2]);
    k[4] = even_key<0x02>(k[2], k[3]);
    k[5] = odd_key(k[3], k[4]);
    k[6] = even_key<0x04>(k[4], k[5]);
    k[7] = odd_key(k[5], k[6]);
    k[8] = even_key<0x08>(k[6], k[7]);
    k[9] = odd_key(k[7], k[8]);
    k[10] = even_key<0x10>(k[8], k[9]);
    k[11] = odd_key(k[9], k[10]);
    k[12] = even_key<0x20>(k[10], k[11]);
    k[13] = odd_key(k[11], k[12]);
    k[14] = even_key<0x40>(k[12], k[13]);
}

/// `size` is a multiple of `stride`. `keys` holds 15 wide round keys for each of the `Heads`.
template <int Heads>
[[gnu::target("aes,avx2,vaes")]] void keystreams(const __m256i* keys, std::uint32_t counter,
                                                 const std::uint8_t* in, std::uint8_t* out,
                                                 std::size_t size) {
    const auto big_endian = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 14, 13, 12));
    const auto two = _mm256_setr_epi32(0, 0, 0, 2, 0, 0, 0, 2);
    const auto first = static_cast<int>(counter);
    auto next = _mm256_setr_epi32(0, 0, 0, first, 0, 0, 0, first + 1);
    for (std::size_t at = 0; at < size; at += stride) {
        __m256i block[width];
        __m256i sum[width];
        __m256i state[width];
#    pragma GCC unroll 8
        for (std::size_t i = 0; i < width; ++i) {
            block[i] = _mm256_shuffle_epi8(next, big_endian);
            next = _mm256_add_epi32(next, two);
            sum[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + at) + i);
        }
#    pragma GCC unroll 3
        for (int head = 0; head < Heads; ++head) {
            const auto* key = keys + 15 * head;
#    pragma GCC unroll 8
            for (std::size_t i = 0; i < width; ++i)
                state[i] = _mm256_xor_si256(block[i], key[0]);
#    pragma GCC unroll 13
            for (int round = 1; round < 14; ++round) {
#    pragma GCC unroll 8
                for (std::size_t i = 0; i < width; ++i) // NOLINT(modernize-loop-convert)
                    state[i] = _mm256_aesenc_epi128(state[i], key[round]);
            }
            // The last round ends with an XOR of its key, so the sum so far goes in there for
            // nothing.
#    pragma GCC unroll 8
            for (std::size_t i = 0; i < width; ++i)
                sum[i] = _mm256_aesenclast_epi128(state[i], _mm256_xor_si256(sum[i], key[14]));
        }
#    pragma GCC unroll 8
        for (std::size_t i = 0; i < width; ++i)
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + at) + i, sum[i]);
    }
}

using Keystreams = void (*)(const __m256i*, std::uint32_t, const std::uint8_t*, std::uint8_t*,
                            std::size_t);
constexpr Keystreams by_count[] = {keystreams<1>, keystreams<2>, keystreams<3>};

} // namespace

[[gnu::target("aes,avx2")]] void CtrHeads::add(ByteView key) {
    ENSURE(m_count < count_max && key.size() == 32);
    __m128i expanded[round_keys];
    expand(key.data(), expanded);
    auto& wide = m_keys[m_count++];
    for (std::size_t i = 0; i < round_keys; ++i)
        _mm256_store_si256(reinterpret_cast<__m256i*>(wide.bytes[i]),
                           _mm256_broadcastsi128_si256(expanded[i]));
    wipe({reinterpret_cast<std::uint8_t*>(expanded), sizeof expanded});
}

void CtrHeads::apply(std::uint32_t counter, ByteView in, std::uint8_t* out) const {
    ENSURE(m_count > 0);
    const auto* keys = reinterpret_cast<const __m256i*>(m_keys[0].bytes[0]);
    const auto run = by_count[m_count - 1];
    const auto whole = in.size() / stride * stride;
    run(keys, counter, in.data(), out, whole);
    const auto rest = in.subspan(whole);
    if (rest.empty()) return;
    std::uint8_t padded[stride] = {};
    std::ranges::copy(rest, padded);
    run(keys, counter + static_cast<std::uint32_t>(whole / 16), padded, padded, stride);
    std::memcpy(out + whole, padded, rest.size());
    wipe(padded);
}

#else

void CtrHeads::add(ByteView) {
    ENSURE(false);
}

void CtrHeads::apply(std::uint32_t, ByteView, std::uint8_t*) const {
    ENSURE(false);
}

#endif

} // namespace torgo::crypto
