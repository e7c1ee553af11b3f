// Compiled for AVX2 with FMA; run only where the processor has both.
#include "quantum/wide_kernel.hpp"

#ifdef __x86_64__

namespace torgo::quantum {

const Kernels& avx2_kernels() noexcept {
    static constexpr auto kernels = wide_kernels<2>("avx2");
    return kernels;
}

} // namespace torgo::quantum

#endif
