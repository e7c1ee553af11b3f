// SPDX-License-Identifier: MIT
#include "source/prefetch.hpp"

#include <algorithm>
#include <iterator>

namespace torgo::source {

Prefetch::Prefetch(const WalkOptions& options, Node& root) : m_own(options), m_options(options) {
    root.place = m_nodes.insert(m_nodes.end(), &root);
    const auto count = std::min(options.threads, max_walk_threads);
    for (unsigned i = 0; i < count; ++i)
        m_threads.emplace_back([this] { run(); });
}

Prefetch::~Prefetch() {
    {
        const std::lock_guard lock(m_mutex);
        m_stop = true;
    }
    m_work.notify_all();
}

/// The next piece of work in the order of the visit, marked as taken.
std::optional<Prefetch::Job> Prefetch::claim(const Node* needed) {
    for (Node* const node : m_nodes) {
        if (node->state == Node::State::inspecting && node->next_stretch < node->stretches())
            return Job{node, node->next_stretch++};
        if (node->state != Node::State::waiting) continue;
        const bool room = m_entries < max_entries_ahead && m_directories < max_directories_ahead;
        if (!room && node != needed) return std::nullopt;
        node->state = Node::State::opening;
        ++m_directories;
        return Job{node, std::nullopt};
    }
    return std::nullopt;
}

/// Does one job with the lock released, and what follows from it.
void Prefetch::work(Lister& lister, const Job& job, Lock& lock) {
    auto& node = *job.node;
    if (!job.stretch) return open(lister, node, lock);
    std::vector<Note> notes;
    lock.unlock();
    lister.inspect(node, *job.stretch, notes);
    lock.lock();
    std::ranges::move(notes, std::back_inserter(node.notes));
    if (++node.inspected == node.stretches()) publish(lister, node, lock);
}

void Prefetch::open(Lister& lister, Node& node, Lock& lock) {
    lock.unlock();
    lister.open(node);
    const bool small = node.stretches() <= 1;
    if (small) {
        if (node.stretches() == 1) lister.inspect(node, 0, node.notes);
    }
    lock.lock();
    if (small) return publish(lister, node, lock);
    node.state = Node::State::inspecting;
    if (m_idle > 0) m_work.notify_all();
    m_ready.notify_one();
}

void Prefetch::publish(Lister& lister, Node& node, Lock& lock) {
    lock.unlock();
    lister.finish(node);
    lock.lock();
    for (const auto& child : node.subdirectories)
        child->place = m_nodes.insert(node.place, child.get());
    m_nodes.erase(node.place);
    m_entries += node.directory.children.size();
    node.state = Node::State::ready;
    if (m_idle > 0 && !node.subdirectories.empty()) m_work.notify_all();
    m_ready.notify_one();
}

void Prefetch::await(Node& node) {
    Lock lock(m_mutex);
    while (node.state != Node::State::ready) {
        if (const auto job = claim(&node))
            work(m_own, *job, lock);
        else
            m_ready.wait(lock);
    }
    m_entries -= node.directory.children.size();
    --m_directories;
    if (m_idle > 0) m_work.notify_all();
}

void Prefetch::run() {
    Lister lister(m_options);
    Lock lock(m_mutex);
    while (!m_stop) {
        if (const auto job = claim(nullptr)) {
            work(lister, *job, lock);
        } else {
            ++m_idle;
            m_work.wait(lock);
            --m_idle;
        }
    }
}

} // namespace torgo::source
