#include "node/pace.hpp"

#include <algorithm>

namespace torgo::node {

std::size_t PaceShare::piece(std::size_t most) const {
    const auto of_whole = m_whole.piece(most);
    return m_repository ? m_repository->piece(of_whole) : of_whole;
}

std::int64_t PaceShare::take(std::size_t bytes) {
    const auto of_whole = m_whole.take(bytes);
    return m_repository ? std::max(of_whole, m_repository->take(bytes)) : of_whole;
}

Pace::Pace(env::Clock& clock, const PaceLimits& limits)
    : m_clock(clock),
      m_limits(limits),
      m_receive(clock, limits.receive),
      m_send(clock, limits.send) {}

PaceShare Pace::receiving(const std::optional<RepoId>& repository) {
    return {m_receive, of(repository).receive};
}

PaceShare Pace::sending(const std::optional<RepoId>& repository) {
    return {m_send, of(repository).send};
}

Pace::Buckets Pace::of(const std::optional<RepoId>& repository) {
    if (!repository || !m_limits.each_repository.limits()) return {};
    const std::lock_guard lock(m_mutex);
    if (m_each.size() >= repositories_max && !m_each.contains(*repository)) m_each.clear();
    auto& buckets = m_each[*repository];
    if (!buckets.receive) {
        buckets.receive = std::make_shared<head::TokenBucket>(m_clock, m_limits.each_repository);
        buckets.send = std::make_shared<head::TokenBucket>(m_clock, m_limits.each_repository);
    }
    return buckets;
}

} // namespace torgo::node
