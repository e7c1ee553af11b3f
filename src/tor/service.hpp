#pragma once

// Tor as a node needs it: a way out to onion services, and perhaps an onion service of its own.

#include "crypto/secret.hpp"
#include "env/network.hpp"
#include "env/processes.hpp"
#include "env/world.hpp"
#include "tor/circuits.hpp"
#include "tor/control.hpp"
#include "tor/onion_address.hpp"
#include "tor/own_tor.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

namespace torgo::tor {

/// In this order; back to `down` from each.
enum class State : std::uint8_t {
    down,          ///< no tor, or its control connection is gone
    connecting,    ///< it is being started and asked
    bootstrapping, ///< it learns the network
    ready,         ///< ways out work
    publishing,    ///< the service is being announced
    published,     ///< others can find it
};

std::string_view name(State state) noexcept;

struct Status {
    State state = State::down;
    unsigned percent = 0;                ///< of the bootstrap
    std::string note;                    ///< tor's last word on the bootstrap, or why it is down
    std::optional<OnionAddress> address; ///< once the service is made; announce it when published

    bool operator==(const Status&) const = default;
};

/// A tor that somebody else runs.
struct RunningTor {
    env::Endpoint control;   ///< on this machine
    std::string cookie_path; ///< empty: tor says where it is
};

struct OnionService {
    std::uint16_t port = 0; ///< at the onion address
    env::Endpoint target;   ///< who answers: a Unix socket or a loopback port
    std::string key_path;   ///< made with a new key when it is not there; its folder must be
};

struct ServiceOptions {
    std::variant<OwnTor, RunningTor> tor;
    std::optional<OnionService> onion; ///< without: a client only
};

/// Drives one tor. One thread calls start, wait and stop; status() and interrupt() are for any.
class Service {
public:
    /// in      `world`, borrowed: all five
    /// errors  `invalid_argument`
    static Result<std::unique_ptr<Service>> make(const env::World& world, ServiceOptions options);

    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    Service(Service&&) = delete;
    Service& operator=(Service&&) = delete;

    /// Kills a tor of its own.
    ~Service();

    /// Starts or reaches tor, proves to be allowed, asks for the onion service. From any state;
    /// what ran before is ended. Does not wait for the network. errors  of launch and Control,
    /// `corrupt` for a damaged key file (never replaced by itself);
    ///         the state is then down
    Result<> start(env::Deadline deadline);

    /// Waits for the next event of tor and takes it in.
    /// errors  `timeout`; else tor is gone and the state is down
    Result<> wait_for_event(env::Deadline deadline);

    /// Until ready (a client) or published. errors  as wait_for_event
    Result<> wait_until_usable(env::Deadline deadline);

    /// Takes the service back and ends a tor of its own, by force if it has not gone at the
    /// deadline. The state is then down.
    void stop(env::Deadline deadline) noexcept;

    /// Ends every wait, now and later, with `cancelled`.
    void interrupt() noexcept;

    Status status() const;

    /// As far as events have been taken in.
    Circuits::Count circuits() const;

    bool is_usable() const;

    /// Where connections go out (for OnionNetwork); once started.
    std::optional<env::Endpoint> socks() const { return m_socks; }

    /// What the user should know of this tor; empty, or one sentence. Once started.
    const std::string& warning() const { return m_warning; }

private:
    Service(const env::World& world, ServiceOptions options);

    Result<> connect(env::Deadline deadline);
    Result<> open_control(env::Deadline deadline);
    Result<> authenticate(env::Deadline deadline);
    Result<> authenticate_to(const RunningTor& tor, env::Deadline deadline);
    Result<> find_socks(env::Deadline deadline);
    Result<> find_circuits(env::Deadline deadline);
    Result<> publish(env::Deadline deadline);
    void take_event(const Reply& event);
    void take_bootstrap(const Words& words);
    void take_upload(const Words& words);
    void update_state();
    void go_down(std::string note) noexcept;

    env::World m_world;
    ServiceOptions m_options;
    std::unique_ptr<env::Process> m_process;
    std::shared_ptr<Control> m_control; ///< shared with interrupt()
    std::optional<env::Endpoint> m_socks;
    std::string m_warning;
    unsigned m_uploads_begun = 0;
    unsigned m_uploads_done = 0;
    std::stop_source m_stop;
    mutable std::mutex m_mutex; ///< of what follows, and of replacing m_control
    Circuits m_circuits;
    Status m_status;
};

/// A sentence when this version of tor should be replaced; else empty.
std::string version_warning(std::string_view version);

} // namespace torgo::tor
