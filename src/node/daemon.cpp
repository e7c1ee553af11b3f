#include "node/daemon.hpp"

#include "base/ensure.hpp"
#include "crypto/tls.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "env/lock.hpp"
#include "env/random.hpp"
#include "node/age.hpp"
#include "node/bin_keeper.hpp"
#include "node/node_folder.hpp"
#include "node/server.hpp"
#include "node/service.hpp"
#include "node/standby.hpp"
#include "node/store.hpp"
#include "node/way_out.hpp"
#include "peer/identity.hpp"
#include "peer/opener.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace torgo::node {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t tor_start_ns = 30 * second_ns;
constexpr std::int64_t tor_event_ns = 60 * second_ns;
constexpr std::int64_t tor_stop_ns = 5 * second_ns;
constexpr std::int64_t retry_first_ns = second_ns;
constexpr std::int64_t retry_longest_ns = 300 * second_ns;
constexpr std::int64_t stop_patience_ns = 10 * second_ns;
constexpr std::int64_t receipts_step_ns = 10 * second_ns;
constexpr std::uint64_t tend_step_s = 60;
constexpr std::int64_t scrub_step_ns = second_ns;
constexpr std::int64_t scrub_pause_ns = 3600 * second_ns; ///< between two whole rounds

bool is_wildcard(const env::Endpoint& at) {
    return at.host == "0.0.0.0" || at.host == "::";
}

Result<std::unique_ptr<env::File>> lock_folder(env::FileSystem& files, const NodeFolder& folder) {
    TRY(auto lock, env::try_lock_file(files, folder.lock()));
    if (!lock) return fail(Errc::exists, "a node runs in " + folder.path() + " already");
    return lock;
}

} // namespace

struct Daemon::State {
    State(const env::World& w, DaemonOptions o, Say s)
        : world(w), options(std::move(o)), folder(options.folder), say(std::move(s)) {}

    ~State() { shut(); }

    Result<> open();
    Result<> listen();
    Result<> make_tor();
    Result<> make_standby();
    void shut();
    bool wait(std::int64_t duration_ns, const std::stop_token& stop);
    bool follow_one_tor(const std::stop_token& stop);
    void follow_tor(const std::stop_token& stop);
    void tell(const tor::Status& status);
    void announce() const;
    std::vector<peer::Address> addresses() const;
    void scrub(const std::stop_token& stop);
    void stand_by(const std::stop_token& stop);
    void tend_bins();
    void tell_of_bins(const Bin::Emptied& emptied) const;
    void write_receipts(const std::stop_token& stop);
    void tell_of_receipts(const Result<>& written) const;

    std::int64_t now() const { return world.clock->monotonic_ns(); }

    env::World world;
    DaemonOptions options;
    NodeFolder folder;
    Say say;
    std::unique_ptr<env::File> lock;
    std::optional<crypto::TlsIdentity> identity;
    std::optional<crypto::SigningKey> signer;
    std::optional<crypto::TlsContext> tls;
    std::unique_ptr<Store> store;
    std::optional<Age> age;
    std::optional<BinKeeper> bins;
    std::uint64_t tended_s = 0; ///< the node's age when the bins were last looked at
    std::optional<Service> service;
    std::unique_ptr<Server> server;
    std::unique_ptr<tor::Service> tor;
    tor::Status told;
    std::mutex mutex;
    std::condition_variable_any wake;
    WayOut onions{*world.network};
    std::optional<crypto::TlsContext> client_tls;
    std::unique_ptr<peer::NodeOpener> nodes;
    std::optional<Standby> standby;
    std::jthread tor_thread;
    std::jthread scrub_thread;
    std::jthread standby_thread;
    std::jthread receipts_thread;
};

Result<> Daemon::State::open() {
    CHECK_OK(env::make_directories(*world.files, env::parent_path(folder.path())));
    CHECK_OK(world.files->make_directory(folder.path(), /*secret=*/true));
    TRY(lock, lock_folder(*world.files, folder));
    TRY(auto loaded, peer::load_identity(world, folder.identity()));
    identity.emplace(std::move(loaded));
    TRY(auto key, peer::load_signing_key(world, folder.identity()));
    signer.emplace(std::move(key));
    TRY(auto context, crypto::TlsContext::make(crypto::TlsRole::server, *identity));
    tls.emplace(std::move(context));
    TRY(store, Store::open(*world.files, folder.path(), world.clock));
    age.emplace(*world.files, *world.clock, folder.age());
    TRY(auto made, BinKeeper::make(*store, folder.keep(), options.keep_days));
    bins.emplace(std::move(made));
    tend_bins();
    service.emplace(*store, *world.clock,
                    Service::Settings{.node = identity->id(), .signer = &*signer});
    if (store->unreadable() != 0)
        say(std::to_string(store->unreadable()) +
            " repositories here can not be read: their owners must join again");
    return {};
}

Result<> Daemon::State::listen() {
    std::vector<Listener> listeners;
    for (const auto& at : options.listen)
        listeners.push_back({.at = at, .kind = Listener::Kind::peers});
    if (options.onion)
        listeners.push_back(
            {.at = {.host = folder.onion_socket(), .port = 0}, .kind = Listener::Kind::peers});
    if (options.metrics)
        listeners.push_back({.at = *options.metrics, .kind = Listener::Kind::status});
    ServerLimits limits;
    limits.pace = options.pace;
    TRY(server, Server::start(*service, *tls, *world.clock, listeners, limits));
    return save_addresses(*world.files, folder, addresses());
}

Result<> Daemon::State::make_tor() {
    if (!options.onion) return {};
    tor::ServiceOptions how{
        .tor = tor::OwnTor{.folder = folder.tor(), .torrc_lines = options.torrc_lines},
        .onion = tor::OnionService{.port = default_port,
                                   .target = {.host = folder.onion_socket(), .port = 0},
                                   .key_path = folder.onion_key()}};
    TRY(tor, tor::Service::make(world, std::move(how)));
    return {};
}

std::vector<peer::Address> Daemon::State::addresses() const {
    std::vector<peer::Address> out;
    if (tor)
        if (const auto onion = tor->status().address)
            out.push_back(
                {.way = peer::Address::Way::tor, .host = onion->host(), .port = default_port});
    const auto real = server->endpoints();
    for (std::size_t i = 0; i < options.listen.size(); ++i)
        if (!real[i].is_unix() && !is_wildcard(real[i]))
            out.push_back(
                {.way = peer::Address::Way::tcp, .host = real[i].host, .port = real[i].port});
    out.resize(std::min(out.size(), peer::max_addresses));
    return out;
}

/// True when it was not asked to stop meanwhile.
bool Daemon::State::wait(std::int64_t duration_ns, const std::stop_token& stop) {
    std::unique_lock held(mutex);
    wake.wait_for(held, stop, std::chrono::nanoseconds(duration_ns), [] { return false; });
    return !stop.stop_requested();
}

void Daemon::State::announce() const {
    if (auto saved = save_addresses(*world.files, folder, addresses()); !saved)
        say("the node's address could not be written down: " + saved.error().detail());
}

void Daemon::State::tell(const tor::Status& status) {
    if (status == told) return;
    const bool new_state = status.state != told.state;
    if (status.state == tor::State::published && new_state) {
        announce();
        say("reachable at " + status.address->host() + ", port " + std::to_string(default_port));
    } else if (status.state == tor::State::bootstrapping) {
        say("Tor: " + std::to_string(status.percent) + " % " + status.note);
    } else if (new_state) {
        say("Tor: " + std::string(tor::name(status.state)) +
            (status.note.empty() ? "" : ", " + status.note));
    }
    told = status;
}

/// Starts tor and follows it until it is gone. True when it was usable meanwhile.
bool Daemon::State::follow_one_tor(const std::stop_token& stop) {
    if (auto started = tor->start(now() + tor_start_ns); !started) {
        if (!stop.stop_requested()) say("Tor does not start: " + started.error().detail());
        return false;
    }
    onions.use(tor->socks());
    if (!tor->warning().empty()) say(tor->warning());
    bool was_usable = false;
    while (!stop.stop_requested()) {
        tell(tor->status());
        service->note_circuits(tor->circuits().built, tor->circuits().building);
        was_usable = was_usable || tor->is_usable();
        const auto event = tor->wait_for_event(now() + tor_event_ns);
        if (!event && event.error().code() != Errc::timeout) break;
    }
    onions.use(std::nullopt);
    service->note_circuits(0, 0);
    if (!stop.stop_requested()) tell(tor->status());
    return was_usable;
}

/// Keeps the onion service up: starts tor again after ever longer waits.
void Daemon::State::follow_tor(const std::stop_token& stop) {
    const std::stop_callback interrupt(stop, [this] { tor->interrupt(); });
    auto delay = retry_first_ns;
    while (!stop.stop_requested()) {
        if (follow_one_tor(stop)) delay = retry_first_ns;
        if (!wait(delay, stop)) break;
        delay = std::min(2 * delay, retry_longest_ns);
    }
    tor->stop(now() + tor_stop_ns);
}

void Daemon::State::scrub(const std::stop_token& stop) {
    const auto share =
        options.scrub_bytes_a_second / static_cast<std::uint64_t>(second_ns / scrub_step_ns);
    while (wait(scrub_step_ns, stop)) {
        const auto report = service->scrub_next(std::max<std::uint64_t>(share, 1));
        if (!report) {
            say("scrubbing stopped for now: " + report.error().detail());
        } else if (report->damaged != 0) {
            say(std::to_string(report->damaged) +
                " damaged segments were moved to quarantine; their owners' heal replaces them");
        }
        if ((!report || report->wrapped) && !wait(scrub_pause_ns, stop)) return;
    }
}

/// A node that no one reaches straight goes nowhere straight: an order, which a stranger may have
/// written, must not tell strangers where this machine is (docs/THREATS.md).
Result<> Daemon::State::make_standby() {
    if (options.repair_bytes_a_second == 0) return {};
    CHECK_OK(world.files->make_directory(folder.audits()));
    TRY(auto context, crypto::TlsContext::make(crypto::TlsRole::client, *identity));
    client_tls.emplace(std::move(context));
    const peer::Networks ways{.onions = options.onion ? &onions : nullptr,
                              .direct = options.listen.empty() ? nullptr : world.network};
    nodes = std::make_unique<peer::NodeOpener>(ways, *client_tls, *world.clock, *world.random);
    standby.emplace(
        Standby::Parts{.world = world,
                       .store = store.get(),
                       .metrics = &service->counts(),
                       .node = identity->id(),
                       .key = &*signer,
                       .folder = folder.audits(),
                       .bytes_a_second = options.repair_bytes_a_second,
                       .reach = [this](const std::string& uri) -> Result<peer::Exchanger*> {
                           return nodes->way(uri);
                       },
                       .addresses = [this] { return addresses(); },
                       .say = say});
    return {};
}

void Daemon::State::stand_by(const std::stop_token& stop) {
    const std::stop_callback interrupt(stop, [this] { nodes->cancel(); });
    std::int64_t pause_ns = 0;
    do {
        pause_ns = standby->round(stop);
        nodes->drop_cancelled(); // a round leaves no head behind
    } while (wait(pause_ns, stop));
}

void Daemon::State::tell_of_receipts(const Result<>& written) const {
    if (!written) say("receipts could not be written: " + written.error().detail());
}

void Daemon::State::write_receipts(const std::stop_token& stop) {
    while (wait(receipts_step_ns, stop)) {
        if (age->seconds() >= tended_s + tend_step_s) {
            tended_s = age->seconds();
            tend_bins();
        }
        tell_of_receipts(service->receipts()->write_old());
    }
}

void Daemon::State::tell_of_bins(const Bin::Emptied& emptied) const {
    if (emptied.items != 0)
        say(std::to_string(emptied.items) + " things that were deleted long ago are gone now, " +
            std::to_string(emptied.bytes) + " bytes");
    if (emptied.failed != 0)
        say(std::to_string(emptied.failed) + " things that were deleted long ago could not be " +
            "freed: " + emptied.last->detail());
}

/// NODE-9 NODE-10
void Daemon::State::tend_bins() {
    if (auto saved = age->save(); !saved)
        say("the node's age could not be written down: " + saved.error().detail());
    tell_of_bins(bins->tend(age->day()));
}

void Daemon::State::shut() {
    receipts_thread.request_stop();
    tor_thread.request_stop();
    scrub_thread.request_stop();
    standby_thread.request_stop();
    if (server) server->stop(now() + stop_patience_ns);
    if (tor_thread.joinable()) tor_thread.join();
    if (scrub_thread.joinable()) scrub_thread.join();
    if (standby_thread.joinable()) standby_thread.join();
    if (receipts_thread.joinable()) receipts_thread.join();
    if (service) tell_of_receipts(service->receipts()->close());
    if (age && service) (void)age->save();
}

Daemon::Daemon(std::unique_ptr<State> state) : m_state(std::move(state)) {}
Daemon::~Daemon() = default;

Result<std::unique_ptr<Daemon>> Daemon::start(const env::World& world, DaemonOptions options,
                                              Say say) {
    auto state = std::make_unique<State>(world, std::move(options), std::move(say));
    CHECK_OK(state->open());
    CHECK_OK(state->make_tor());
    CHECK_OK(state->listen());
    CHECK_OK(state->make_standby());
    auto& s = *state;
    if (s.tor)
        s.tor_thread = std::jthread([&s](const std::stop_token& stop) { s.follow_tor(stop); });
    if (s.options.scrub_bytes_a_second != 0)
        s.scrub_thread = std::jthread([&s](const std::stop_token& stop) { s.scrub(stop); });
    if (s.standby)
        s.standby_thread = std::jthread([&s](const std::stop_token& stop) { s.stand_by(stop); });
    s.receipts_thread = std::jthread([&s](const std::stop_token& stop) { s.write_receipts(stop); });
    return std::unique_ptr<Daemon>(new Daemon(std::move(state)));
}

const PeerId& Daemon::id() const {
    return m_state->identity->id();
}

std::vector<env::Endpoint> Daemon::endpoints() const {
    auto all = m_state->server->endpoints();
    all.resize(m_state->options.listen.size());
    return all;
}

tor::Status Daemon::tor_status() const {
    return m_state->tor ? m_state->tor->status() : tor::Status{};
}

void Daemon::run(const std::stop_token& stop) {
    std::unique_lock held(m_state->mutex);
    m_state->wake.wait(held, stop, [] { return false; });
    held.unlock();
    m_state->shut();
}

Result<std::vector<peer::Address>> known_addresses(env::FileSystem& files,
                                                   const std::string& folder) {
    return load_addresses(files, NodeFolder(folder));
}

Result<peer::Invite> make_invite(const env::World& world, const std::string& folder,
                                 std::uint64_t quota, const std::string& label) {
    const NodeFolder place(folder);
    peer::Invite invite{.node = {}, .addresses = {}, .secret = {}, .quota = quota};
    TRY(invite.addresses, load_addresses(*world.files, place));
    if (invite.addresses.empty())
        return fail(Errc::unavailable,
                    "the node has no address yet: wait until its onion service is reachable, or "
                    "start it with --listen");
    TRY(const auto identity, peer::load_identity(world, place.identity()));
    invite.node = identity.id();
    world.random->fill(invite.secret.bytes);
    TRY(const auto store, Store::open(*world.files, folder));
    CHECK_OK(store->add_invite(invite.secret, quota, label));
    return invite;
}

// PEER-50
Result<HeldLocks> held_locks(const env::World& world, const std::string& folder) {
    HeldLocks out;
    TRY(const auto store, Store::open(*world.files, folder));
    for (const auto& one : store->repositories()) {
        const auto& repository = one->record().repository;
        const auto locks = one->locks();
        if (!locks) {
            out.unknown.push_back({.repository = repository, .error = locks.error()});
            continue;
        }
        for (const auto& [name, lock] : *locks)
            out.locks.push_back({.repository = repository, .name = name, .lock = lock});
    }
    return out;
}

Result<> release_lock(const env::World& world, const std::string& folder, const HeldLock& lock) {
    TRY(const auto store, Store::open(*world.files, folder));
    return store->release_lock(lock.repository, lock.name);
}

Result<Repository::Retrieved> retrieve(const env::World& world, const std::string& folder,
                                       const RepoId& repository) {
    const NodeFolder place(folder);
    TRY(const auto lock, lock_folder(*world.files, place));
    TRY(const auto store, Store::open(*world.files, folder));
    const auto found = store->find(repository);
    if (!found) return fail(Errc::not_found, "no repository " + repository.hex() + " here");
    return found->retrieve();
}

} // namespace torgo::node
