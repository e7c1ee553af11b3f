#include "sim/clock.hpp"

#include <algorithm>

namespace torgo::sim {

std::int64_t Clock::wall_ns() const {
    const std::lock_guard lock(m_mutex);
    return m_wall_offset + m_now;
}

std::int64_t Clock::monotonic_ns() const {
    const std::lock_guard lock(m_mutex);
    return m_now;
}

void Clock::sleep_ns(std::int64_t duration) {
    const std::lock_guard lock(m_mutex);
    m_now += std::max<std::int64_t>(duration, 0);
    m_slept += std::max<std::int64_t>(duration, 0);
}

void Clock::advance_ns(std::int64_t duration) {
    const std::lock_guard lock(m_mutex);
    m_now += std::max<std::int64_t>(duration, 0);
}

void Clock::step_wall_ns(std::int64_t change) {
    const std::lock_guard lock(m_mutex);
    m_wall_offset += change;
}

std::int64_t Clock::slept_ns() const {
    const std::lock_guard lock(m_mutex);
    return m_slept;
}

} // namespace torgo::sim
