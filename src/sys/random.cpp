#include "sys/random.hpp"

#include "base/ensure.hpp"

#include <sys/random.h>

#include <cerrno>

namespace torgo::sys {

void Random::fill(ByteSpan out) {
    while (!out.empty()) {
        const auto got = ::getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        ENSURE(got > 0); // getrandom(2) has no other failure for a valid buffer
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

} // namespace torgo::sys
