#include "crypto/cpu.hpp"

namespace torgo::crypto {

namespace {
CpuFeatures detect() {
#ifdef __x86_64__
    const bool avx2 = __builtin_cpu_supports("avx2") != 0;
    const bool aes = __builtin_cpu_supports("aes") != 0;
    const bool sse4 = __builtin_cpu_supports("sse4.1") != 0;
    return {.aes = aes && sse4,
            .wide_aes = avx2 && aes && __builtin_cpu_supports("vaes") != 0,
            .sha_instructions = sse4 && __builtin_cpu_supports("sha") != 0,
            .avx2 = avx2};
#else
    return {.aes = false, .wide_aes = false, .sha_instructions = false, .avx2 = false};
#endif
}
} // namespace

const CpuFeatures& cpu_features() {
    static const CpuFeatures features = detect();
    return features;
}

} // namespace torgo::crypto
