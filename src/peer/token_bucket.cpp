// Not a level of tokens but the time at which all that was taken is paid for: one number, which
// never has to be filled up.
#include "peer/token_bucket.hpp"

#include "base/bytes.hpp"
#include "base/ensure.hpp"

#include <algorithm>

namespace torgo::peer {

namespace {
constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t pieces_per_s = 8;
} // namespace

TokenBucket::TokenBucket(env::Clock& clock, std::uint64_t rate)
    : m_clock(clock),
      m_rate(rate == 0 ? 0 : std::max(rate, least_rate)),
      m_paid_until_ns(clock.monotonic_ns() - burst_ns) {}

std::int64_t TokenBucket::take(std::size_t bytes) {
    if (m_rate == 0) return 0;
    ENSURE(bytes <= 1_GiB); // so that the product fits
    const auto cost_ns = static_cast<std::int64_t>(bytes * second_ns / m_rate);
    const std::lock_guard lock(m_mutex);
    const auto now = m_clock.monotonic_ns();
    m_paid_until_ns = std::max(m_paid_until_ns, now - burst_ns) + cost_ns;
    return std::max<std::int64_t>(0, m_paid_until_ns - now);
}

std::size_t TokenBucket::piece(std::size_t most) const noexcept {
    if (m_rate == 0) return most;
    return static_cast<std::size_t>(std::min<std::uint64_t>(most, m_rate / pieces_per_s));
}

} // namespace torgo::peer
