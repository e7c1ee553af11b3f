#pragma once

#include "env/clock.hpp"
#include "head/rate_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>

namespace torgo::head {

/// Bounds how many bytes pass in a second, over all who share it. Thread-safe.
class TokenBucket {
public:
    /// What may pass at once after a pause, as a time.
    static constexpr std::int64_t burst_ns = 250'000'000;
    /// Below this a record of TLS would take longer than a link is patient.
    static constexpr std::uint64_t least_rate = 16 * 1024;

    /// in  `rate`, bytes a second; 0 lets everything pass, less than least_rate is least_rate
    TokenBucket(env::Clock& clock, std::uint64_t rate)
        : TokenBucket(clock, RatePlan{.rate = rate, .off_peak = {}, .off_peak_rate = 0}) {}

    TokenBucket(env::Clock& clock, const RatePlan& plan);

    /// Counts bytes, of at most 1 GiB, that pass or have passed; who makes them pass is to wait for
    /// so many nanoseconds.
    std::int64_t take(std::size_t bytes);

    /// How long so many bytes, of at most 1 GiB, take at the rate of now.
    std::int64_t time_of(std::size_t bytes) const;

    /// How many bytes are best moved at once: what passes in an eighth of a second, up to `most`.
    std::size_t piece(std::size_t most) const;

private:
    std::uint64_t rate() const;

    env::Clock& m_clock;
    RatePlan m_plan;
    std::mutex m_mutex;
    std::int64_t m_paid_until_ns; ///< guarded by m_mutex
};

} // namespace torgo::head
