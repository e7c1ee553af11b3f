#include "cli/commands/commands.hpp"
#include "cli/commands/mesh.hpp"
#include "cli/commands/mesh_air.hpp"
#include "cli/format.hpp"
#include "cli/onion_way.hpp"
#include "cli/open.hpp"
#include "cli/own_receipts.hpp"
#include "env/lock.hpp"
#include "env/processes.hpp"
#include "env/random.hpp"
#include "repo/backup.hpp"
#include "uplink/bluez_bearer.hpp"
#include "uplink/card.hpp"
#include "uplink/drive.hpp"
#include "uplink/metrics.hpp"
#include "uplink/metrics_page.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

namespace torgo::cli {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t millisecond_ns = 1'000'000;
constexpr std::uint32_t default_metrics_port = 9091;
constexpr std::uint32_t seconds_max = 7 * 24 * 3600;
constexpr std::uint32_t batch_max_ms = 60'000;

struct GatewayArgs {
    GatewayPlaceArgs place;
    MeshAirArgs air;
    std::string metrics = "127.0.0.1:" + std::to_string(default_metrics_port);
    std::uint32_t snapshot_every = 0;
    std::uint32_t batch_ms = 250;
};

struct EnrolArgs {
    GatewayPlaceArgs place;
    std::string number;
    std::string card;
    bool replace = false;
};

Result<std::unique_ptr<env::File>> lock_state(env::FileSystem& files, const std::string& state) {
    CHECK_OK(env::make_directories(files, env::parent_path(state)));
    CHECK_OK(files.make_directory(state, /*secret=*/true));
    return lock_mesh(files, state + "/lock", "a gateway works with " + state + " already");
}

/// Snapshots of the store, on a thread of their own: heads may be far away. Meanwhile the store is
/// held, so that what is saved is the store of one moment.
class Snapshots {
public:
    Snapshots(const Context& context, uplink::GatewayLink& gateway, std::string store,
              std::uint32_t every_s)
        : m_context(context),
          m_gateway(gateway),
          m_store(std::move(store)),
          m_every_ns(std::int64_t{every_s} * second_ns),
          m_due_ns(context.world.clock->monotonic_ns() + m_every_ns) {}

    /// errors  those of the gateway's disk only: heads that are away are told and tried again
    Result<> tend() {
        if (m_every_ns == 0) return {};
        if (m_thread.joinable() && !m_done) return {};
        end();
        const auto now = m_context.world.clock->monotonic_ns();
        if (now < m_due_ns) return {};
        m_due_ns = now + m_every_ns;
        return begin(m_context.stop);
    }

    /// At the end, what came since the last; whoever asked for the end has asked once already.
    Result<> make_last() {
        end();
        if (m_every_ns == 0) return {};
        CHECK_OK(begin({}));
        end();
        return {};
    }

    const uplink::SnapshotCounters& counters() const noexcept { return m_counters; }

private:
    struct Saved {
        RepoId repository;
        SnapshotId snapshot;
    };

    Result<> begin(const std::stop_token& stop) {
        CHECK_OK(m_gateway.flush());
        const auto taken = m_gateway.collector().counters().taken;
        if (taken == m_saved) return {};
        CHECK_OK(m_gateway.collector().roll());
        m_gateway.collector().hold(true);
        m_saving = taken;
        m_done = false;
        m_began_ns = m_context.world.clock->wall_ns();
        m_thread = std::jthread([this, stop] {
            m_made = save(stop);
            m_done = true;
        });
        return {};
    }

    void end() {
        if (!m_thread.joinable()) return;
        m_thread.join();
        m_gateway.collector().hold(false);
        // Stopped in the middle of it: the last one follows.
        if (!m_made && m_made.error().code() == Errc::cancelled) return;
        if (!m_made) {
            m_counters.failed += 1;
            m_context.out.warn("no snapshot of the readings was made: " + m_made.error().detail());
            return;
        }
        m_saved = m_saving;
        m_counters.made += 1;
        m_counters.last_wall_ns = m_context.world.clock->wall_ns();
        const auto& id = m_made->snapshot;
        m_context.out.object(Json("snapshot").text("snapshot_id", id.hex()));
        m_context.out.say("Snapshot " + short_id(id) + " of the readings saved");
        (void)m_context.out.flush();
        Account account(m_began_ns);
        account.begin(m_made->repository)
            .input("path", m_store)
            .output("snapshot", id.hex(), digest_of(id));
        leave_receipt(m_context, account, ExitCode::ok);
    }

    Result<Saved> save(const std::stop_token& stop) const {
        TRY(const auto repository, open_for_reading(m_context));
        repo::BackupOptions options;
        options.paths = {m_store};
        options.walk.stop = stop;
        options.tags = {"mesh"};
        options.host = m_context.environment.host();
        options.user = m_context.environment.user();
        options.stop = stop;
        repo::BackupProgress progress;
        TRY(const auto summary, repo::backup(*repository, options, progress));
        if (summary.unreadable != 0) return fail(Errc::io, "some of the store could not be read");
        return Saved{repository->place().id, summary.snapshot};
    }

    const Context& m_context;
    uplink::GatewayLink& m_gateway;
    std::string m_store;
    std::int64_t m_every_ns;
    std::int64_t m_due_ns;
    /// Readings taken when the last snapshot began; empty until one was made: what an earlier run
    /// acknowledged may be in none.
    std::optional<std::uint64_t> m_saved;
    std::uint64_t m_saving = 0; ///< and the one that is being made
    uplink::SnapshotCounters m_counters;
    std::atomic<bool> m_done{false};
    std::int64_t m_began_ns = 0; ///< the snapshot that is being made, by the clock on the wall
    Result<Saved> m_made;        ///< of the thread, until it is joined
    std::jthread m_thread;
};

Result<std::unique_ptr<uplink::MetricsPage>> open_metrics(const GatewayArgs& args) {
    if (args.metrics == "off") return std::unique_ptr<uplink::MetricsPage>();
    TRY(const auto at, parse_endpoint(args.metrics));
    return uplink::MetricsPage::open(at);
}

void say_missing(Output& out, std::uint64_t records) {
    const auto what = records == 0 ? std::string() : " (" + std::to_string(records) + " at least)";
    out.warn("the readings are older than what sensors were told is safe: they were brought back "
             "from a copy. Each sensor begins anew, within some minutes of its next reading; what "
             "it had sent since the copy was made" +
             what + " is not here");
}

void say_started(const Context& context, const uplink::GatewayLink& gateway,
                 const uplink::GatewayFolders& folders, const uplink::MetricsPage* page) {
    auto& out = context.out;
    const std::uint64_t port = page == nullptr ? 0 : page->port();
    out.object(Json("started")
                   .text("store", folders.store)
                   .number("sensors", gateway.sensors())
                   .number("metrics_port", port));
    out.line("Gateway of " + plural(gateway.sensors(), "sensor", "sensors") +
             " keeps readings in " + printable(folders.store));
    for (const auto& [sensor, complaint] : gateway.damaged())
        out.warn(complaint + ". Nothing of sensor " + std::to_string(sensor) +
                 " is taken: bring the file back, or give the sensor another card with \"torgo "
                 "mesh enrol --replace\"");
    if (const auto missing = gateway.missing()) say_missing(out, *missing);
    if (page != nullptr)
        out.line("Metrics at http://127.0.0.1:" + std::to_string(port) + "/metrics");
    (void)out.flush();
    context.world.processes->tell_manager("READY=1");
}

Result<ExitCode> run_gateway(const Context& context, const GatewayArgs& args) {
    auto& files = *context.world.files;
    auto& random = *context.world.random;
    TRY(const auto folders, gateway_folders(context, args.place));
    // Before readings come: a password that is wrong, or heads that are not there.
    if (args.snapshot_every != 0) CHECK_OK(open_for_reading(context));
    TRY(const auto lock, lock_state(files, folders.state));
    TRY(const auto gateway, uplink::GatewayLink::open(files, random, folders));
    tell_of_damage(context, *gateway);
    TRY(const auto keys, uplink::load_mesh_keys(files, random, folders.state + "/mesh.key"));
    TRY(const auto bearer,
        open_air(context, args.air, folders.state + "/mesh", keys,
                 {.address = uplink::gateway_address, .relay = true}, /*is_gateway=*/true));
    TRY(const auto page, open_metrics(args));
    Snapshots snapshots(context, *gateway, folders.store, args.snapshot_every);
    uplink::GatewayDrive drive;
    drive.batch_ns = args.batch_ms * millisecond_ns;
    drive.tick = [&]() -> Result<> {
        if (page) page->set(uplink::render_metrics(*gateway, snapshots.counters()));
        return snapshots.tend();
    };
    CHECK_OK(drive.tick());
    say_started(context, *gateway, folders, page.get());
    context.account.begin().output("store", folders.store);
    auto served =
        uplink::drive_gateway(*gateway, *bearer, *context.world.clock, drive, context.stop);
    context.world.processes->tell_manager("STOPPING=1");
    if (served) served = snapshots.make_last();
    context.account.figure("readings", gateway->collector().counters().taken)
        .figure("snapshots", snapshots.counters().made)
        .figure("snapshots_failed", snapshots.counters().failed);
    CHECK_OK(served);
    context.out.say("stopped");
    return ExitCode::ok;
}

Result<ExitCode> run_enrol(const Context& context, const EnrolArgs& args) {
    auto& files = *context.world.files;
    auto& random = *context.world.random;
    TRY(const auto number, parse_number(args.number, {1, ~std::uint64_t{0}}));
    if (args.card.empty())
        return fail(Errc::invalid_argument,
                    "--card FILE is needed: what the sensor gets, and nobody else");
    TRY(const auto card, context.environment.absolute(args.card));
    TRY(const auto folders, gateway_folders(context, args.place));
    if (files.status(card)) return fail(Errc::exists, args.card + " is there already");
    TRY(const auto lock, lock_state(files, folders.state));
    TRY(const auto gateway, uplink::GatewayLink::open(files, random, folders));
    tell_of_damage(context, *gateway);
    if (gateway->knows(number) && !args.replace)
        return fail(Errc::exists,
                    "sensor " + args.number +
                        " is known already; when its card was lost, stolen or never written, "
                        "--replace gives it another and makes the old one worthless");
    uplink::Card::Content content;
    TRY(content.mesh, uplink::load_mesh_keys(files, random, folders.state + "/mesh.key"));
    TRY(content.address, gateway->take_address());
    content.plan = uplink::usual_plan();
    content.provision.sensor = number;
    content.gateway_key = gateway->public_key();
    TRY(content.marks.shorts, gateway->first_number(number));
    // The card comes first: a sensor that is known by a card that is not there is of no use.
    bool is_made = false;
    const auto hand_over = [&](const crypto::SecretBytes& secret) -> Result<> {
        content.provision.secret = crypto::SecretBytes::copy_of(secret.view());
        context.account.begin().input("sensor", args.number).output("card", card);
        CHECK_OK(uplink::Card::make(files, card, content));
        is_made = true;
        return {};
    };
    auto enrolled = gateway->enrol(number, content.plan, hand_over);
    if (!enrolled) {
        if (is_made) (void)files.remove(card);
        return std::unexpected(std::move(enrolled).error());
    }
    context.out.object(
        Json("mesh_enrolled").number("sensor", number).number("address", content.address));
    context.out.line("Sensor " + std::to_string(number) + " is known; its card is " +
                     printable(args.card) + ", which nobody else may read or copy");
    return ExitCode::ok;
}

std::vector<Option> gateway_options(GatewayArgs& args) {
    auto out = gateway_place_options(args.place);
    auto listen = text_option(args.air.socket, "listen", "SOCKET",
                              "be on an air without radio at this Unix socket, for tests");
    listen.offer = Offer::file;
    listen.group = "air";
    out.push_back(std::move(listen));
    for (auto& option : bluez_options(args.air))
        out.push_back(std::move(option));
    out.push_back(text_option(args.metrics, "metrics", "HOST:PORT",
                              "serve metrics there, on a loopback address, or \"off\"; "
                              "127.0.0.1:9091 when not given"));
    out.push_back(number_option(args.snapshot_every, "snapshot-every", "SECONDS", {0, seconds_max},
                                "save the readings into the repository so often, and at the end; "
                                "0, never, when not given"));
    out.push_back(number_option(args.batch_ms, "batch", "MS", {1, batch_max_ms},
                                "make readings safe and acknowledge them so often; 250 when not "
                                "given"));
    return out;
}

} // namespace

void tell_of_damage(const Context& context, const uplink::GatewayLink& gateway) {
    for (const auto& name : gateway.collector().damaged())
        context.out.warn(name +
                         " was damaged in the middle: readings behind that are missing, and "
                         "some may have been acknowledged. It is kept as damaged-" +
                         name);
}

Result<std::unique_ptr<env::File>> lock_mesh(env::FileSystem& files, const std::string& path,
                                             const std::string& complaint) {
    TRY(auto lock, env::try_lock_file(files, path, /*secret=*/true));
    if (!lock) return fail(Errc::exists, complaint);
    return lock;
}

std::vector<Option> gateway_place_options(GatewayPlaceArgs& args) {
    auto store = text_option(args.store, "store", "DIR",
                             "where readings lie; ~/.local/share/torgo/mesh-readings when not "
                             "given");
    store.offer = Offer::folder;
    auto state = text_option(args.state, "state", "DIR",
                             "where the gateway's secrets lie; ~/.local/share/torgo/mesh-gateway "
                             "when not given");
    state.offer = Offer::folder;
    return {std::move(store), std::move(state)};
}

Result<uplink::GatewayFolders> gateway_folders(const Context& context,
                                               const GatewayPlaceArgs& args) {
    const auto one = [&](const std::string& given, const std::string& name) -> Result<std::string> {
        if (!given.empty()) return context.environment.absolute(given);
        TRY(const auto data, context.environment.data_folder());
        return data + "/" + name;
    };
    uplink::GatewayFolders out;
    TRY(out.store, one(args.store, "mesh-readings"));
    TRY(out.state, one(args.state, "mesh-gateway"));
    if (out.state.starts_with(out.store + "/") || out.state == out.store)
        return fail(Errc::invalid_argument,
                    "secrets must not lie among the readings: give another --state");
    return out;
}

std::vector<Option> bluez_options(MeshAirArgs& args) {
    auto bluez = toggle(args.bluez, "bluez", "use the Bluetooth mesh daemon of this machine");
    bluez.group = "air";
    return {std::move(bluez),
            text_option(args.bus, "bus", "ADDRESS",
                        "the bus where the daemon is; the system's when not given"),
            text_option(args.daemon, "daemon", "NAME",
                        "the daemon's name on the bus; org.bluez.mesh when not given")};
}

Result<std::unique_ptr<uplink::Bearer>> open_air(const Context& context, const MeshAirArgs& args,
                                                 const std::string& state,
                                                 const uplink::MeshKeys& keys,
                                                 const uplink::MeshRole& role, bool is_gateway) {
    const auto& world = context.world;
    if (args.bluez) {
        bluez::ClientOptions options;
        if (!args.bus.empty()) options.bus = bluez::SessionBus{args.bus};
        options.daemon = args.daemon;
        TRY(auto bearer,
            uplink::BluezBearer::open(*world.files, *world.clock, *world.random, std::move(options),
                                      state + ".bluez", keys, role.address));
        return std::unique_ptr<uplink::Bearer>(std::move(bearer));
    }
    if (args.socket.empty())
        return fail(Errc::invalid_argument, "nothing says how to reach the mesh: give --bluez, or "
                                            "a socket for tests");
    TRY(const auto path, context.environment.absolute(args.socket));
    const auto own = path + "." + std::to_string(world.processes->own_id());
    auto air = is_gateway ? uplink::AirSocket::listen(*world.clock, path)
                          : uplink::AirSocket::join(*world.clock, path, own);
    if (!air) return std::unexpected(std::move(air).error());
    TRY(auto bearer,
        uplink::StackBearer::open(*world.files, *world.clock, *world.random, std::move(*air),
                                  state + ".node", keys, role, args.faults));
    return std::unique_ptr<uplink::Bearer>(std::move(bearer));
}

Command mesh_gateway_command() {
    auto args = std::make_shared<GatewayArgs>();
    Command command;
    command.name = "gateway";
    command.summary = "be the edge node that keeps the readings of a mesh";
    command.description =
        "Opens the envelopes of the sensors that were made known with \"torgo mesh enrol\", puts "
        "their readings in order, finds gaps, and keeps them in columns (docs/spec/readings.md). A "
        "reading is acknowledged when it would survive a loss of power, and not before. It runs "
        "until it is interrupted; a service manager is told when it is ready.\n\n"
        "With --snapshot-every the readings are saved into the repository, as \"torgo backup\" "
        "does; give the password by --password-file or --password-command. Metrics for Prometheus "
        "are at http://localhost:9091/metrics.";
    command.options = gateway_options(*args);
    command.examples = {
        {"torgo mesh gateway --bluez", "with the adapter of this machine"},
        {"torgo mesh gateway --bluez --snapshot-every 3600 --password-file ~/.torgo-password",
         "save the readings each hour"}};
    command.run = [args](const Context& context) {
        return run_gateway(context, *args);
    };
    return command;
}

Command mesh_enrol_command() {
    auto args = std::make_shared<EnrolArgs>();
    Command command;
    command.name = "enrol";
    command.summary = "make a sensor known to the gateway";
    command.description =
        "Gives a sensor its number, its address in the mesh and a secret that only it and the "
        "gateway know, and writes them into a card, a secret file that is brought to the sensor. "
        "The gateway must not run meanwhile. A card belongs to one sensor: two with the same would "
        "undo what keeps their readings secret. With --replace a sensor that is known gets another "
        "card, and nothing is taken any more from who holds the old one.";
    command.arguments = {text_argument(args->number, "NUMBER", "the sensor's number, from 1")};
    command.options = gateway_place_options(args->place);
    auto card = text_option(args->card, "card", "FILE", "the card to write");
    card.offer = Offer::file;
    command.options.push_back(std::move(card));
    command.options.push_back(
        toggle(args->replace, "replace", "a card that was lost or stolen, by the new one"));
    command.examples = {{"torgo mesh enrol 17 --card bed17.card", "make sensor 17 known"}};
    command.run = [args](const Context& context) {
        return run_enrol(context, *args);
    };
    return command;
}

} // namespace torgo::cli
