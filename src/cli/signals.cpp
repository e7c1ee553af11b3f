#include "cli/signals.hpp"

#include "base/ensure.hpp"
#include "cli/exit_code.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>

namespace torgo::cli {

namespace {

constexpr std::array watched{SIGINT, SIGTERM, SIGHUP};

// What a signal handler may touch: lock-free atomics only.
std::atomic<int> pipe_write{-1};
std::atomic<int> arrived{0};
std::array<struct sigaction, watched.size()> previous{};

extern "C" void torgo_on_stop_signal(int) {
    const int saved = errno;
    if (arrived.fetch_add(1) > 0) ::_exit(static_cast<int>(ExitCode::interrupted));
    const char byte = 1;
    static_cast<void>(!::write(pipe_write.load(), &byte, 1));
    errno = saved;
}

} // namespace

StopSignals::StopSignals(std::function<void()> on_first) {
    std::array<int, 2> ends{};
    ENSURE(pipe_write.load() == -1);
    ENSURE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    m_pipe_read = ends[0];
    arrived = 0;
    pipe_write = ends[1];
    m_listener = std::jthread([this, on_first = std::move(on_first)] {
        char byte = 0;
        while (::read(m_pipe_read, &byte, 1) < 0 && errno == EINTR) {
        }
        if (byte == 0) return; // the pipe was closed: the work ended first
        on_first();
        m_source.request_stop();
    });
    struct sigaction action{};
    action.sa_handler = torgo_on_stop_signal;
    action.sa_flags = SA_RESTART;
    for (std::size_t i = 0; i < watched.size(); ++i) {
        ::sigaction(watched[i], nullptr, &previous[i]);
        // What the caller wants ignored (nohup) stays ignored.
        if (previous[i].sa_handler != SIG_IGN) ::sigaction(watched[i], &action, nullptr);
    }
}

StopSignals::~StopSignals() {
    for (std::size_t i = 0; i < watched.size(); ++i)
        ::sigaction(watched[i], &previous[i], nullptr);
    ::close(pipe_write.exchange(-1));
    m_listener.join();
    ::close(m_pipe_read);
}

} // namespace torgo::cli
