#include "cli/commands/commands.hpp"
#include "cli/commands/mesh.hpp"
#include "cli/format.hpp"
#include "cli/toml_value.hpp"
#include "meshsim/plan.hpp"
#include "radio/report.hpp"

#include <memory>

namespace torgo::cli {

namespace {

constexpr std::uint32_t threads_most = 64;

struct PlanArgs {
    std::string file;
    std::string scenario;
    std::string plot;
    std::uint32_t threads = 0;
};

std::string percent(double share) {
    return radio::digits(100 * share, 2) + " %";
}

Json figures_object(const meshsim::Figures& figures) {
    return Json("mesh_confirmation")
        .number("seed", figures.seed)
        .real("in_time", figures.in_time)
        .real("delivered", figures.delivered)
        .real("median_ms", figures.p50_ms)
        .real("p99_ms", figures.p99_ms)
        .real("connected", figures.connected);
}

void show_round(const Context& context, const meshsim::Round& round, unsigned number) {
    context.out.object(Json("mesh_round")
                           .number("round", number)
                           .number("hops", round.choice.hops)
                           .real("margin_db", round.choice.margin_db)
                           .number("repeats", round.choice.repeats)
                           .number("edges", round.edges)
                           .number("relays", round.relays)
                           .number("cells", round.cells)
                           .real("load", round.busiest)
                           .flag("simulated", round.simulated)
                           .real("in_time", round.figures.in_time)
                           .real("delivered", round.figures.delivered)
                           .text("verdict", round.verdict));
    auto text = std::to_string(number) + ". " + std::to_string(round.choice.hops) +
                (round.choice.hops == 1 ? " hop, margin " : " hops, margin ") +
                radio::digits(round.choice.margin_db, 0) + " dB: " + std::to_string(round.edges) +
                " edge nodes, " + std::to_string(round.relays) + " relays, channel " +
                percent(round.busiest) + " full at worst";
    if (round.simulated)
        text += "; in time " + percent(round.figures.in_time) + ", delivered " +
                percent(round.figures.delivered);
    context.out.say(text);
    context.out.say("   " + round.verdict);
    static_cast<void>(context.out.flush()); // the next one takes a while
}

/// What to buy and how to set it up.
void show_proposal(const Context& context, const meshsim::Survey& survey,
                   const meshsim::Plan& plan) {
    const auto& layout = plan.layout;
    Table table;
    table.column("Proposal");
    table.column("");
    const auto row = [&](const char* name, const std::string& value) {
        table.row({name, value});
    };
    row("sensors", count_text(survey.sensors.size()));
    row("edge nodes", count_text(layout.edges.size()));
    row("relays", count_text(layout.relays.size()));
    row("cells (networks)", count_text(layout.cells));
    row("TTL", std::to_string(layout.choice.hops));
    row("sent", std::to_string(layout.choice.repeats + 1) + " times, 20 ms apart");
    row("channel full at worst", percent(layout.busiest));
    if (layout.unheard != 0) row("sensors that no socket hears", count_text(layout.unheard));
    context.out.lines(table.lines());
}

void show_confirmation(const Context& context, const meshsim::Survey& survey,
                       const meshsim::Plan& plan) {
    Table table;
    table.column("Seed", Table::Align::right);
    table.column("Within " + radio::digits(survey.target.latency_ms, 0) + " ms",
                 Table::Align::right);
    table.column("Delivered", Table::Align::right);
    table.column("Median", Table::Align::right);
    table.column("p99", Table::Align::right);
    for (const auto& figures : plan.confirmed) {
        context.out.object(figures_object(figures));
        table.row({std::to_string(figures.seed), percent(figures.in_time),
                   percent(figures.delivered), radio::digits(figures.p50_ms, 1) + " ms",
                   radio::digits(figures.p99_ms, 1) + " ms"});
    }
    context.out.lines(table.lines());
}

void show_end(const Context& context, const meshsim::Survey& survey, const meshsim::Plan& plan) {
    context.out.object(Json("mesh_plan")
                           .flag("met", plan.met)
                           .number("sensors", survey.sensors.size())
                           .number("edges", plan.layout.edges.size())
                           .number("relays", plan.layout.relays.size())
                           .number("cells", plan.layout.cells)
                           .number("ttl", plan.layout.choice.hops)
                           .number("repeats", plan.layout.choice.repeats)
                           .real("load", plan.layout.busiest)
                           .number("unheard", plan.layout.unheard));
    if (!plan.met)
        context.out.warn("the target is not met; this is the best that was found. More sockets, a "
                         "longer period or a weaker target may help");
}

/// [CLI-39] The file holds what the simulator ran, to the last digit.
Result<> write_results(const Context& context, const PlanArgs& args, const meshsim::Plan& plan) {
    if (!args.scenario.empty()) {
        TRY(const auto text, toml_text(plan.scenario));
        CHECK_OK(write_mesh_file(context, args.scenario, text));
        context.out.say("Scenario: " + args.scenario);
    }
    if (args.plot.empty()) return {};
    TRY(auto scenario, radio::read_scenario(plan.scenario));
    TRY(const auto report,
        simulate(context, std::move(scenario), threads_of(args.threads), "drawing"));
    CHECK_OK(write_mesh_file(context, args.plot, radio::picture_svg(report)));
    context.out.say("Picture: " + args.plot);
    return {};
}

Result<ExitCode> run_plan(const Context& context, const PlanArgs& args) {
    TRY(const auto document, read_mesh_file(context, args.file));
    auto survey = meshsim::read_survey(document);
    if (!survey) return std::unexpected(in_file(args.file, survey.error()));
    unsigned number = 0;
    const auto run = [&](radio::Scenario scenario) {
        return simulate(context, std::move(scenario), threads_of(args.threads),
                        "round " + std::to_string(number + 1));
    };
    TRY(const auto plan, meshsim::find_plan(*survey, run, [&](const meshsim::Round& round) {
            show_round(context, round, ++number);
        }));
    show_proposal(context, *survey, plan);
    show_confirmation(context, *survey, plan);
    CHECK_OK(write_results(context, args, plan));
    show_end(context, *survey, plan);
    return plan.met ? ExitCode::ok : ExitCode::failed;
}

} // namespace

Command mesh_plan_command() {
    auto args = std::make_shared<PlanArgs>();
    Command command;
    command.name = "plan";
    command.summary = "find relays, edge nodes and networks for a building";
    command.description =
        "Takes a building (docs/spec/mesh-plan.md): walls, sensors, the sockets where relays and "
        "edge nodes could hang, and what is wanted: so many readings within so many milliseconds. "
        "Proposes edge nodes, relays, TTL, repeats and cells, runs each proposal in the simulator "
        "and changes what was wrong with it. The last one is run with further seeds: walls are "
        "known beforehand, the shadows that beds and people cast are not.\n\n"
        "Exit code 1 when the target was not met; the best proposal is shown all the same.";
    auto file = text_argument(args->file, "PLAN", "the building, a TOML file");
    file.offer = Offer::file;
    command.arguments = {std::move(file)};
    auto scenario = text_option(args->scenario, "scenario", "FILE",
                                "write what was found as a scenario for \"torgo mesh simulate\"");
    scenario.offer = Offer::file;
    auto plot = text_option(args->plot, "plot", "FILE", "write a picture of it (SVG)");
    plot.offer = Offer::file;
    command.options = {std::move(scenario), std::move(plot),
                       number_option(args->threads, "threads", "N", {0, threads_most},
                                     "threads; as many as cores when not given or 0")};
    command.examples = {{"torgo mesh plan examples/mesh/hospital-plan.toml --plot hospital.svg",
                         "9,600 sensors, 99 % of their readings within 100 ms"}};
    command.run = [args](const Context& context) {
        return run_plan(context, *args);
    };
    return command;
}

} // namespace torgo::cli
