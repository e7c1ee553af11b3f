#pragma once

// Private to this module: how fast bodies go between a node and its peers.

#include "base/id.hpp"
#include "env/clock.hpp"
#include "head/token_bucket.hpp"
#include "node/server_limits.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace torgo::node {

/// What one request has to keep to in one direction.
class PaceShare {
public:
    PaceShare(head::TokenBucket& whole, std::shared_ptr<head::TokenBucket> repository)
        : m_whole(whole), m_repository(std::move(repository)) {}

    /// As TokenBucket::piece, and take.
    std::size_t piece(std::size_t most) const;
    std::int64_t take(std::size_t bytes);

private:
    head::TokenBucket& m_whole;
    std::shared_ptr<head::TokenBucket> m_repository; ///< null: no limit of its own
};

/// The limits of a server: of all bodies together, and of those of each repository. Thread-safe.
class Pace {
public:
    Pace(env::Clock& clock, const PaceLimits& limits);

    PaceShare receiving(const std::optional<RepoId>& repository);
    PaceShare sending(const std::optional<RepoId>& repository);

private:
    /// More repositories than a node has: what strangers name is forgotten.
    static constexpr std::size_t repositories_max = 4096;

    struct Buckets {
        std::shared_ptr<head::TokenBucket> receive;
        std::shared_ptr<head::TokenBucket> send;
    };

    Buckets of(const std::optional<RepoId>& repository);

    env::Clock& m_clock;
    PaceLimits m_limits;
    head::TokenBucket m_receive;
    head::TokenBucket m_send;
    std::mutex m_mutex;
    std::map<RepoId, Buckets> m_each; ///< guarded by m_mutex
};

} // namespace torgo::node
