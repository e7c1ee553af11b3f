#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/descriptor_file.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/top_sampler.hpp"
#include "cli/top_view.hpp"
#include "env/clock.hpp"
#include "node/daemon.hpp"

#include <unistd.h>

#include <memory>

namespace torgo::cli {

namespace {

constexpr std::int64_t json_interval_ns = 1'000'000'000;
constexpr std::size_t paper_width = 100; ///< of text that goes to no terminal

struct TopArgs {
    std::string metrics = "127.0.0.1:" + std::to_string(node::default_metrics_port);
    bool once = false;
};

Json head_object(const top::HeadView& head) {
    static constexpr const char* states[] = {"unknown", "ok", "slow", "away"};
    return Json()
        .text("uri", head.uri)
        .text("state", states[static_cast<std::size_t>(head.state)])
        .text("reason", head.reason)
        .real("p50_seconds", static_cast<double>(head.p50_ns) / 1e9)
        .real("p99_seconds", static_cast<double>(head.p99_ns) / 1e9)
        .real("up", head.up)
        .real("down", head.down)
        .number("bytes_free", head.free_bytes)
        .number("bytes_total", head.total_bytes)
        .number("segments_missing", head.missing)
        .number("queue", head.queue)
        .number("bytes_waiting", head.waiting_bytes);
}

Json work_object(const top::WorkView& view) {
    const auto& work = view.work;
    Json out;
    out.number("process", work.process).text("command", work.command);
    if (work.share() >= 0) out.real("percent_done", work.share());
    if (view.left_ns >= 0) out.real("seconds_remaining", static_cast<double>(view.left_ns) / 1e9);
    return out.real("bytes_per_second", view.bytes_per_second)
        .number("bytes_done", work.bytes_done)
        .number("total_bytes", work.bytes_total)
        .number("items_done", work.items_done)
        .number("total_items", work.items_total)
        .text("items", work.items)
        .number("problems", work.problems)
        .number("circuits", work.circuits)
        .number("circuits_building", work.circuits_building);
}

Json node_object(const top::NodeView& node) {
    Json out;
    out.text("metrics", node.place)
        .real("up", node.up)
        .real("down", node.down)
        .real("requests_per_second", node.requests)
        .real("failures_per_second", node.failures)
        .number("open_exchanges", node.open)
        .number("connections", node.connections)
        .number("circuits", node.circuits)
        .number("circuits_building", node.circuits_building);
    if (node.p50_s >= 0) out.real("p50_seconds", node.p50_s).real("p99_seconds", node.p99_s);
    return out.number("repositories", node.repositories)
        .number("segments", node.segments)
        .number("stored_bytes", node.stored_bytes)
        .number("quota_bytes", node.quota_bytes)
        .number("free_bytes", node.free_bytes)
        .real("scrubbing", node.scrubbing)
        .real("rebuilding", node.rebuilding)
        .number("damaged_segments", node.damaged)
        .number("audits_passed", node.audits_passed)
        .number("audits_missed", node.audits_missed)
        .number("lost_heads", node.lost_heads);
}

Json frame_object(const top::Frame& frame, std::int64_t wall_ns) {
    Json out("top");
    out.text("time", utc_time(wall_ns));
    std::vector<Json> heads;
    for (const auto& head : frame.heads)
        heads.push_back(head_object(head));
    std::vector<Json> work;
    for (const auto& view : frame.work)
        work.push_back(work_object(view));
    out.text("repository", frame.repository).objects("heads", heads).objects("work", work);
    if (frame.redundancy) {
        std::vector<Json> packs;
        for (std::size_t i = 0; i < frame.redundancy->packs_with.size(); ++i)
            packs.push_back(
                Json().number("segments", i).number("packs", frame.redundancy->packs_with[i]));
        out.number("snapshots", frame.redundancy->snapshots).objects("packs", packs);
    }
    if (frame.node) out.object("node", node_object(*frame.node));
    return out;
}

/// What there is to look at. The descriptor file may be missing where none was named: then the node
/// and the running commands are what is shown.
Result<top::SamplerOptions> options_from(const Context& context, const TopArgs& args) {
    top::SamplerOptions out;
    TRY(const auto path, descriptor_path(context));
    auto place = load_descriptor(*context.world.files, path);
    const bool may_lack =
        context.globals.repo.empty() && !place && place.error().code() == Errc::not_a_repository;
    if (place)
        out.place = *std::move(place);
    else if (!may_lack)
        return std::unexpected(place.error());
    if (args.metrics != "off") {
        TRY(out.metrics, parse_endpoint(args.metrics));
        out.node_name = args.metrics;
    }
    return out;
}

Result<ExitCode> print_objects(const Context& context, const top::Sampler& sampler, bool once) {
    const auto& clock = *context.world.clock;
    sampler.settle();
    do {
        context.out.object(frame_object(sampler.frame(), clock.wall_ns()));
        CHECK_OK(context.out.flush());
        if (!once) context.world.clock->sleep_ns(json_interval_ns);
    } while (!once && !context.stop.stop_requested());
    return ExitCode::ok;
}

Result<ExitCode> run_top(const Context& context, const TopArgs& args) {
    TRY(auto options, options_from(context, args));
    const top::Sampler sampler(context, std::move(options));
    if (context.out.json()) return print_objects(context, sampler, args.once);
    const bool live =
        !args.once && context.out.settings().out_is_terminal && ::isatty(context.input) == 1;
    if (!live) {
        sampler.settle();
        const auto width =
            context.out.settings().out_is_terminal ? context.out.columns() : paper_width;
        context.out.data(as_bytes(top::render_all(sampler.frame(), width)));
        return ExitCode::ok;
    }
    const bool colours = !context.environment.get("NO_COLOR") &&
                         context.environment.get("TERM").value_or("dumb") != "dumb";
    top::show([&] { return sampler.frame(); }, colours, context.stop);
    return ExitCode::ok;
}

} // namespace

Command top_command() {
    auto args = std::make_shared<TopArgs>();
    Command command;
    command.name = "top";
    command.summary = "watch heads, running commands and the node";
    command.description =
        "Shows, twice a second: the heads of the repository, with the time in which they answer, "
        "what goes to them and comes from them, and how much redundancy there is; the torgo "
        "commands that run on this machine; and the node that runs here. q quits, h names the "
        "other "
        "keys. It needs no pass phrase and changes nothing.\n\n"
        "Without a terminal, or with --once, it prints one moment as text; with --json an object "
        "each second.";
    command.options = {
        text_option(args->metrics, "metrics", "HOST:PORT",
                    "where the node serves its metrics, or \"off\"; 127.0.0.1:9090 when not given"),
        toggle(args->once, "once", "print one moment and end")};
    command.examples = {{"torgo top", "while a backup runs"},
                        {"torgo top --once --json", "for programs"}};
    command.run = [args](const Context& context) {
        return run_top(context, *args);
    };
    return command;
}

} // namespace torgo::cli
