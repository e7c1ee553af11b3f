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

/// Strangers have one part in so many of what all others have together, and not out of that.
inline constexpr std::uint64_t strangers_part = 16;

/// For whom bodies pass.
struct Payer {
    bool is_stranger = true;               ///< has no right to what it asks for
    std::optional<RepoId> repository = {}; ///< that it has a right to
};

/// The limits of a server: of all bodies together, and of those of each repository; and beside
/// them, of strangers' bodies, which have no effect on either. Thread-safe. source  NODE-14
class Pace {
public:
    Pace(env::Clock& clock, const PaceLimits& limits);

    PaceShare receiving(const Payer& payer);
    PaceShare sending(const Payer& payer);

private:
    struct Buckets {
        std::shared_ptr<head::TokenBucket> receive;
        std::shared_ptr<head::TokenBucket> send;
    };

    Buckets of(const std::optional<RepoId>& repository);

    env::Clock& m_clock;
    PaceLimits m_limits;
    head::TokenBucket m_receive;
    head::TokenBucket m_send;
    head::TokenBucket m_strangers_receive;
    head::TokenBucket m_strangers_send;
    std::mutex m_mutex;
    std::map<RepoId, Buckets> m_each; ///< of repositories that are here; guarded by m_mutex
};

} // namespace torgo::node
