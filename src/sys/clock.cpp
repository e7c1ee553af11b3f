#include "sys/clock.hpp"

#include <chrono>
#include <thread>

namespace torgo::sys {

std::int64_t Clock::wall_ns() const {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

std::int64_t Clock::monotonic_ns() const {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

void Clock::sleep_ns(std::int64_t duration) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(duration));
}

} // namespace torgo::sys
