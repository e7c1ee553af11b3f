#pragma once

namespace torgo::crypto {

/// What this processor and its system offer to the fast paths.
struct CpuFeatures {
    bool aes;              ///< AES-NI with SSE 4.1
    bool wide_aes;         ///< VAES on 256-bit registers
    bool sha_instructions; ///< SHA-NI
    bool avx2;
};

const CpuFeatures& cpu_features();

} // namespace torgo::crypto
