#include "crypto/sha256_kernel.hpp"

#ifdef __x86_64__

#    include <immintrin.h>

namespace torgo::crypto {

namespace {

#    define TORGO_AVX2 [[gnu::target("avx2"), gnu::always_inline]] inline

template <int Bits>
TORGO_AVX2 __m256i rotated(__m256i x) {
    return _mm256_or_si256(_mm256_srli_epi32(x, Bits), _mm256_slli_epi32(x, 32 - Bits));
}

TORGO_AVX2 __m256i xor3(__m256i a, __m256i b, __m256i c) {
    return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}

// The functions of FIPS 180-4 4.1.2, by their names there.
TORGO_AVX2 __m256i upper_sigma0(__m256i x) {
    return xor3(rotated<2>(x), rotated<13>(x), rotated<22>(x));
}

TORGO_AVX2 __m256i upper_sigma1(__m256i x) {
    return xor3(rotated<6>(x), rotated<11>(x), rotated<25>(x));
}

TORGO_AVX2 __m256i lower_sigma0(__m256i x) {
    return xor3(rotated<7>(x), rotated<18>(x), _mm256_srli_epi32(x, 3));
}

TORGO_AVX2 __m256i lower_sigma1(__m256i x) {
    return xor3(rotated<17>(x), rotated<19>(x), _mm256_srli_epi32(x, 10));
}

TORGO_AVX2 __m256i ch(__m256i x, __m256i y, __m256i z) {
    return _mm256_xor_si256(z, _mm256_and_si256(x, _mm256_xor_si256(y, z)));
}

TORGO_AVX2 __m256i maj(__m256i x, __m256i y, __m256i z) {
    return _mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(z, _mm256_or_si256(x, y)));
}

/// Rows of eight lanes become columns: out[j] holds word j of every lane.
TORGO_AVX2 void transpose(__m256i (&r)[8]) {
    __m256i a[8];
    __m256i b[8];
    for (int i = 0; i < 8; i += 2) {
        a[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
        a[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        b[i] = _mm256_unpacklo_epi64(a[i], a[i + 2]);
        b[i + 1] = _mm256_unpackhi_epi64(a[i], a[i + 2]);
        b[i + 2] = _mm256_unpacklo_epi64(a[i + 1], a[i + 3]);
        b[i + 3] = _mm256_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    for (int i = 0; i < 4; ++i) {
        r[i] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x20);
        r[i + 4] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x31);
    }
}

/// The sixteen message words of one block of every lane.
TORGO_AVX2 void load_block(const std::uint8_t* const* data, std::size_t offset, __m256i (&w)[16]) {
    const auto big_endian = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
    for (std::size_t half = 0; half < 2; ++half) {
        __m256i rows[8];
        for (std::size_t lane = 0; lane < 8; ++lane)
            rows[lane] = _mm256_shuffle_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(
                                                 data[lane] + offset + 32 * half)),
                                             big_endian);
        transpose(rows);
        for (std::size_t i = 0; i < 8; ++i)
            w[8 * half + i] = rows[i];
    }
}

[[gnu::target("avx2")]] void rounds(__m256i (&s)[8], const std::uint8_t* const* data,
                                    std::size_t blocks) {
    for (std::size_t block = 0; block < blocks; ++block) {
        __m256i w[16];
        load_block(data, block * sha256_block_size, w);
        __m256i v[8];
        for (std::size_t i = 0; i < 8; ++i)
            v[i] = s[i];
#    pragma GCC unroll 16
        for (std::size_t t = 0; t < 64; ++t) {
            auto& now = w[t % 16];
            if (t >= 16)
                now = _mm256_add_epi32(
                    _mm256_add_epi32(now, lower_sigma0(w[(t + 1) % 16])),
                    _mm256_add_epi32(w[(t + 9) % 16], lower_sigma1(w[(t + 14) % 16])));
            const auto constant = _mm256_set1_epi32(static_cast<int>(sha256_constants[t]));
            const auto t1 = _mm256_add_epi32(
                _mm256_add_epi32(_mm256_add_epi32(v[7], upper_sigma1(v[4])), ch(v[4], v[5], v[6])),
                _mm256_add_epi32(constant, now));
            const auto t2 = _mm256_add_epi32(upper_sigma0(v[0]), maj(v[0], v[1], v[2]));
            for (std::size_t i = 7; i > 0; --i)
                v[i] = v[i - 1];
            v[4] = _mm256_add_epi32(v[4], t1);
            v[0] = _mm256_add_epi32(t1, t2);
        }
        for (std::size_t i = 0; i < 8; ++i)
            s[i] = _mm256_add_epi32(s[i], v[i]);
    }
}

[[gnu::target("avx2")]] void compress(Sha256State* const* states, const std::uint8_t* const* data,
                                      std::size_t lanes, std::size_t blocks) {
    __m256i s[8];
    const std::uint8_t* sources[8];
    for (std::size_t lane = 0; lane < 8; ++lane) {
        const auto used = lane < lanes ? lane : 0; // an idle lane does what the first one does
        s[lane] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(states[used]->words));
        sources[lane] = data[used];
    }
    transpose(s);
    rounds(s, sources, blocks);
    transpose(s);
    for (std::size_t lane = 0; lane < lanes; ++lane)
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(states[lane]->words), s[lane]);
}

} // namespace

const Sha256Kernel sha256_avx2{
    .name = "8 lanes of AVX2", .lanes = 8, .lanes_useful = 4, .compress = compress};

} // namespace torgo::crypto

#    undef TORGO_AVX2
#endif
