#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "env/clock.hpp"
#include "head/head.hpp"
#include "node/record.hpp"
#include "peer/rights.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <set>

namespace torgo::node {

inline constexpr std::size_t max_rights_roots = 4096;       ///< of capabilities, of revocations
inline constexpr std::size_t max_uncounted_root = 8 * 1024; ///< PEER-11
inline constexpr std::size_t max_orders = 256;
inline constexpr std::size_t max_takeovers = 64;

/// Who may do what with one repository, from the capabilities and revocations among its roots, read
/// once and again after forget(). Thread-safe.
class RightsTable {
public:
    /// `clock` says when a capability has ended (PEER-47); null: none does
    RightsTable(head::Head& head, const RepositoryRecord& record, env::Clock* clock)
        : m_head(head), m_record(record), m_clock(clock) {}

    /// errors  those of reading the roots: while they can not be read nobody is refused for good
    /// cost    the first call reads and verifies all of them, 0.2 ms each
    Result<peer::Rights> of(const PeerId& client);

    /// Whether a root `lock-…` is there. Looks each time, as the person at the node may release one
    /// meanwhile. errors  as `of`
    Result<bool> locked() const;

    /// To be called after such a root was put or removed.
    void forget();

private:
    struct Given {
        std::uint8_t bits = 0;
        std::int64_t not_after_ns = 0; ///< 0: never ends
    };

    struct Known {
        std::multimap<PeerId, Given> given;
        std::set<PeerId> revoked;
    };

    Result<const Known*> load();
    Result<> load_capabilities(Known& known) const;
    Result<> load_revocations(Known& known) const;

    head::Head& m_head;
    const RepositoryRecord& m_record;
    env::Clock* m_clock;
    std::mutex m_mutex;
    std::optional<Known> m_known; ///< guarded by m_mutex
};

/// Whether a root that says who may do what may be put under its name; true for any other root.
/// errors  `corrupt`, `authentication`, `limit_exceeded`, `unsupported`. source  PEER-20
Result<> check_rights_root(const RepositoryRecord& record, std::string_view name, ByteView content);

/// How many roots there may be whose names begin as this one; 0: as many as there is room for.
std::size_t max_roots_of(std::string_view name) noexcept;

/// True for a revocation or lock that is no longer than any record: no quota counts it, so that who
/// fills a repository keeps nobody from taking his rights (PEER-11).
bool is_uncounted_root(std::string_view name, std::uint64_t size) noexcept;

/// True for the roots of which a RightsTable tells.
bool is_rights_root(std::string_view name) noexcept;

} // namespace torgo::node
