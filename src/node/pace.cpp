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

namespace {

/// The strangers' part of a plan; where nothing is limited, nothing is.
head::RatePlan part_of(head::RatePlan plan) {
    const auto part = [](std::uint64_t rate) {
        return rate == 0 ? 0 : std::max(rate / strangers_part, head::TokenBucket::least_rate);
    };
    plan.rate = part(plan.rate);
    plan.off_peak_rate = part(plan.off_peak_rate);
    return plan;
}

} // namespace

Pace::Pace(env::Clock& clock, const PaceLimits& limits)
    : m_clock(clock),
      m_limits(limits),
      m_receive(clock, limits.receive),
      m_send(clock, limits.send),
      m_strangers_receive(clock, part_of(limits.receive)),
      m_strangers_send(clock, part_of(limits.send)) {}

PaceShare Pace::receiving(const Payer& payer) {
    if (payer.is_stranger) return {m_strangers_receive, nullptr};
    return {m_receive, of(payer.repository).receive};
}

PaceShare Pace::sending(const Payer& payer) {
    if (payer.is_stranger) return {m_strangers_send, nullptr};
    return {m_send, of(payer.repository).send};
}

Pace::Buckets Pace::of(const std::optional<RepoId>& repository) {
    if (!repository || !m_limits.each_repository.limits()) return {};
    const std::lock_guard lock(m_mutex);
    auto& buckets = m_each[*repository];
    if (!buckets.receive) {
        buckets.receive = std::make_shared<head::TokenBucket>(m_clock, m_limits.each_repository);
        buckets.send = std::make_shared<head::TokenBucket>(m_clock, m_limits.each_repository);
    }
    return buckets;
}

} // namespace torgo::node
