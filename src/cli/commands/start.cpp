#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/onion_way.hpp"
#include "env/processes.hpp"
#include "node/bin_keeper.hpp"
#include "node/daemon.hpp"

#include <memory>
#include <optional>

namespace torgo::cli {

namespace {

constexpr std::uint32_t megabytes_a_second_max = 10'000;
constexpr std::uint64_t megabyte = 1'000'000;

struct StartArgs {
    std::string folder;
    std::vector<std::string> listen;
    std::string metrics = "127.0.0.1:" + std::to_string(node::default_metrics_port);
    bool no_onion = false;
    std::uint32_t scrub = 10;
    std::uint32_t repair = 1;
    std::optional<std::uint64_t> limit_repository;
    std::uint32_t keep = 0;
};

Result<node::DaemonOptions> options_from(const Context& context, const StartArgs& args) {
    node::DaemonOptions out;
    TRY(out.folder, node_folder(context, args.folder));
    for (const auto& text : args.listen) {
        TRY(auto at, parse_endpoint(text));
        out.listen.push_back(std::move(at));
    }
    if (args.metrics != "off") {
        TRY(out.metrics, parse_endpoint(args.metrics));
    }
    out.onion = !args.no_onion;
    if (!out.onion && out.listen.empty())
        return fail(Errc::invalid_argument,
                    "with --no-onion nobody reaches the node: give --listen HOST:PORT");
    TRY(out.torrc_lines, read_tor_config(*context.world.files, context.globals.tor_config));
    out.scrub_bytes_a_second = args.scrub * megabyte;
    const auto& rates = context.globals.rates;
    out.pace = {.receive = rates.down(),
                .send = rates.up(),
                .each_repository = rates.plan(args.limit_repository)};
    out.keep_days = args.keep;
    out.repair_bytes_a_second = args.repair * megabyte;
    return out;
}

Result<ExitCode> run_start(const Context& context, const StartArgs& args) {
    TRY(auto options, options_from(context, args));
    const auto folder = options.folder;
    auto& out = context.out;
    const auto tell = [&out](const std::string& sentence) {
        out.object(Json("event").text("text", sentence));
        out.say(sentence);
        (void)out.flush();
    };
    TRY(const auto daemon, node::Daemon::start(context.world, std::move(options), tell));
    context.account.begin().output("node", folder);
    std::vector<std::string> places;
    for (const auto& at : daemon->endpoints())
        places.push_back(at.host + ":" + std::to_string(at.port));
    out.object(Json("started")
                   .text("node", daemon->id().hex())
                   .text("folder", folder)
                   .texts("listens", places));
    out.line("Node " + daemon->id().hex().substr(0, 8) + " serves " + printable(folder));
    for (const auto& place : places)
        out.line("Listens on " + place);
    (void)out.flush();
    context.world.processes->tell_manager("READY=1");
    daemon->run(context.stop);
    context.world.processes->tell_manager("STOPPING=1");
    out.say("stopped");
    return ExitCode::ok;
}

} // namespace

Result<std::string> node_folder(const Context& context, const std::string& given) {
    if (!given.empty()) return context.environment.absolute(given);
    TRY(const auto data, context.environment.data_folder());
    return data + "/node";
}

Command start_command() {
    auto args = std::make_shared<StartArgs>();
    Command command;
    command.name = "start";
    command.summary = "be a node: keep heads for others";
    command.description =
        "Runs a node: it keeps segments for the repositories that were invited (\"torgo node "
        "invite\"), which it cannot read, and is reached as a Tor onion service that it makes and "
        "keeps by itself. It runs until it is interrupted; a service manager is told when it is "
        "ready.\n\n"
        "--listen takes connections from a local network as well. Metrics for Prometheus are at "
        "http://localhost:9090/metrics.";
    auto folder = text_option(args->folder, "folder", "DIR",
                              "what the node keeps; ~/.local/share/torgo/node when not given");
    folder.offer = Offer::folder;
    command.options = {
        std::move(folder),
        list_option(args->listen, "listen", "HOST:PORT", "also take connections there"),
        toggle(args->no_onion, "no-onion", "be no onion service; needs --listen"),
        text_option(args->metrics, "metrics", "HOST:PORT",
                    "serve metrics there, on a loopback address, or \"off\"; 127.0.0.1:9090 when "
                    "not given"),
        number_option(args->scrub, "scrub", "MB", {0, megabytes_a_second_max},
                      "megabytes a second that are read to find decay; 10 when not given"),
        number_option(args->repair, "repair", "MB", {0, megabytes_a_second_max},
                      "megabytes a second at most for heads that are rebuilt here because their "
                      "owners ordered it; 1 when not given, 0 follows no order"),
        number_option(args->keep, "keep", "DAYS", {0, node::keep_days_max},
                      "keep what is deleted or replaced for so many days more, in which the node "
                      "runs; \"torgo node retrieve\" puts it back. 0 when not given: nothing more "
                      "is kept, and what is there as long as was said before"),
        rate_option(args->limit_repository, "limit-repository",
                    "bytes a second at most of each repository, each way; --limit-upload and "
                    "--limit-download are of all together")};
    command.examples = {{"torgo start", "as an onion service"},
                        {"torgo start --no-onion --listen 192.168.1.5:7443", "in a local network"},
                        {"torgo start --limit-upload 500K --limit-repository 200K --off-peak "
                         "01:00-06:00",
                         "politely by day"}};
    command.run = [args](const Context& context) {
        return run_start(context, *args);
    };
    return command;
}

} // namespace torgo::cli
