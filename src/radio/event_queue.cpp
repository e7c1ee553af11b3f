#include "radio/event_queue.hpp"

#include "base/ensure.hpp"

#include <algorithm>

namespace torgo::radio {

EventQueue::EventQueue() = default;

std::uint32_t EventQueue::take_slot(const Event& event) {
    if (m_free == none) {
        m_events.push_back(event);
        m_next.push_back(none);
        return static_cast<std::uint32_t>(m_events.size() - 1);
    }
    const auto slot = m_free;
    m_free = m_next[slot];
    m_events[slot] = event;
    return slot;
}

void EventQueue::reserve(std::size_t events) {
    m_events.reserve(events);
    m_next.reserve(events);
}

void EventQueue::push(const Event& event) {
    ++m_size;
    if (event.time >> bucket_shift < m_loaded) { // its bucket is being worked through
        drop_gone();
        const auto from = m_ready.begin() + static_cast<std::ptrdiff_t>(m_at);
        m_ready.insert(std::upper_bound(from, m_ready.end(), event), event);
        return;
    }
    place(take_slot(event));
}

/// A bucket may be worked through for long, where events come before those that it began with: a
/// shard looks ahead, and another one sends it something earlier.
void EventQueue::drop_gone() {
    if (m_at < gone_most || 2 * m_at < m_ready.size()) return;
    m_ready.erase(m_ready.begin(), m_ready.begin() + static_cast<std::ptrdiff_t>(m_at));
    m_at = 0;
}

void EventQueue::place(std::uint32_t slot) {
    const auto time = m_events[slot].time;
    const auto epoch = time >> epoch_shift;
    if (epoch == m_epoch)
        link(m_near, time >> bucket_shift & (near_count - 1), slot);
    else if (epoch - m_epoch < far_count)
        link(m_far, epoch % far_count, slot);
    else {
        m_next[slot] = m_later;
        m_later = slot;
    }
}

/// Makes m_ready hold the earliest events; false when there are none.
bool EventQueue::load() {
    while (m_size != 0) {
        const auto first = m_loaded >> near_bits == m_epoch  ? m_loaded & (near_count - 1)
                           : m_loaded >> near_bits > m_epoch ? near_count
                                                             : 0;
        const auto bucket = first < near_count ? m_near.find(first) : near_count;
        if (bucket < near_count) {
            load_bucket(bucket);
            return true;
        }
        if (!next_epoch()) return false;
    }
    return false;
}

void EventQueue::load_bucket(std::size_t bucket) {
    if (m_ready.capacity() > ready_kept)
        m_ready = std::vector<Event>(); // at the start every node is in one bucket
    m_ready.clear();
    m_at = 0;
    for (auto slot = unlink(m_near, bucket); slot != none;) {
        m_ready.push_back(m_events[slot]);
        const auto next = m_next[slot];
        m_next[slot] = m_free;
        m_free = slot;
        slot = next;
    }
    std::sort(m_ready.begin(), m_ready.end());
    m_loaded = (m_epoch << near_bits) + bucket + 1;
}

/// Goes to the next epoch in which something happens and spreads its events over the near ring.
bool EventQueue::next_epoch() {
    auto at = m_far.find((m_epoch + 1) % far_count);
    if (at == far_count) at = m_far.find(0);
    std::uint64_t to = never;
    if (at != far_count)
        to = m_epoch + 1 + (at + far_count - (m_epoch + 1) % far_count) % far_count;
    for (auto slot = m_later; slot != none; slot = m_next[slot])
        to = std::min(to, m_events[slot].time >> epoch_shift);
    if (to == never) return false;
    m_epoch = to;
    m_loaded = m_epoch << near_bits;
    auto slot = unlink(m_far, m_epoch % far_count);
    auto later = m_later;
    m_later = none;
    for (auto* chain : {&slot, &later})
        while (*chain != none) {
            const auto next = m_next[*chain];
            place(*chain);
            *chain = next;
        }
    return true;
}

Time EventQueue::next_time() {
    if (m_at == m_ready.size() && !load()) return never;
    return m_ready[m_at].time;
}

Event EventQueue::pop() {
    const auto there = next_time() != never;
    ENSURE(there);
    --m_size;
    return m_ready[m_at++];
}

std::size_t EventQueue::memory() const {
    return m_events.capacity() * sizeof(Event) + m_next.capacity() * sizeof(std::uint32_t) +
           m_ready.capacity() * sizeof(Event) + (near_count + far_count) * sizeof(std::uint32_t) +
           sizeof *this;
}

} // namespace torgo::radio
