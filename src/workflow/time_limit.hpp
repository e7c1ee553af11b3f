#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace torgo::workflow {

/// Asks to stop when the caller does, or when the time is over. [RUN-31]
class TimeLimit {
public:
    TimeLimit(std::uint32_t seconds, const std::stop_token& outer)
        : m_outer(outer, [this] { m_source.request_stop(); }),
          m_timer([this, seconds](const std::stop_token& end) {
              std::unique_lock lock(m_mutex);
              const bool ended = m_woken.wait_for(lock, end, std::chrono::seconds(seconds),
                                                  [&] { return end.stop_requested(); });
              if (!ended) m_source.request_stop();
          }) {}

    std::stop_token token() const { return m_source.get_token(); }

private:
    std::stop_source m_source{};
    std::mutex m_mutex{};
    std::condition_variable_any m_woken{};
    std::stop_callback<std::function<void()>> m_outer;
    std::jthread m_timer;
};

} // namespace torgo::workflow
