#include "base/ensure.hpp"

#include <cstdio>
#include <cstdlib>

namespace torgo {

void ensure_failed(const char* condition, std::source_location where) noexcept {
    // NOLINTNEXTLINE(cert-err33-c): the process ends on the next line whatever this returns
    std::fprintf(stderr, "torgo: broken invariant: %s (%s:%u)\n", condition, where.file_name(),
                 static_cast<unsigned>(where.line()));
    std::abort();
}

} // namespace torgo
