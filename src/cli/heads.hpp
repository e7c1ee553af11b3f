#pragma once

#include "cli/onion_way.hpp"
#include "cli/rates.hpp"
#include "crypto/tls.hpp"
#include "env/world.hpp"
#include "head/opener.hpp"
#include "head/spool.hpp"
#include "head/token_bucket.hpp"
#include "peer/ledger_book.hpp"
#include "peer/opener.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace torgo::cli {

/// Heads of every kind that this program knows: folders, nodes reached straight or through Tor, and
/// groups of both.
/// Nothing of the network is touched, and no identity made, before the first head on a node.
class Heads final : public head::Opener {
public:
    struct Settings {
        std::string identity; ///< file with this machine's identity towards nodes
        std::string state;    ///< folder under which each repository's receipts are kept
        TorSettings tor;
        Rates rates; ///< of all heads together
    };

    Heads(const env::World& world, Settings settings, Output& out, std::stop_token stop);

    Heads(const Heads&) = delete;
    Heads& operator=(const Heads&) = delete;
    Heads(Heads&&) = delete;
    Heads& operator=(Heads&&) = delete;

    /// Writes the receipts that wait.
    ~Heads() override;

    Result<std::unique_ptr<head::Head>> open(const std::string& uri) const override;
    Result<std::unique_ptr<head::Head>> create(const std::string& uri,
                                               const head::NewHead& made) const override;
    Result<> discard(const std::string& uri, const RepoId& repository) const override;

    std::stop_token stop_token() const override { return m_stop; }

    /// The one spelling of a head as a user writes it, but for relative paths; an invite is kept
    /// for the creation of the head, and becomes the URI of its node.
    /// errors  `invalid_argument`, `unsupported`
    Result<std::string> canonical(const std::string& text) const;

    /// To nodes we are from now on who the recovery kit says. Before the first head is opened.
    Result<> use_kit(const crypto::SecretBytes& kit) const;

    /// Who this machine is to nodes.
    Result<PeerId> own_id() const;

    /// The way to the node of this URI, for what no head can be asked. errors  as open
    Result<peer::Exchanger*> node(const std::string& uri) const;

    /// What this machine has noted of its transfers with nodes, and who it is to them.
    struct OwnLedger {
        peer::Ledger& ledger;
        PeerId author;
    };

    Result<OwnLedger> own_ledger(const RepoId& repository) const;

    /// What went to each head that was opened, and came from it: for nodes what passed on the wire.
    struct Traffic {
        std::string uri;
        std::uint64_t up = 0;
        std::uint64_t down = 0;
        std::uint64_t open = 0; ///< requests to a node that wait for it
    };

    std::vector<Traffic> traffic() const;

    /// Onion services are reached by this tor, where nobody has said otherwise (OnionWay).
    void suggest_tor(const env::Endpoint& socks) const { m_onions.suggest(socks); }

    /// Of the tor that this process runs; none where it runs none.
    tor::Circuits::Count circuits() const { return m_onions.circuits(); }

    /// Ends what any head on a node waits for, now and from now on.
    void cancel() const noexcept;

    /// Leaves this machine's receipts with the nodes that were spoken to, as far as that is done in
    /// three seconds; warns of what they refuse. No head may be in use. (CLI-33)
    void leave_receipts() const;

    /// Which repository is meant on nodes.
    void use_repository(const RepoId& repository) const;

    /// From now on heads are opened together with what waits for them there. `uris`: the
    /// repository's heads in their order. Nothing: they are opened alone again.
    void use_spool(std::shared_ptr<head::Spool> spool, std::vector<std::string> uris) const;

private:
    /// What passed folders; the heads may outlive their opener's caller, so it is shared.
    struct Counts {
        std::mutex mutex;
        std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> by_uri; ///< up, down
    };

    Result<peer::NodeOpener*> nodes() const;
    Result<std::unique_ptr<head::Head>> open_alone(const std::string& uri) const;
    peer::OpenerLimits link_limits() const;
    std::unique_ptr<head::Head> tried_again(std::unique_ptr<head::Head> node) const;
    Result<std::unique_ptr<head::Head>> limited(Result<std::unique_ptr<head::Head>> folder) const;
    Result<> be(const crypto::TlsIdentity& identity, crypto::SigningKey key) const;
    Result<crypto::TlsIdentity> own_identity() const;

    env::World m_world;
    Settings m_settings;
    Output& m_out;
    std::shared_ptr<head::TokenBucket> m_upload;   ///< null: no limit
    std::shared_ptr<head::TokenBucket> m_download; ///< null: no limit
    head::DirOpener m_folders;
    std::stop_token m_stop;
    mutable OnionWay m_onions;
    std::shared_ptr<Counts> m_counts; ///< of folders
    mutable std::mutex m_mutex;       ///< of what follows
    mutable std::optional<crypto::TlsContext> m_context;
    mutable std::optional<crypto::SigningKey> m_key;
    mutable PeerId m_author;
    mutable std::optional<peer::LedgerBook> m_ledgers; ///< outlives the links that write in it
    mutable std::unique_ptr<peer::NodeOpener> m_nodes;
    mutable std::optional<RepoId> m_repository;
    mutable std::optional<crypto::TlsIdentity> m_kit;
    mutable std::optional<crypto::SigningKey> m_kit_key;
    mutable std::shared_ptr<head::Spool> m_spool; ///< outlives the heads opened with it
    mutable std::vector<std::string> m_spool_uris;
};

/// True for a URI or invite that names a node.
bool names_node(std::string_view head);

/// The same, and for a group that has a node among its members.
bool lies_on_nodes(std::string_view uri);

} // namespace torgo::cli
