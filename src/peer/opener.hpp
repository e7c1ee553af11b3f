#pragma once

#include "crypto/tls.hpp"
#include "env/clock.hpp"
#include "env/network.hpp"
#include "env/random.hpp"
#include "head/opener.hpp"
#include "peer/invite.hpp"
#include "peer/node_link.hpp"
#include "peer/node_uri.hpp"
#include "peer/tracer.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace torgo::peer {

/// The ways out of this machine, each null where there is none.
struct Networks {
    env::Network* onions = nullptr; ///< leads through Tor and nowhere else
    env::Network* direct = nullptr;
};

/// The one network over which a node may be spoken to that is reached this way: an onion is never
/// asked of the direct one, which would tell who is spoken to, nor the other way round.
/// errors  `unavailable` where this machine lacks it
Result<env::Network*> network_for(const Networks& networks, Address::Way way);

struct OpenerLimits {
    LinkLimits onion = LinkLimits::onion();
    LinkLimits direct = LinkLimits::lan();
};

/// Opens heads on nodes. One link for each node, which all of its heads share and which lives as
/// long as the opener; a head that is cancelled takes it out of use, and the next `open` makes
/// another. Heads are not wrapped: who wants calls repeated puts a RetryHead around.
class NodeOpener final : public head::Opener {
public:
    /// in  the networks, `context` (a client's), `clock` and `random` outlive the opener
    NodeOpener(Networks networks, const crypto::TlsContext& context, env::Clock& clock,
               env::Random& random, const OpenerLimits& limits = {});

    ~NodeOpener() override;

    /// Keeps the secret of an invite for the `create` of a head on its node, and says by which URI:
    /// the invite's first address that this machine has a network for.
    /// errors  `unavailable` where it has none for any; `invalid_argument`
    Result<std::string> add_invite(const Invite& invite);

    /// Which repository is meant on nodes that keep several for this client.
    void use_repository(const RepoId& repository);

    /// While an invite for the node waits and no repository is meant, the head is one that is yet
    /// to be made (`not_a_repository`), whatever else the node keeps for this client.
    Result<std::unique_ptr<head::Head>> open(const std::string& uri) const override;

    /// Joins with the secret of the invite for this node; without one, only a head that has joined
    /// is found. errors  as Opener; `permission` without an invite, those of the node
    Result<std::unique_ptr<head::Head>> create(const std::string& uri,
                                               const head::NewHead& made) const override;

    /// Success when the node keeps nothing of the repository. Otherwise its roots are removed, and
    /// as no request takes an empty repository away from a node, that is `unsupported`.
    /// errors  `exists` when it holds segments
    Result<> discard(const std::string& uri, const RepoId& repository) const override;

    /// The way to the node of this URI, made with the first use. errors  as open
    Result<Exchanger*> way(const std::string& uri) const;

    /// Who takes the receipts of all transfers. Before the first head is opened.
    void trace(NoteReceipt note);

    /// A way to a node that was used and works, as far as this opener knows.
    struct LiveWay {
        std::string uri;
        PeerId node;
        Exchanger* way = nullptr; ///< lives as long as the opener, or until drop_cancelled
        std::uint64_t bytes_up = 0;
        std::uint64_t bytes_down = 0;
        std::uint64_t open = 0; ///< requests that wait
    };

    std::vector<LiveWay> live_ways() const;

    /// Frees the links that were cancelled. No head that was opened over them may be left.
    void drop_cancelled();

    /// How many cancelled links are kept for heads that may still name them.
    std::size_t retired() const;

    /// Ends what any head waits for, and every later call. source  NodeLink::cancel
    void cancel() noexcept;

private:
    struct Way {
        PeerId node;
        std::unique_ptr<NodeLink> link;
        std::unique_ptr<Tracer> tracer; ///< where receipts are taken
    };

    Networks m_networks;
    const crypto::TlsContext& m_context;
    env::Clock& m_clock;
    env::Random& m_random;
    OpenerLimits m_limits;
    mutable std::mutex m_mutex;                       ///< of what follows
    mutable std::map<std::string, Way> m_ways;        ///< by URI
    mutable std::vector<Way> m_retired;               ///< heads may still name them
    mutable std::map<PeerId, InviteSecret> m_secrets; ///< of invites not yet used
    std::optional<RepoId> m_repository;
    NoteReceipt m_note;
    bool m_cancelled = false;
};

} // namespace torgo::peer
