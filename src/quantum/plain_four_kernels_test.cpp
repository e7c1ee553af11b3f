#include "quantum/wide_kernel.hpp"

namespace torgo::quantum {

const Kernels& plain_kernels_of_four() {
    static constexpr auto kernels = wide_kernels<4>("plain four");
    return kernels;
}

} // namespace torgo::quantum
