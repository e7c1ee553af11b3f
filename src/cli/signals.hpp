#pragma once

#include <functional>
#include <stop_token>
#include <thread>

namespace torgo::cli {

/// Turns Ctrl-C, SIGTERM and SIGHUP into a request to stop: the first one stops cleanly, the second
/// one kills. One at a time in a process.
class StopSignals {
public:
    /// `on_first` is told when the first signal has come, on a thread of this object.
    explicit StopSignals(std::function<void()> on_first);
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
    StopSignals(StopSignals&&) = delete;
    StopSignals& operator=(StopSignals&&) = delete;

    /// Puts back what was there before.
    ~StopSignals();

    std::stop_token token() const noexcept { return m_source.get_token(); }

private:
    std::stop_source m_source;
    int m_pipe_read = -1;
    std::jthread m_listener;
};

} // namespace torgo::cli
