#include "quantum/wide_kernel.hpp"

namespace torgo::quantum {

const Kernels& base_kernels() noexcept {
    static constexpr auto kernels = wide_kernels<1>("base");
    return kernels;
}

} // namespace torgo::quantum
