#include "base/hex.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/mesh.hpp"
#include "cli/commands/mesh_air.hpp"
#include "cli/commands/mesh_daemon.hpp"
#include "cli/format.hpp"
#include "cli/progress_display.hpp"
#include "env/random.hpp"
#include "uplink/card.hpp"
#include "uplink/drive.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <memory>
#include <optional>

namespace torgo::cli {

namespace {

constexpr std::int64_t millisecond_ns = 1'000'000;
constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::uint32_t loss_max = 60;
constexpr std::uint32_t interval_max_ms = 3'600'000;
constexpr std::uint32_t batch_max_ms = 60'000;
constexpr std::uint32_t patience_max_s = 24 * 3600;
constexpr std::uint32_t simulated_interval_ms = 1000;
constexpr std::uint32_t real_interval_ms = 100;
constexpr std::uint32_t not_given = ~std::uint32_t{0};
constexpr unsigned readings_tries = 5;

struct RelayArgs {
    std::string file;
    std::string via = "simulated";
    std::string card;
    std::string store;
    MeshAirArgs air;
    std::uint32_t nodes = 5;
    std::uint32_t loss = 0;
    std::uint32_t seed = 1;
    std::uint32_t interval_ms = not_given;
    std::uint32_t batch_ms = 250;
    std::uint32_t sensor = 1;
    std::uint32_t patience_s = 120;

    bool is_simulated() const { return via == "simulated"; }
};

/// Two folders that live as long as this.
class Scratch {
public:
    static Result<std::unique_ptr<Scratch>> make(const Context& context) {
        auto& files = *context.world.files;
        TRY(const auto folder,
            context.environment.absolute(context.environment.temporary_folder()));
        // A name that nobody can have put there before: what lies in it is removed at the end.
        std::array<std::uint8_t, 16> name{};
        context.world.random->fill(name);
        std::unique_ptr<Scratch> out(new Scratch(files, folder + "/torgo-mesh-" + to_hex(name)));
        CHECK_OK(files.make_directory(out->m_path, /*secret=*/true));
        return out;
    }

    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    ~Scratch() {
        for (const auto& folder : {state(), store()}) {
            const auto entries = m_files.list(folder);
            if (!entries) continue;
            for (const auto& entry : *entries)
                (void)m_files.remove(folder + "/" + entry.name);
            (void)m_files.remove_directory(folder);
        }
        (void)m_files.remove_directory(m_path);
    }

    std::string store() const { return m_path + "/store"; }

    std::string state() const { return m_path + "/state"; }

private:
    Scratch(env::FileSystem& files, std::string path) : m_files(files), m_path(std::move(path)) {}

    env::FileSystem& m_files;
    std::string m_path;
};

struct Sent {
    uplink::RelayOutcome outcome;
    std::optional<uplink::Proof> proof;
};

/// Counts that the display's thread reads.
struct Shown {
    std::atomic<std::uint64_t> sent{0};
    std::atomic<std::uint64_t> acknowledged{0};

    void set(const uplink::RelayProgress& progress) {
        sent = progress.sent;
        acknowledged = progress.acknowledged;
    }
};

Counts counts_of(const Shown& shown, std::size_t rows) {
    Counts out;
    out.items_done = shown.acknowledged;
    out.items_total = rows;
    out.note = std::to_string(shown.sent) + " sent";
    return out;
}

Result<Sent> send_simulated(const Context& context, const RelayArgs& args, const uplink::Feed& feed,
                            Shown& shown) {
    auto& files = *context.world.files;
    auto& random = *context.world.random;
    TRY(const auto scratch, Scratch::make(context));
    uplink::GatewayFolders folders{.store = scratch->store(), .state = scratch->state()};
    if (!args.store.empty()) {
        TRY(folders.store, context.environment.absolute(args.store));
    }
    TRY(const auto gateway, uplink::GatewayLink::open(files, random, folders));
    tell_of_damage(context, *gateway);
    uplink::SimulatedOptions options;
    options.nodes = args.nodes;
    options.loss = args.loss / 100.0;
    options.seed = args.seed;
    options.batch_ns = args.batch_ms * millisecond_ns;
    options.interval_ns =
        (args.interval_ms == not_given ? simulated_interval_ms : args.interval_ms) * millisecond_ns;
    Sent out;
    TRY(out.outcome, uplink::relay_simulated(random, *gateway, feed, options,
                                             [&](const uplink::RelayProgress& progress) {
                                                 shown.set(progress);
                                                 return !context.stop.stop_requested();
                                             }));
    TRY(out.proof, uplink::prove(files, folders.store, feed, out.outcome.sent, out.outcome.first));
    return out;
}

/// A gateway that works in the store may take a file away that was just listed.
Result<uplink::Proof> prove_living(const Context& context, const std::string& store,
                                   const uplink::Feed& feed, const uplink::RelayOutcome& outcome) {
    for (unsigned left = readings_tries; true; --left) {
        auto proof = uplink::prove(*context.world.files, store, feed, outcome.sent, outcome.first);
        if (proof || proof.error().code() != Errc::not_found || left == 1) return proof;
    }
}

Result<Sent> send_real(const Context& context, const RelayArgs& args, const uplink::Card& card,
                       uplink::SensorStore& store, const uplink::Feed& feed, Shown& shown) {
    const auto& content = card.content();
    MeshAirArgs air = args.air;
    air.bluez = args.via == "bluez";
    air.socket = air.bluez ? "" : args.via;
    air.faults = {.loss = args.loss / 100.0, .seed = args.seed};
    TRY(const auto path, context.environment.absolute(args.card));
    // Another card under the same name has another address, whose numbers begin anew.
    const auto state = path + "." + mesh_address_text(content.address);
    TRY(const auto bearer, open_air(context, air, state, content.mesh, {.address = content.address},
                                    /*is_gateway=*/false));
    // What an earlier run had given and not sent will not come any more.
    std::optional<reading::Gone> gone;
    if (content.marks.shorts > 1)
        gone = reading::Gone{.first = 1, .count = content.marks.shorts - 1};
    uplink::SensorLink sensor(store, card.provision(), content.marks, content.plan,
                              *context.world.random, gone);
    sensor.set_gateway_key(content.gateway_key);
    uplink::SensorDrive drive;
    drive.interval_ns =
        (args.interval_ms == not_given ? real_interval_ms : args.interval_ms) * millisecond_ns;
    drive.patience_ns = args.patience_s * second_ns;
    drive.tell = [&](const uplink::RelayProgress& progress) {
        shown.set(progress);
    };
    Sent out;
    TRY(out.outcome,
        uplink::drive_sensor(sensor, *bearer, *context.world.clock, feed, drive, context.stop));
    if (args.store.empty()) return out;
    TRY(const auto place, context.environment.absolute(args.store));
    TRY(out.proof, prove_living(context, place, feed, out.outcome));
    return out;
}

void put_latencies(Json& out, const std::string& name, const uplink::Latencies& latencies) {
    const auto ms = [&](unsigned per_mille) {
        return static_cast<double>(latencies.quantile(per_mille)) / double{millisecond_ns};
    };
    out.real(name + "_min_ms", ms(0)).real(name + "_p50_ms", ms(500));
    out.real(name + "_p90_ms", ms(900)).real(name + "_p99_ms", ms(990));
    out.real(name + "_max_ms", ms(1000));
}

Json report_object(const RelayArgs& args, const uplink::Feed& feed, const Sent& sent) {
    const auto& outcome = sent.outcome;
    Json out("mesh_relay");
    out.text("via", args.via).number("rows", feed.rows().size());
    out.number("acknowledged", outcome.acknowledged.count());
    out.flag("proved", sent.proof && sent.proof->holds());
    if (sent.proof)
        out.number("received", sent.proof->received)
            .number("lost", sent.proof->lost)
            .number("doubled", sent.proof->doubled)
            .number("changed", sent.proof->changed);
    out.number("short_envelopes", outcome.short_envelopes)
        .number("long_envelopes", outcome.long_envelopes)
        .number("resends", outcome.resends)
        .number("exchanges", outcome.exchanges)
        .real("duration_s", static_cast<double>(outcome.duration_ns) / double{second_ns});
    if (args.is_simulated()) out.number("packets", outcome.packets);
    if (outcome.safe.count() > 0) put_latencies(out, "safe", outcome.safe);
    put_latencies(out, "acknowledged", outcome.acknowledged);
    return out;
}

std::string latency_line(const char* name, const uplink::Latencies& latencies) {
    std::array<char, 128> text{};
    const auto ms = [&](unsigned per_mille) {
        return static_cast<double>(latencies.quantile(per_mille)) / double{millisecond_ns};
    };
    (void)std::snprintf(text.data(), text.size(), "%-14s %9.1f %9.1f %9.1f %9.1f %9.1f", name,
                        ms(0), ms(500), ms(900), ms(990), ms(1000));
    return text.data();
}

void say_report(Output& out, const RelayArgs& args, const uplink::Feed& feed, const Sent& sent) {
    const auto& outcome = sent.outcome;
    out.line("rows sent      " + std::to_string(feed.rows().size()));
    if (sent.proof) {
        out.line("received       " + std::to_string(sent.proof->received));
        out.line("lost           " + std::to_string(sent.proof->lost));
        out.line("doubled        " + std::to_string(sent.proof->doubled));
        out.line("changed        " + std::to_string(sent.proof->changed));
    } else {
        out.line("acknowledged   " + std::to_string(outcome.acknowledged.count()));
    }
    out.line("envelopes      " + std::to_string(outcome.short_envelopes) + " short, " +
             std::to_string(outcome.long_envelopes) + " long, " + std::to_string(outcome.resends) +
             " resent");
    out.line("");
    out.line("latency, ms          min       p50       p90       p99       max");
    if (outcome.safe.count() > 0) out.line(latency_line("safe", outcome.safe));
    out.line(latency_line("acknowledged", outcome.acknowledged));
    if (args.is_simulated())
        out.say("\nIn " + duration_text(outcome.duration_ns) +
                " of virtual time. The radio is a model (docs/mesh.md).");
}

void report(const Context& context, const RelayArgs& args, const uplink::Feed& feed,
            const Sent& sent) {
    context.out.object(report_object(args, feed, sent));
    if (!context.out.json()) say_report(context.out, args, feed, sent);
    if (!sent.proof)
        context.out.warn(
            "every row is acknowledged, but nothing was read back: give --store, where "
            "the gateway's store can be read");
    else if (!sent.proof->holds())
        context.out.warn("what the gateway has is not what was sent");
}

/// A card and the lock that lets nobody else use it.
struct HeldCard {
    std::unique_ptr<env::File> lock;
    std::unique_ptr<uplink::Card> card; ///< null where the mesh is simulated
};

Result<HeldCard> load_card(const Context& context, const RelayArgs& args) {
    HeldCard out;
    if (args.is_simulated() && !args.card.empty())
        return fail(Errc::invalid_argument,
                    "--card is for a sensor on a real mesh: give --via, too");
    if (args.is_simulated()) return out;
    if (args.card.empty())
        return fail(Errc::invalid_argument,
                    "--via needs --card FILE, which \"torgo mesh enrol\" writes");
    TRY(const auto path, context.environment.absolute(args.card));
    auto& files = *context.world.files;
    CHECK_OK(files.status(path));
    TRY(out.lock,
        lock_mesh(files, path + ".lock", "a sensor works with " + args.card + " already"));
    TRY(out.card, uplink::Card::load(files, path));
    return out;
}

Result<uplink::Feed> read_feed(const Context& context, const RelayArgs& args,
                               const uplink::Card* card) {
    TRY(const auto path, context.environment.absolute(args.file));
    TRY(const auto bytes, env::read_file(*context.world.files, path, uplink::feed_size_max));
    const auto source = card == nullptr ? args.sensor : card->content().provision.sensor;
    auto feed = uplink::Feed::parse(as_text(bytes), source);
    if (!feed)
        return std::unexpected(
            Error(feed.error().code(), args.file + ": " + feed.error().detail()));
    for (const auto& [name, count] : feed->left_out())
        context.out.warn("left out, as no reading has a place for it: " + printable(name) + " (" +
                         std::to_string(count) + ")");
    if (feed->rows().empty()) return fail(Errc::invalid_argument, args.file + ": no row to send");
    const auto is_other = [&](std::uint64_t one) {
        return one != source;
    };
    if (card != nullptr && std::ranges::any_of(feed->sources(), is_other))
        return fail(Errc::invalid_argument,
                    args.file + ": holds readings of other sources than the card's sensor, " +
                        std::to_string(source));
    return feed;
}

/// A further run knows nothing of this one: its numbers are others, so the gateway takes its rows.
Error broken_off(const RelayArgs& args, const Shown& shown, Error error) {
    if (args.is_simulated() || shown.sent == 0) return error;
    return {error.code(),
            error.detail() + "; " + std::to_string(shown.acknowledged) +
                " rows are safe and up to " + std::to_string(shown.sent) +
                " may be, the first of the file: take those that the store has out of the file "
                "before it is sent again, or they are there twice"};
}

Result<ExitCode> run_relay(const Context& context, const RelayArgs& args) {
    TRY(const auto held, load_card(context, args));
    auto* const card = held.card.get();
    TRY(const auto feed, read_feed(context, args, card));
    Shown shown;
    auto display = std::make_unique<ProgressDisplay>(
        context, "rows", [&] { return counts_of(shown, feed.rows().size()); });
    auto sent = args.is_simulated() ? send_simulated(context, args, feed, shown)
                                    : send_real(context, args, *card, *card, feed, shown);
    display.reset();
    if (!sent) return std::unexpected(broken_off(args, shown, std::move(sent).error()));
    report(context, args, feed, *sent);
    return !sent->proof || sent->proof->holds() ? ExitCode::ok : ExitCode::failed;
}

std::vector<Option> relay_options(RelayArgs& args) {
    auto card = text_option(args.card, "card", "FILE", "the sensor's card, where --via is given");
    card.offer = Offer::file;
    auto store = text_option(args.store, "store", "DIR",
                             "the gateway's readings: kept there when simulated, else read back "
                             "from there for the proof");
    store.offer = Offer::folder;
    std::vector<Option> out{
        text_option(
            args.via, "via", "WAY",
            "\"simulated\", which is what happens when nothing is given; \"bluez\", the "
            "mesh daemon of this machine; or the socket of \"torgo mesh gateway --listen\""),
        std::move(card),
        std::move(store),
        number_option(args.nodes, "nodes", "N", {2, uplink::simulated_nodes_max},
                      "mesh nodes in the simulated line, sensor and gateway counted; 5 when not "
                      "given"),
        number_option(args.loss, "loss", "PERCENT", {0, loss_max},
                      "lose so many packets in a hundred, besides what the radio loses; 0 when not "
                      "given"),
        number_option(args.seed, "seed", "N", {0, not_given - 1},
                      "the chance of a simulation; 1 when not given"),
        number_option(args.interval_ms, "interval", "MS", {0, interval_max_ms},
                      "send a row so often; 1000 when simulated, else 100, when not given"),
        number_option(args.batch_ms, "batch", "MS", {1, batch_max_ms},
                      "let the simulated gateway make readings safe so often; 250 when not given"),
        number_option(args.sensor, "sensor", "NUMBER", {1, not_given - 1},
                      "the sensor's number where the file names no source; 1 when not given"),
        number_option(args.patience_s, "patience", "SECONDS", {1, patience_max_s},
                      "give up when nothing is acknowledged for so long; 120 when not given")};
    auto bluez = bluez_options(args.air);
    for (auto& option : bluez)
        if (option.name != "bluez") out.push_back(std::move(option));
    return out;
}

} // namespace

Command mesh_relay_command() {
    auto args = std::make_shared<RelayArgs>();
    Command command;
    command.name = "relay";
    command.summary = "send a file of readings through a mesh, and prove that all arrived";
    command.description =
        "Sends a CSV file row by row (docs/spec/readings.md), or FHIR Observations, one a line, as "
        "a sensor does: in envelopes, over Bluetooth Mesh, until the gateway has acknowledged each "
        "row. Then it reads the gateway's store back and compares every row, byte by byte: none "
        "lost, none doubled, none changed. A table says how late they were. The exit code is 1 "
        "when the proof fails. The proof is of one run: one that was broken off sends the whole "
        "file when it is begun again, and rows that the first had brought are then there twice.\n\n"
        "Without --via the mesh is simulated: a sensor for each source of the file, relays in a "
        "line, and a gateway, each with this program's own mesh stack, in virtual time.";
    auto file = text_argument(args->file, "FILE", "the readings, CSV or NDJSON");
    file.offer = Offer::file;
    command.arguments = {std::move(file)};
    command.options = relay_options(*args);
    command.examples = {
        {"torgo mesh relay vitals.csv --loss 10", "over a simulated mesh that loses a tenth"},
        {"torgo mesh relay vitals.csv --via bluez --card bed17.card", "over the air"}};
    command.run = [args](const Context& context) {
        return run_relay(context, *args);
    };
    return command;
}

} // namespace torgo::cli
