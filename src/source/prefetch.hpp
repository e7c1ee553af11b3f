// SPDX-License-Identifier: MIT
// Threads that list directories ahead of the visitor, the soonest visited first.
#pragma once

#include "source/list.hpp"

#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace torgo::source {

/// The caller's thread asks for the nodes in the order of the visit; it works as one more thread
/// while it waits. Nodes must stay where they are until they were awaited.
class Prefetch {
public:
    Prefetch(const WalkOptions& options, Node& root);
    Prefetch(const Prefetch&) = delete;
    Prefetch& operator=(const Prefetch&) = delete;
    Prefetch(Prefetch&&) = delete;
    Prefetch& operator=(Prefetch&&) = delete;
    ~Prefetch();

    /// Returns when `node` is ready. Each node once; a node's parent before it.
    void await(Node& node);

private:
    using Lock = std::unique_lock<std::mutex>;

    struct Job {
        Node* node;
        std::optional<std::size_t> stretch; ///< nothing: the node is still to be opened
    };

    std::optional<Job> claim(const Node* needed);
    void work(Lister& lister, const Job& job, Lock& lock);
    void open(Lister& lister, Node& node, Lock& lock);
    void publish(Lister& lister, Node& node, Lock& lock);
    void run();

    Lister m_own; ///< of the caller's thread
    const WalkOptions& m_options;
    std::mutex m_mutex;
    std::condition_variable m_work;
    std::condition_variable m_ready;
    /// What is not ready, in the order of the visit: where a ready node stood its subdirectories
    /// stand. So the first waiting node is always the soonest needed, and at most one node for each
    /// thread stands before it.
    std::list<Node*> m_nodes;
    std::size_t m_entries = 0;     ///< of nodes ready and not awaited
    std::size_t m_directories = 0; ///< begun and not awaited
    std::size_t m_idle = 0;
    bool m_stop = false;
    std::vector<std::jthread> m_threads;
};

} // namespace torgo::source
