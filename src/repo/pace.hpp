#pragma once

// How fast a heal reads.

#include "base/error.hpp"
#include "env/clock.hpp"
#include "segment/fetcher.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace torgo::repo {

/// Lets so many bytes a second pass, over all threads, and ends waits when it is asked to stop.
class Pace {
public:
    Pace(env::Clock& clock, std::uint64_t bytes_a_second, std::stop_token stop)
        : m_clock(clock), m_rate(bytes_a_second), m_stop(std::move(stop)) {}

    /// Waits until `size` bytes may pass. errors  `cancelled`
    Result<> wait_for(std::size_t size) {
        if (m_stop.stop_requested()) return fail(Errc::cancelled, "stopped");
        if (m_rate == 0) return {};
        std::unique_lock lock(m_mutex);
        const auto now = m_clock.monotonic_ns();
        const auto begin = std::max(m_free_at_ns, now);
        m_free_at_ns = begin + static_cast<std::int64_t>(static_cast<double>(size) * 1e9 /
                                                         static_cast<double>(m_rate));
        (void)m_wake.wait_for(lock, m_stop, std::chrono::nanoseconds(begin - now),
                              [] { return false; });
        if (m_stop.stop_requested()) return fail(Errc::cancelled, "stopped");
        return {};
    }

private:
    env::Clock& m_clock;
    const std::uint64_t m_rate;
    const std::stop_token m_stop;
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::int64_t m_free_at_ns = 0; ///< guarded by m_mutex
};

/// Asks no faster than the pace allows.
class PacedFetcher final : public segment::Fetcher {
public:
    PacedFetcher(std::unique_ptr<segment::Fetcher> inner, Pace& pace)
        : m_inner(std::move(inner)), m_pace(pace) {}

    Ticket ask(unsigned index, std::uint64_t offset, std::size_t size) override {
        if (auto may = m_pace.wait_for(size); !may) m_stopped = std::move(may).error();
        return m_last = m_inner->ask(index, offset, size);
    }

    std::optional<Answer> next() override {
        if (m_stopped) return Answer{.ticket = m_last, .bytes = std::unexpected(*m_stopped)};
        return m_inner->next();
    }

    segment::SegmentMask reluctant() const override { return m_inner->reluctant(); }

private:
    std::unique_ptr<segment::Fetcher> m_inner;
    Pace& m_pace;
    Ticket m_last = 0;
    std::optional<Error> m_stopped;
};

} // namespace torgo::repo
