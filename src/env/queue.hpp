#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace torgo::env {

/// A bounded queue between threads. `push` waits while it is full, `pop` while it is empty; after
/// `close` push refuses and pop drains what is left, then returns nothing.
///
/// A thread that both pops and pushes must use try_push, or all such threads could wait for room.
template <class T>
class Queue {
public:
    explicit Queue(std::size_t capacity) : m_capacity(capacity) {}

    bool push(T item) {
        std::unique_lock lock(m_mutex);
        m_space.wait(lock, [&] { return m_closed || m_items.size() < m_capacity; });
        if (m_closed) return false;
        m_items.push_back(std::move(item));
        lock.unlock();
        m_ready.notify_one();
        return true;
    }

    /// Pushes when there is room at once; on false `item` is untouched.
    bool try_push(T& item) {
        {
            const std::lock_guard lock(m_mutex);
            if (m_closed || m_items.size() >= m_capacity) return false;
            m_items.push_back(std::move(item));
        }
        m_ready.notify_one();
        return true;
    }

    std::optional<T> pop() {
        std::unique_lock lock(m_mutex);
        m_ready.wait(lock, [&] { return m_closed || !m_items.empty(); });
        if (m_items.empty()) return std::nullopt;
        std::optional<T> item(std::move(m_items.front()));
        m_items.pop_front();
        lock.unlock();
        m_space.notify_one();
        return item;
    }

    void close() {
        {
            const std::lock_guard lock(m_mutex);
            m_closed = true;
        }
        m_ready.notify_all();
        m_space.notify_all();
    }

private:
    std::size_t m_capacity;
    std::mutex m_mutex;
    std::condition_variable m_ready;
    std::condition_variable m_space;
    std::deque<T> m_items;
    bool m_closed = false;
};

} // namespace torgo::env
