#include "repo/lane.hpp"

#include <algorithm>

namespace torgo::repo {

namespace {

using namespace std::chrono_literals;

/// As many calls at once as a link has connections (peer/node_link.hpp).
constexpr std::size_t threads_of_distant = 4;
constexpr std::size_t tasks_max = 256; ///< that wait

// An answer is late after this many times the usual, within these bounds. Before the first answer
// nothing is usual.
constexpr int late_factor = 4;
constexpr Lane::Clock::duration late_least = 100ms;
constexpr Lane::Clock::duration late_most = 5s;
constexpr Lane::Clock::duration late_unknown = 900ms;
constexpr int average_of = 8; ///< answers that the average remembers, about

constexpr Lane::Clock::duration rest_of_late = 2s;
constexpr Lane::Clock::duration rest_of_failed = 10s;
constexpr Lane::Clock::duration rest_most = 60s;

} // namespace

Lane::~Lane() {
    {
        const std::lock_guard lock(m_mutex);
        m_tasks.clear();
    }
    for (auto& thread : m_threads)
        thread.request_stop();
    m_wake.notify_all();
}

bool Lane::submit(Task task) {
    {
        const std::lock_guard lock(m_mutex);
        if (m_tasks.size() >= tasks_max) return false;
        m_tasks.push_back(std::move(task));
        const auto wanted = m_running + m_tasks.size();
        const auto most = m_distant ? threads_of_distant : 1;
        if (m_threads.size() < std::min(wanted, most))
            m_threads.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
    m_wake.notify_one();
    return true;
}

void Lane::work(const std::stop_token& stop) {
    std::unique_lock lock(m_mutex);
    while (m_wake.wait(lock, stop, [this] { return !m_tasks.empty(); })) {
        auto task = std::move(m_tasks.front());
        m_tasks.pop_front();
        ++m_running;
        lock.unlock();
        task();
        task = nullptr;
        lock.lock();
        --m_running;
    }
}

bool Lane::busy() const {
    const std::lock_guard lock(m_mutex);
    return m_running + m_tasks.size() != 0;
}

Lane::Clock::duration Lane::patience() const {
    const std::lock_guard lock(m_mutex);
    if (!m_usual) return late_unknown + m_own_wait;
    return std::clamp(*m_usual * late_factor, late_least, late_most) + m_own_wait;
}

bool Lane::rests() const {
    if (!m_distant) return false; // asked for each chunk
    const std::lock_guard lock(m_mutex);
    return Clock::now() < m_rests_until;
}

bool Lane::hangs() const {
    if (!m_distant) return false;
    const std::lock_guard lock(m_mutex);
    return Clock::now() < m_hangs_until;
}

void Lane::note_answer(Clock::duration took) {
    const std::lock_guard lock(m_mutex);
    m_usual = m_usual ? *m_usual + (took - *m_usual) / average_of : took;
    m_rest = {};
    m_rests_until = {};
    m_hangs_until = {};
}

/// With the mutex held.
void Lane::rest(Clock::duration least) {
    m_rest = std::clamp(m_rest * 2, least, rest_most);
    m_rests_until = Clock::now() + m_rest;
}

void Lane::note_late() {
    const std::lock_guard lock(m_mutex);
    if (m_distant) rest(rest_of_late);
}

void Lane::note_failure() {
    const std::lock_guard lock(m_mutex);
    if (!m_distant) return; // a disk that is gone says so at once
    rest(rest_of_failed);
    m_hangs_until = m_rests_until;
}

} // namespace torgo::repo
