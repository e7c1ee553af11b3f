#pragma once

// A node that stands by for the heads of others: it audits them as their owner ordered, and when
// one is lost it rebuilds it here and says so, without the owner and without a key.
// source  docs/spec/node.md 2, docs/design/repair.md

#include "base/error.hpp"
#include "base/id.hpp"
#include "crypto/sign.hpp"
#include "env/world.hpp"
#include "node/metrics.hpp"
#include "node/store.hpp"
#include "node/tally.hpp"
#include "peer/audit.hpp"
#include "peer/exchange.hpp"
#include "peer/order.hpp"
#include "repo/repository.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace torgo::node {

/// Used by one thread.
class Standby {
public:
    /// What it stands on; all that is borrowed outlives it.
    struct Parts {
        env::World world; ///< clock, random and files
        Store* store = nullptr;
        Metrics* metrics = nullptr;
        PeerId node;                             ///< this node's own
        const crypto::SigningKey* key = nullptr; ///< its ML-DSA-65 key
        std::string folder;                      ///< where tallies are kept; is there
        std::uint64_t bytes_a_second = 0;        ///< of rebuilding, whatever an order allows
        /// The way to the node at a URI.
        std::function<Result<peer::Exchanger*>(const std::string& uri)> reach;
        /// How this node is reached now.
        std::function<std::vector<peer::Address>()> addresses;
        std::function<void(const std::string&)> say;
    };

    explicit Standby(Parts parts) : m_parts(std::move(parts)) {}

    /// Serves every order that is due: audits, rebuilds, announces.
    /// out  nanoseconds after which it is to be called again
    std::int64_t round(const std::stop_token& stop);

    /// The most nanoseconds that `round` asks for, so that new orders are seen.
    static constexpr std::int64_t longest_pause_ns = 10'000'000'000;

private:
    /// One order, as it was found among the roots of the head that is kept for its repository.
    struct Duty {
        std::shared_ptr<Repository> own;
        Digest id;
        peer::Order order;
        std::vector<std::string> heads; ///< their URIs, empty where this node can not get to it
    };

    /// What is known of an order from one round to the next.
    struct Watch {
        Tally tally;
        std::int64_t due_ns = 0;
        std::optional<std::int64_t> audited_ns;
        unsigned stalled = 0;    ///< rounds in a row that could rebuild nothing more
        std::set<unsigned> told; ///< heads that know of the takeover
        std::string said;        ///< the last problem, so that it is said once
    };

    enum class Outcome : std::uint8_t { passed, missed, failed };

    std::vector<Duty> duties() const;
    std::optional<Duty> duty_of(const std::shared_ptr<Repository>& own,
                                const std::string& name) const;
    Watch& watch_of(const Duty& duty);
    void forget_others(const std::vector<Duty>& duties);
    Result<> serve(const Duty& duty, Watch& watch, const std::stop_token& stop);
    Result<> check_still_ordered(const Duty& duty, repo::Repository& others) const;
    std::set<unsigned> taken_over(const Duty& duty, repo::Repository& others) const;
    Result<> audit(const Duty& duty, Watch& watch, repo::Repository& others);
    Result<std::optional<segment::PackInfo>> draw_pack(repo::Repository& others);
    Outcome audit_head(const Duty& duty, unsigned head,
                       const std::optional<segment::PackInfo>& pack);
    Result<> audit_segment(const Duty& duty, unsigned head, const SegmentId& segment,
                           std::uint64_t leaf_count);
    Result<> rebuild(Duty duty, Watch& watch, unsigned head, const std::stop_token& stop);
    Result<> announce(const Duty& duty, unsigned head);
    Result<std::optional<std::string>> announced(const Duty& duty) const;
    Result<> tell(const Duty& duty, Watch& watch, const std::string& name) const;
    std::string tally_path(const Digest& id) const { return m_parts.folder + "/" + id.hex(); }
    std::uint64_t draw(std::uint64_t below) const;
    std::int64_t jittered(std::uint32_t seconds);
    std::int64_t now() const;

    Parts m_parts;
    std::map<Digest, Watch> m_watches;
};

} // namespace torgo::node
