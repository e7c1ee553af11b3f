// Compiled for AVX-512 (F, DQ, VL) with FMA; run only where the processor has them.
#include "quantum/wide_kernel.hpp"

#ifdef __x86_64__

namespace torgo::quantum {

const Kernels& avx512_kernels() noexcept {
    static constexpr auto kernels = wide_kernels<4>("avx512");
    return kernels;
}

} // namespace torgo::quantum

#endif
