#include "cli/commands/mesh.hpp"
#include "cli/commands/quantum.hpp"
#include "cli/format.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "quantum/pauli.hpp"
#include "quantum/qasm.hpp"
#include "quantum/runner.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <memory>

namespace torgo::cli {

namespace {

constexpr std::uint32_t shots_most = 10'000'000;
constexpr std::uint32_t threads_most = 64;

struct RunArgs {
    std::string file;
    std::uint32_t shots = 1024;
    std::uint32_t seed = 0;
    std::uint32_t threads = 0;
    std::string noise;
    std::vector<std::string> expectations;
    std::string plot;
};

struct Expectation {
    std::string text;
    double value = 0;
};

Result<quantum::Circuit> read_circuit(const Context& context, const std::string& path) {
    TRY(const auto absolute, context.environment.absolute(path));
    TRY(const auto bytes, env::read_file(*context.world.files, absolute, quantum::max_file));
    auto circuit = quantum::read_qasm(as_text(bytes));
    if (!circuit) return std::unexpected(in_file(path, circuit.error()));
    return circuit;
}

/// Of the state before the measurements at the circuit's end.
Result<std::vector<Expectation>> expectations(const RunArgs& args, quantum::Circuit circuit,
                                              const quantum::RunSettings& settings) {
    std::vector<Expectation> out;
    if (args.expectations.empty()) return out;
    std::vector<quantum::PauliSum> sums;
    for (const auto& text : args.expectations) {
        TRY(sums.emplace_back(), quantum::read_pauli_sum(text, circuit.qubits));
    }
    auto& all = circuit.operations;
    while (!all.empty() && all.back().kind == quantum::Kind::measure &&
           all.back().conditions.empty())
        all.pop_back();
    TRY(const auto state,
        quantum::final_state(circuit, settings.memory_free, settings.threads, settings.stop));
    for (std::size_t i = 0; i < sums.size(); ++i)
        out.push_back({args.expectations[i], quantum::expectation(state, sums[i], settings.stop)});
    if (settings.stop.stop_requested()) return fail(Errc::cancelled, "the run was stopped");
    return out;
}

Json run_json(const RunArgs& args, const quantum::Circuit& circuit, const quantum::Outcome& outcome,
              double milliseconds, const std::vector<Expectation>& values) {
    std::vector<Json> counts;
    for (const auto& [bits, count] : outcome.counts)
        counts.push_back(
            Json().text("result", quantum::bits_text(circuit, bits)).number("count", count));
    std::vector<Json> means;
    for (const auto& one : values)
        means.push_back(Json().text("operator", one.text).real("value", one.value));
    return Json("quantum_run")
        .text("file", args.file)
        .number("qubits", circuit.qubits)
        .number("operations", circuit.operations.size())
        .number("shots", args.shots)
        .number("seed", args.seed)
        .text("noise", args.noise)
        .flag("one_state", outcome.one_state)
        .real("milliseconds", milliseconds)
        .objects("counts", counts)
        .objects("expectations", means);
}

std::string value_text(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%+.9f", value);
    return text.data();
}

void show(const Context& context, const RunArgs& args, const quantum::Circuit& circuit,
          const quantum::Outcome& outcome, double milliseconds) {
    std::array<char, 64> took{};
    std::snprintf(took.data(), took.size(), "%.3f ms", milliseconds);
    context.out.say(plural(circuit.qubits, "qubit", "qubits") + ", " +
                    plural(circuit.operations.size(), "operation", "operations") + ", " +
                    plural(args.shots, "shot", "shots") + " in " + took.data() +
                    (outcome.one_state ? " from one state" : ", each with a state of its own") +
                    "; seed " + std::to_string(args.seed));
    context.out.lines(counts_lines(circuit, outcome.counts));
}

Result<ExitCode> run_circuit(const Context& context, const RunArgs& args) {
    TRY(auto circuit, read_circuit(context, args.file));
    quantum::RunSettings settings;
    settings.shots = args.shots;
    settings.seed = args.seed;
    settings.threads = threads_of(args.threads);
    settings.memory_free = memory_for_states(context);
    settings.stop = context.stop;
    TRY(settings.noise, quantum::read_noise(args.noise));
    TRY(const auto values, expectations(args, circuit, settings));
    if (quantum::measure_all_if_none(circuit))
        context.out.say("The file measures nothing: all qubits are measured at its end.");
    const auto begin = context.world.clock->monotonic_ns();
    TRY(const auto outcome, quantum::run(circuit, settings));
    const auto took = static_cast<double>(context.world.clock->monotonic_ns() - begin) / 1e6;
    if (!args.plot.empty())
        CHECK_OK(write_quantum_picture(context, args.plot, circuit, outcome.counts, args.file));
    context.out.object(run_json(args, circuit, outcome, took, values));
    show(context, args, circuit, outcome, took);
    for (const auto& one : values)
        context.out.line("⟨" + one.text + "⟩ = " + value_text(one.value));
    if (!args.plot.empty()) context.out.say("Picture: " + args.plot);
    return ExitCode::ok;
}

std::vector<Option> run_options(RunArgs& args) {
    constexpr std::uint32_t seed_most = std::numeric_limits<std::uint32_t>::max();
    auto plot = text_option(args.plot, "plot", "FILE",
                            "write a picture (SVG) of the circuit and the results");
    plot.offer = Offer::file;
    return {
        number_option(args.shots, "shots", "N", {1, shots_most}, "how often; 1024 when not given"),
        number_option(args.seed, "seed", "N", {0, seed_most},
                      "all chance follows from it; 0 when not given"),
        number_option(args.threads, "threads", "N", {0, threads_most},
                      "threads; as many as cores when not given or 0. The result does not "
                      "depend on it"),
        text_option(args.noise, "noise", "LIST",
                    "what goes wrong by chance, as bitflip=0.01,readout=0.02; also phaseflip, "
                    "depolarizing, damping"),
        list_option(args.expectations, "expect", "OPERATOR",
                    "print the expectation of a sum of Pauli words, as 0.5*Z0*Z1 - X2, of the "
                    "state before the last measurements, without noise"),
        std::move(plot)};
}

} // namespace

Command quantum_run_command() {
    auto args = std::make_shared<RunArgs>();
    Command command;
    command.name = "run";
    command.summary = "simulate a circuit written in OpenQASM";
    command.description =
        "Simulates a circuit of OpenQASM 2 or 3, in the subset of docs/spec/openqasm-subset.md, "
        "and "
        "prints how often each result came up. A state of n qubits takes 2^n times 16 bytes: more "
        "than is free is refused before anything is run.\n\n"
        "The same file, seed and noise give the same counts.";
    auto file = text_argument(args->file, "FILE", "the circuit");
    file.offer = Offer::file;
    command.arguments = {std::move(file)};
    command.options = run_options(*args);
    command.examples = {
        {"torgo quantum run examples/quantum/ghz.qasm --shots 4000 --plot ghz.svg",
         "eight qubits that are all 0 or all 1, drawn"},
        {"torgo quantum run examples/quantum/ghz.qasm --noise depolarizing=0.01 --expect Z0*Z7",
         "the same with noise, and how the first and the last agree without it"}};
    command.run = [args](const Context& context) {
        return run_circuit(context, *args);
    };
    return command;
}

} // namespace torgo::cli
