#pragma once

#include "base/id.hpp"
#include "env/clock.hpp"
#include "node/exchange.hpp"
#include "node/metrics.hpp"
#include "node/receipts.hpp"
#include "node/store.hpp"
#include "peer/exchange.hpp"
#include "peer/targets.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace torgo::node {

/// What a node does with requests: rights, quotas, names and bodies, without any link. Thread-safe;
/// store and clock outlive it.
/// source  docs/spec/peer-protocol.md
class Service {
public:
    struct Settings {
        PeerId node; ///< this node's own
        /// Off only where what is stored are not segments of packs, as in tests of heads, which
        /// name what they store freely.
        bool verify_names = true;
        /// The node's ML-DSA-65 key, which signs receipts; null: none are kept.
        const crypto::SigningKey* signer = nullptr;
    };

    /// in  the signer outlives the service
    Service(Store& store, env::Clock& clock, Settings settings);

    /// Begins to serve a request of the client at the other end of the link. What can be refused
    /// without the body is answered() at once.
    std::unique_ptr<Exchange> begin(const peer::Request& request, const PeerId& client);

    /// Whether a client has any right: to this repository, or, where none is named, to any. What
    /// can not be read gives nobody one. cost  where none is named, a look at each repository
    bool knows(const PeerId& client, const std::optional<RepoId>& repository) const;

    /// Verifies some of what is stored, as Store::scrub_next, and counts it.
    Result<Store::ScrubReport> scrub_next(std::uint64_t max_bytes);

    /// Where what the node does besides is counted.
    Metrics& counts() { return m_metrics; }

    /// Null where none are kept.
    Receipts* receipts() { return m_receipts ? &*m_receipts : nullptr; }

    /// The node's metrics for Prometheus.
    std::string metrics() const;

    /// For the metrics: what the node's tor has of them.
    void note_circuits(std::size_t built, std::size_t building) {
        m_metrics.circuits(built, building);
    }

private:
    class Counted;
    struct Noting;

    using Begun = Result<std::unique_ptr<Exchange>>;

    /// What a request is about, once its target is known to be one.
    struct Call {
        const peer::Request& request;
        peer::Target target;
        PeerId client;
        std::shared_ptr<Repository> repository;
        peer::Rights rights;
    };

    std::unique_ptr<Exchange> dispatch(const peer::Request& request, const PeerId& client,
                                       Noting& noting);
    Result<> admit(Call& call) const;
    static Repository::Asker asker_of(const Call& call);
    Begun serve(const Call& call);
    Begun serve_node(const Call& call);
    Begun list_repositories(const PeerId& client);
    Begun serve_segment(const Call& call);
    Begun serve_root(const Call& call);
    Begun serve_receipts(const Call& call);
    Begun put_segment(const Call& call) const;
    Begun get_segment(const Call& call);

    Store& m_store;
    env::Clock& m_clock;
    Settings m_settings;
    Metrics m_metrics;
    std::optional<Receipts> m_receipts;
};

} // namespace torgo::node
