#include "cli/commands/quantum.hpp"
#include "cli/format.hpp"
#include "quantum/jobs.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <memory>

namespace torgo::cli {

namespace {

constexpr std::uint32_t shots_most = 1'000'000;
constexpr double bond_least = 0.2; // ångström
constexpr double bond_most = 4;

struct JobArgs {
    std::uint32_t shots = 1024;
    std::uint32_t seed = 1;
    double bond = 0.735;
    std::string plot;
};

using Job = quantum::JobReport (*)(const JobArgs& args, std::stop_token stop);

quantum::JobSettings settings_of(const JobArgs& args, std::stop_token stop) {
    return {.shots = args.shots, .seed = args.seed, .stop = std::move(stop)};
}

Json job_json(const std::string& name, const quantum::JobReport& report) {
    Json figures;
    for (const auto& [what, value] : report.figures)
        figures.text(what, value);
    return Json("quantum_job")
        .text("job", name)
        .text("answer", report.answer)
        .real("value", report.value)
        .text("exact", report.exact)
        .real("exact_value", report.exact_value)
        .text("unit", report.unit)
        .flag("same", report.same)
        .object("figures", figures)
        .text("note", report.note);
}

std::string worth(const std::string& answer, double value, const std::string& unit) {
    return answer.ends_with(unit) ? answer
                                  : answer + " (" + quantum::digits(value, 3) + " " + unit + ")";
}

void show(const Context& context, const quantum::JobReport& report) {
    auto& out = context.out;
    out.line(report.title);
    for (const auto& line : report.problem)
        out.say("  " + line);
    out.line("");
    out.line("circuits found       " + worth(report.answer, report.value, report.unit));
    out.line("exactly, by ordinary " + worth(report.exact, report.exact_value, report.unit));
    out.line(report.same ? "They agree."
                         : "They do not agree: more shots or another seed may help.");
    out.line("");
    Table table;
    table.column("Figure");
    table.column("Value", Table::Align::right);
    for (const auto& [what, value] : report.figures)
        table.row({what, value});
    out.lines(table.lines());
    out.say("");
    for (const auto& line : wrapped(report.note, 96))
        out.say(line);
}

Result<ExitCode> run_job(const Context& context, const std::string& name, Job job,
                         const JobArgs& args) {
    const auto report = job(args, context.stop);
    if (context.stop.stop_requested()) return fail(Errc::cancelled, "the job was stopped");
    if (!args.plot.empty())
        CHECK_OK(write_quantum_picture(context, args.plot, report.circuit, {}, report.title));
    context.out.object(job_json(name, report));
    show(context, report);
    if (!args.plot.empty()) context.out.say("Picture: " + args.plot);
    return report.same ? ExitCode::ok : ExitCode::failed;
}

Option bond_option(double& bond) {
    Option out;
    out.name = "distance";
    out.value = "ANGSTROM";
    out.help = "between the two nuclei; 0.735 when not given";
    out.set = [&bond](const std::string& text) -> Result<> {
        const auto read = std::from_chars(text.data(), text.data() + text.size(), bond);
        if (read.ec != std::errc{} || read.ptr != text.data() + text.size() ||
            !(bond >= bond_least && bond <= bond_most))
            return fail(Errc::invalid_argument, "a length from 0.2 to 4 ångström is wanted");
        return {};
    };
    return out;
}

Command job_command(const std::string& name, std::string summary, Job job) {
    auto args = std::make_shared<JobArgs>();
    Command command;
    command.name = name;
    command.summary = std::move(summary);
    command.description =
        "Solves one small example with simulated circuits, prints the exact answer of an ordinary "
        "program beside it, and says what quantum adds here and what not (docs/quantum.md). Exit "
        "code 1 when the two do not agree.";
    auto plot =
        text_option(args->plot, "plot", "FILE", "write a picture (SVG) of the last circuit");
    plot.offer = Offer::file;
    constexpr std::uint32_t seed_most = std::numeric_limits<std::uint32_t>::max();
    if (name == "placement" || name == "contacts")
        command.options.push_back(
            number_option(args->shots, "shots", "N", {1, shots_most},
                          "how often the circuit is run; 1024 when not given"));
    if (name == "h2")
        command.options.push_back(bond_option(args->bond));
    else
        command.options.push_back(number_option(args->seed, "seed", "N", {0, seed_most},
                                                "all chance follows from it; 1 when not given"));
    command.options.push_back(std::move(plot));
    command.examples = {{"torgo quantum job " + name, "run it"}};
    command.run = [args, name, job](const Context& context) {
        return run_job(context, name, job, *args);
    };
    return command;
}

} // namespace

Command quantum_job_command() {
    Command command;
    command.name = "job";
    command.summary = "small jobs by simulated circuits, with the exact answer beside";
    command.description =
        "Each job is small enough that an ordinary program finds the exact answer at once, and "
        "prints it beside what the circuits found.";
    command.children.push_back(job_command("placement", "which heads get a segment (QAOA)",
                                           [](const JobArgs& args, std::stop_token stop) {
                                               return quantum::placement_job(
                                                   settings_of(args, std::move(stop)));
                                           }));
    command.children.push_back(job_command("contacts", "which passes over ground stations (QAOA)",
                                           [](const JobArgs& args, std::stop_token stop) {
                                               return quantum::contacts_job(
                                                   settings_of(args, std::move(stop)));
                                           }));
    command.children.push_back(job_command("h2", "the energy of a hydrogen molecule (VQE)",
                                           [](const JobArgs& args, std::stop_token stop) {
                                               return quantum::h2_job(
                                                   settings_of(args, std::move(stop)), args.bond);
                                           }));
    command.children.push_back(job_command("burn", "when to burn for a rendezvous (Grover)",
                                           [](const JobArgs& args, std::stop_token stop) {
                                               return quantum::burn_job(
                                                   settings_of(args, std::move(stop)));
                                           }));
    return command;
}

} // namespace torgo::cli
