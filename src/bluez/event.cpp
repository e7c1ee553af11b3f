#include "bluez/event.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace torgo::bluez {

namespace {

/// Daemons that come and go while nobody looks.
constexpr std::size_t notices_max = 16;

} // namespace

// [BLUEZ-3]
void EventQueue::push(Event event) {
    {
        const std::lock_guard lock(m_mutex);
        if (m_closed || m_events.size() >= m_capacity) {
            ++m_lost;
            return;
        }
        m_events.push_back(std::move(event));
    }
    m_ready.notify_one();
}

void EventQueue::push_always(Event event) {
    {
        const std::lock_guard lock(m_mutex);
        if (m_closed || m_events.size() >= m_capacity + notices_max) {
            ++m_lost;
            return;
        }
        m_events.push_back(std::move(event));
    }
    m_ready.notify_one();
}

Result<Event> EventQueue::pop(env::Deadline deadline) {
    std::unique_lock lock(m_mutex);
    const auto left = std::max<std::int64_t>(deadline - m_clock->monotonic_ns(), 0);
    m_ready.wait_for(lock, std::chrono::nanoseconds(left),
                     [&] { return m_closed || !m_events.empty(); });
    if (!m_events.empty()) {
        Event event = std::move(m_events.front());
        m_events.pop_front();
        return event;
    }
    if (m_closed) return fail(Errc::cancelled, "no more events: the client was closed");
    return fail(Errc::timeout, "nothing was heard in time");
}

std::uint64_t EventQueue::lost() const {
    const std::lock_guard lock(m_mutex);
    return m_lost;
}

void EventQueue::close() {
    {
        const std::lock_guard lock(m_mutex);
        m_closed = true;
    }
    m_ready.notify_all();
}

} // namespace torgo::bluez
