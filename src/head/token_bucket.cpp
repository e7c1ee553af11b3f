// Not a level of tokens but the time at which all that was taken is paid for: one number, which
// never has to be filled up.
#include "head/token_bucket.hpp"

#include "base/bytes.hpp"
#include "base/ensure.hpp"

#include <algorithm>

namespace torgo::head {

namespace {
constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t pieces_per_s = 8;
} // namespace

TokenBucket::TokenBucket(env::Clock& clock, const RatePlan& plan)
    : m_clock(clock), m_plan(plan), m_paid_until_ns(clock.monotonic_ns() - burst_ns) {}

std::uint64_t TokenBucket::rate() const {
    const auto planned = m_plan.limits() ? m_plan.at(m_clock.wall_ns()) : 0;
    return planned == 0 ? 0 : std::max(planned, least_rate);
}

std::int64_t TokenBucket::take(std::size_t bytes) {
    const auto cost_ns = time_of(bytes);
    if (cost_ns == 0) return 0;
    const std::lock_guard lock(m_mutex);
    const auto now = m_clock.monotonic_ns();
    m_paid_until_ns = std::max(m_paid_until_ns, now - burst_ns) + cost_ns;
    return std::max<std::int64_t>(0, m_paid_until_ns - now);
}

std::int64_t TokenBucket::time_of(std::size_t bytes) const {
    ENSURE(bytes <= 1_GiB); // so that the product fits
    const auto rate_now = rate();
    return rate_now == 0 ? 0 : static_cast<std::int64_t>(bytes * second_ns / rate_now);
}

std::size_t TokenBucket::piece(std::size_t most) const {
    const auto rate_now = rate();
    if (rate_now == 0) return most;
    return static_cast<std::size_t>(std::min<std::uint64_t>(most, rate_now / pieces_per_s));
}

} // namespace torgo::head
