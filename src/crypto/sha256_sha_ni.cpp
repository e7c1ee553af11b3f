#include "crypto/sha256_kernel.hpp"

#ifdef __x86_64__

#    include <immintrin.h>

namespace torgo::crypto {

namespace {

// The instructions want the eight words as two registers, {a b e f} and {c d g h}, highest first.

[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void load(const Sha256State& from,
                                                                   __m128i& abef, __m128i& cdgh) {
    const auto* words = reinterpret_cast<const __m128i*>(from.words);
    const auto badc = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xB1);
    const auto hgfe = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1B);
    abef = _mm_alignr_epi8(badc, hgfe, 8);
    cdgh = _mm_blend_epi16(hgfe, badc, 0xF0);
}

[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void store(__m128i abef, __m128i cdgh,
                                                                    Sha256State& to) {
    auto* words = reinterpret_cast<__m128i*>(to.words);
    const auto feba = _mm_shuffle_epi32(abef, 0x1B);
    const auto dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    _mm_storeu_si128(words, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128(words + 1, _mm_alignr_epi8(dchg, feba, 8));
}

/// The four schedule words after w0..w3 (FIPS 180-4 6.2.2, step 1).
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline __m128i schedule(__m128i w0, __m128i w1,
                                                                          __m128i w2, __m128i w3) {
    const auto sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
    return _mm_sha256msg2_epu32(sum, w3);
}

template <std::size_t Lanes>
[[gnu::target("sha,sse4.1")]] void rounds(Sha256State* const* states,
                                          const std::uint8_t* const* data, std::size_t blocks) {
    const auto big_endian = _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
    const auto* constants = reinterpret_cast<const __m128i*>(sha256_constants);
    __m128i abef[Lanes];
    __m128i cdgh[Lanes];
#    pragma GCC unroll 3
    for (std::size_t lane = 0; lane < Lanes; ++lane)
        load(*states[lane], abef[lane], cdgh[lane]);
    for (std::size_t block = 0; block < blocks; ++block) {
        __m128i w[Lanes][4];
        __m128i abef_before[Lanes];
        __m128i cdgh_before[Lanes];
#    pragma GCC unroll 3
        for (std::size_t lane = 0; lane < Lanes; ++lane) {
            abef_before[lane] = abef[lane];
            cdgh_before[lane] = cdgh[lane];
        }
#    pragma GCC unroll 16
        for (std::size_t four = 0; four < 16; ++four) {
#    pragma GCC unroll 3
            for (std::size_t lane = 0; lane < Lanes; ++lane) {
                auto& now = w[lane][four % 4];
                const auto* message =
                    reinterpret_cast<const __m128i*>(data[lane] + block * sha256_block_size);
                now = four < 4 ? _mm_shuffle_epi8(_mm_loadu_si128(message + four), big_endian)
                               : schedule(now, w[lane][(four + 1) % 4], w[lane][(four + 2) % 4],
                                          w[lane][(four + 3) % 4]);
                const auto sum = _mm_add_epi32(now, _mm_load_si128(constants + four));
                cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], sum);
                abef[lane] =
                    _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32(sum, 0x0E));
            }
        }
#    pragma GCC unroll 3
        for (std::size_t lane = 0; lane < Lanes; ++lane) {
            abef[lane] = _mm_add_epi32(abef[lane], abef_before[lane]);
            cdgh[lane] = _mm_add_epi32(cdgh[lane], cdgh_before[lane]);
        }
    }
#    pragma GCC unroll 3
    for (std::size_t lane = 0; lane < Lanes; ++lane)
        store(abef[lane], cdgh[lane], *states[lane]);
}

void compress(Sha256State* const* states, const std::uint8_t* const* data, std::size_t lanes,
              std::size_t blocks) {
    switch (lanes) {
    case 1:
        return rounds<1>(states, data, blocks);
    case 2:
        return rounds<2>(states, data, blocks);
    default:
        return rounds<3>(states, data, blocks);
    }
}

} // namespace

const Sha256Kernel sha256_sha_ni{
    .name = "3 lanes of SHA instructions", .lanes = 3, .lanes_useful = 2, .compress = compress};

} // namespace torgo::crypto

#endif
