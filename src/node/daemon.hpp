#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "env/network.hpp"
#include "env/world.hpp"
#include "node/repository.hpp"
#include "node/server_limits.hpp"
#include "peer/invite.hpp"
#include "tor/service.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace torgo::node {

/// The port of a node, at its onion address and elsewhere.
inline constexpr std::uint16_t default_port = 7443;
inline constexpr std::uint16_t default_metrics_port = 9090;

struct DaemonOptions {
    std::string folder;                   ///< absolute; made when it is not there
    std::vector<env::Endpoint> listen;    ///< addresses of this machine; port 0 picks a free one
    std::optional<env::Endpoint> metrics; ///< a port of a loopback address
    bool onion = true;                    ///< whether to be an onion service
    std::vector<std::string> torrc_lines; ///< more configuration of tor
    std::uint64_t scrub_bytes_a_second = 10'000'000; ///< 0: no scrubbing
    std::uint32_t keep_days = 0; ///< what is deleted is kept so long; 0: it is not any more
    PaceLimits pace = {};
    /// Of heads that are rebuilt here as their owners ordered; 0: no order is followed.
    std::uint64_t repair_bytes_a_second = 1'000'000;
};

/// What a daemon has to say while it runs, for people.
using Say = std::function<void(const std::string&)>;

/// One node: its folder, its listeners, its tor, its scrubbing, and what it does as a standby
/// (docs/spec/node.md).
class Daemon {
public:
    /// Opens the folder, takes connections on `listen`, begins to announce the onion service.
    /// errors  `exists` when another daemon serves the folder; `corrupt` for a damaged identity;
    ///         `not_found` when there is no tor to start; those of the disk and of listening
    static Result<std::unique_ptr<Daemon>> start(const env::World& world, DaemonOptions options,
                                                 Say say);

    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    Daemon(Daemon&&) = delete;
    Daemon& operator=(Daemon&&) = delete;

    /// As stop.
    ~Daemon();

    const PeerId& id() const;

    /// Where it listens now, with real ports.
    std::vector<env::Endpoint> endpoints() const;

    tor::Status tor_status() const;

    /// Serves until asked to stop, then finishes the requests in progress.
    void run(const std::stop_token& stop);

private:
    struct State;
    explicit Daemon(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

/// How the node in this folder is reached, as its daemon wrote it down last.
/// errors  `not_found` when no daemon has served the folder yet
Result<std::vector<peer::Address>> known_addresses(env::FileSystem& files,
                                                   const std::string& folder);

/// A new invite of the node in this folder, whether or not its daemon runs.
/// errors  as known_addresses; those of Store::add_invite
Result<peer::Invite> make_invite(const env::World& world, const std::string& folder,
                                 std::uint64_t quota, const std::string& label);

/// A retention lock of a repository on a node.
struct HeldLock {
    RepoId repository;
    std::string name; ///< of its root
    peer::Lock lock;
};

struct HeldLocks {
    struct Unknown {
        RepoId repository;
        Error error;
    };

    std::vector<HeldLock> locks;
    std::vector<Unknown> unknown; ///< repositories whose locks can not be listed
};

/// The retention locks at the node in this folder, whether or not its daemon runs. errors  those of
/// opening the folder; one repository that can not be read hides no other
Result<HeldLocks> held_locks(const env::World& world, const std::string& folder);

/// Takes one away, whether or not the daemon runs. (PEER-22)
Result<> release_lock(const env::World& world, const std::string& folder, const HeldLock& lock);

/// As Repository::retrieve. errors  `exists` while a daemon serves the folder; `not_found`
Result<Repository::Retrieved> retrieve(const env::World& world, const std::string& folder,
                                       const RepoId& repository);

} // namespace torgo::node
