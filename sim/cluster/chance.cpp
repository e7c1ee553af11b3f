#include "sim/cluster/chance.hpp"

#include <sched.h>
#include <unistd.h>

namespace torgo::sim {

std::uint64_t hash_of(std::string_view text, std::uint64_t begin) noexcept {
    for (const char c : text) {
        begin ^= static_cast<std::uint8_t>(c);
        begin *= 0x100000001B3U;
    }
    return begin;
}

Prng Chance::of(std::string_view what, std::uint64_t number) const {
    return Prng(hash_of(what, m_seed * 0x9E3779B97F4A7C15U + number));
}

void use_one_processor() {
    static const bool done = [] {
        cpu_set_t all;
        if (sched_getaffinity(0, sizeof all, &all) != 0) return false;
        auto left = getpid() % CPU_COUNT(&all); // several programs share what there is
        for (std::size_t i = 0; i < CPU_SETSIZE; ++i) {
            if (!CPU_ISSET(i, &all) || left-- != 0) continue;
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(i, &one);
            return sched_setaffinity(0, sizeof one, &one) == 0;
        }
        return false;
    }();
    (void)done; // without it a run is as right, and its trace has another order
}

} // namespace torgo::sim
