#include "base/hex.hpp"
#include "base/id.hpp"
#include "base/utf8_cut.hpp"
#include "cli/child.hpp"
#include "cli/cli.hpp"
#include "cli/commands/maml.hpp"
#include "cli/commands/mesh.hpp"
#include "cli/commands/quantum.hpp"
#include "cli/format.hpp"
#include "cli/own_receipts.hpp"
#include "cli/workflow_machine.hpp"
#include "cli/workflow_services.hpp"
#include "crypto/hash.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "env/random.hpp"
#include "maml/signature.hpp"
#include "workflow/inputs.hpp"
#include "workflow/run.hpp"
#include "workflow/sandboxed.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace torgo::cli {

namespace {

using workflow::Report;

constexpr std::uint32_t timeout_most = 604'800;
constexpr std::uint32_t shots_most = 10'000'000;
constexpr std::size_t shown_output_max = 300;
constexpr std::string_view trust_words = "I trust this file";

struct RunArgs {
    std::string file;
    std::vector<std::string> inputs;
    std::string inputs_file;
    std::string principal = "agent://local";
    std::string node = "gateway://local";
    std::string python = "/usr/bin/python3";
    std::string no_sandbox;
    std::string trust;
    std::string resume;
    std::uint32_t timeout_s = 0;
    std::uint32_t shots = 1024;
    std::uint32_t seed = 1;
    bool dry_run = false;
    bool history = false;
};

/// `NAME=VALUE`: JSON where the text is JSON, else a text.
Result<> add_input(workflow::Values& values, const std::string& word) {
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    if (equals == std::string::npos || !workflow::is_value_name(name))
        return fail(Errc::invalid_argument, "--input " + word + " is not NAME=VALUE");
    const auto text = word.substr(equals + 1);
    auto json = gospel::value_of_json(text);
    values.insert_or_assign(name, json ? *json : gospel::Value::text(text));
    return {};
}

Result<workflow::Values> given_inputs(const Context& context, const RunArgs& args) {
    workflow::Values out;
    if (!args.inputs_file.empty()) {
        TRY(const auto path, context.environment.absolute(args.inputs_file));
        TRY(const auto bytes,
            env::read_file(*context.world.files, path, gospel::value_json_size_max));
        auto values = workflow::values_of(as_text(bytes));
        if (!values) return std::unexpected(in_file(args.inputs_file, values.error()));
        out = *std::move(values);
    }
    for (const auto& word : args.inputs)
        CHECK_OK(add_input(out, word));
    return out;
}

/// Leniently, but for what says how it is to be verified: a wrong word there would switch it off.
Result<maml::Document> read_to_run(const Context& context, const RunArgs& args,
                                   const MamlFile& file) {
    auto reading = maml::read(file.text, maml::Level::lenient);
    if (!reading.document)
        return fail(Errc::invalid_argument, args.file + ":" + maml::first_error(reading.findings));
    for (const auto& finding : reading.findings.list()) {
        const auto words = args.file + ":" + maml::words(finding);
        if (finding.rule == "MAML-13") return fail(Errc::invalid_argument, words);
        context.out.warn(words);
    }
    return *std::move(reading.document);
}

/// [CLI-75] What is refused before anything ran, but for rights and requirements, is a wrong call.
Error as_refusal(Error error) {
    const bool wrong = error.code() == Errc::unsupported || error.code() == Errc::limit_exceeded;
    return wrong ? Error(Errc::invalid_argument, error.detail(), error.where()) : std::move(error);
}

Result<> check_signature(const Context& context, const RunArgs& args, const MamlFile& file,
                         const maml::Document& document, const std::vector<maml::SpecFile>& specs) {
    if (args.trust.empty()) return {};
    TRY(const auto bytes,
        env::read_file(*context.world.files, file.path + std::string(maml::signature_suffix),
                       maml::signature_file_max));
    TRY(const auto by, maml::verify(document, specs, as_text(bytes), args.trust));
    context.out.say("Signed by " + printable(by.signer) + ", " + by.signed_at);
    return {};
}

Result<workflow::OpenChannel> opener(const Context& context, const RunArgs& args) {
    if (!args.no_sandbox.empty()) return workflow::open_without_sandbox(context.world);
    TRY(auto path, own_program());
    return workflow::open_in_sandbox(
        context.world,
        {.path = std::move(path), .words = {std::string(sandbox_word)}, .folders = {}});
}

maml::Caller caller_of(const RunArgs& args) {
    // On one's own machine one is who one says; a gateway takes it from a token.
    return {.principal = args.principal, .may_read = true, .may_write = true, .may_execute = true};
}

maml::NodePolicy policy_of(const RunArgs& args) {
    const std::vector<std::string> caller{args.principal};
    return {.node = args.node, .callers = {.read = caller, .write = caller, .execute = caller}};
}

std::vector<std::string_view> lines_in(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        out.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

void show_event(const Context& context, const workflow::Event& event) {
    context.out.object(Json("maml_event")
                           .text("what", event.what)
                           .number("block", event.block)
                           .text("text", event.text));
    const auto block = "block " + std::to_string(event.block);
    if (event.what == "block_began") context.out.say(block + ": " + event.text);
    if (event.what == "call") context.out.say("  asks for " + printable(event.text));
    if (event.what == "output") {
        for (const auto line : lines_in(event.text))
            context.out.say("  | " + printable(line));
    }
    (void)context.out.flush();
}

void show_requirements(const Context& context, const Report& report) {
    using State = workflow::Resolution::State;
    for (const auto& one : report.requirements) {
        const auto what = one.need.text();
        const char* state = one.state == State::there      ? "there"
                            : one.state == State::replaced ? "replaced"
                                                           : "missing";
        context.out.object(Json("maml_requirement")
                               .text("name", what)
                               .text("state", state)
                               .text("found", one.found)
                               .text("note", one.note));
    }
    for (const auto& warning : report.warnings)
        context.out.warn(warning);
}

/// For people; --json has all of it.
std::string shortened(std::string text) {
    if (text.size() <= shown_output_max) return text;
    return std::string(cut_utf8(text, shown_output_max)) + "… (" + size_text(text.size()) +
           "; --json shows all)";
}

std::string starts_json(const Report& report) {
    gospel::Value::List out;
    for (const auto one : report.starts_ms)
        out.push_back(gospel::Value::real(one));
    return gospel::json_of_value(gospel::Value::list(std::move(out)));
}

void show_report(const Context& context, const RunArgs& args, const std::string& id,
                 const Report& report) {
    context.out.object(Json("maml_run")
                           .text("file", args.file)
                           .text("run", id)
                           .text("state", workflow::name(report.state))
                           .number("blocks_run", report.blocks_run)
                           .text("sandbox", report.layers)
                           .texts("wrong", report.wrong)
                           .json("starts_ms", starts_json(report))
                           .json("outputs", workflow::json_of(report.outputs)));
    for (const auto& problem : report.wrong) {
        for (const auto line : lines_in(problem))
            context.out.line(printable(line));
    }
    if (report.state == Report::State::completed) {
        for (const auto& [name, value] : report.outputs)
            context.out.line(name + " = " + shortened(printable(gospel::json_of_value(value))));
    }
    context.out.say("Run " + id + ": " + std::string(workflow::name(report.state)) + ", " +
                    plural(report.blocks_run, "block", "blocks") +
                    (report.layers.empty() ? "" : "; sandbox: " + report.layers));
    if (report.state != Report::State::completed && report.blocks_run > 0)
        context.out.say("What is done stays done; \"torgo maml run --resume " + id + " " +
                        printable(args.file) + "\" goes on behind it.");
}

std::string new_run_id(const Context& context) {
    std::array<std::uint8_t, 16> name{};
    context.world.random->fill(name);
    return to_hex(name);
}

Result<> check_args(const RunArgs& args) {
    if (!args.no_sandbox.empty() && args.no_sandbox != trust_words)
        return fail(Errc::invalid_argument, "--no-sandbox lets the file do all that you may do; if "
                                            "you mean that, say --no-sandbox \"" +
                                                std::string(trust_words) + "\"");
    for (const auto& uri : {args.principal, args.node}) {
        if (!maml::is_principal(uri))
            return fail(Errc::invalid_argument, "\"" + uri + "\" is no name like agent://ward7");
    }
    if (!args.resume.empty() && !RepoId::parse(args.resume))
        return fail(Errc::invalid_argument, "a run has a name of 32 hexadecimal digits");
    if (args.python.empty() || args.python.front() != '/')
        return fail(Errc::invalid_argument, "--python wants an absolute path");
    return {};
}

ExitCode exit_code_of(Report::State state) {
    switch (state) {
    case Report::State::completed:
        return ExitCode::ok;
    case Report::State::cancelled:
        return ExitCode::interrupted;
    case Report::State::failed:
        break;
    }
    return ExitCode::failed;
}

/// What they do elsewhere no receipt tells. (RECEIPT-31)
void note_unconfined(const Context& context, const maml::Document& document) {
    std::size_t number = 0;
    for (const auto& block : maml::code_blocks(document))
        context.account.input(std::string(unconfined_block),
                              std::to_string(++number) + " (" + block.language + ")");
}

/// [CLI-75]
Result<ExitCode> run_run(const Context& context, const RunArgs& args) {
    CHECK_OK(check_args(args));
    TRY(const auto file, read_maml_file(context, args.file));
    TRY(const auto document, read_to_run(context, args, file));
    auto folder = env::parent_path(file.path);
    TRY(auto specs,
        workflow::read_specs(*context.world.files, folder, document.front.verification));
    const auto hashes = workflow::hashes_of(specs);
    CHECK_OK(check_signature(context, args, file, document, hashes));
    TRY(const auto own, own_receipts(context));
    workflow::Order order{.document = document,
                          .name = file.path.substr(file.path.rfind('/') + 1),
                          .folder = std::move(folder),
                          .specs = std::move(specs),
                          .file_hash =
                              crypto::sha256(as_bytes(maml::signed_form(document, hashes))),
                          .given = {},
                          .caller = caller_of(args),
                          .policy = policy_of(args),
                          .python = args.python,
                          .timeout_s = args.timeout_s,
                          .shots = {.count = args.shots,
                                    .seed = args.seed,
                                    .threads = threads_of(0),
                                    .memory_free = memory_for_states(context)},
                          .run_folder = {},
                          .run_id = args.resume.empty() ? new_run_id(context) : args.resume,
                          .resume = !args.resume.empty(),
                          .dry_run = args.dry_run};
    TRY(order.given, given_inputs(context, args));
    if (order.timeout_s == 0)
        order.timeout_s = document.front.timeout_seconds.value_or(workflow::timeout_default_s);
    order.run_folder = own.state + "/workflows/" + order.run_id;
    TRY(auto open, opener(context, args));
    const workflow::Surroundings around{
        .world = context.world,
        .open = std::move(open),
        .key = own.key,
        .machine = this_machine(context, args.python),
        .tell = [&](const workflow::Event& event) { show_event(context, event); },
        .now = [&] { return utc_time(context.world.clock->wall_ns()); },
        .stop = context.stop};
    auto prepared = workflow::Prepared::make(order, around);
    if (!prepared) return std::unexpected(as_refusal(prepared.error()));
    show_requirements(context, prepared->report());
    if (args.dry_run) {
        context.out.line(printable(args.file) + ": nothing speaks against running it");
        return ExitCode::ok;
    }
    context.account.begin()
        .input("workflow", order.name, order.file_hash)
        .output("run", order.run_id);
    if (!args.no_sandbox.empty()) note_unconfined(context, document);
    TRY(const auto report,
        prepared->run(workflow_services(context, order.folder, prepared->report(),
                                        std::string(run_tag_prefix) + order.run_id)));
    context.account.output("outputs", "outputs",
                           crypto::sha256(as_bytes(workflow::json_of(report.outputs))));
    show_report(context, args, order.run_id, report);
    if (args.history) {
        TRY(const auto target, maml_target(file));
        CHECK_OK(maml::append_history(*context.world.files, target.path,
                                      {.time = around.now(),
                                       .verb = "RUN",
                                       .text = std::string(workflow::name(report.state)) + " run " +
                                               order.run_id + " by " + args.principal},
                                      target.secret));
    }
    return exit_code_of(report.state);
}

std::vector<Option> options_of(RunArgs& args) {
    auto inputs = text_option(args.inputs_file, "inputs", "FILE", "inputs as one JSON object");
    inputs.offer = Offer::file;
    auto python = text_option(args.python, "python", "FILE",
                              "Python of a virtual environment; /usr/bin/python3 when not given");
    python.offer = Offer::file;
    return {
        list_option(args.inputs, "input", "NAME=VALUE",
                    "an input, over what the file's Context says; JSON, or else text"),
        std::move(inputs),
        text_option(args.principal, "as", "URI", "who asks; agent://local when not given"),
        text_option(args.node, "node", "URI",
                    "what this machine is called; gateway://local when not given"),
        std::move(python),
        number_option(args.shots, "shots", "N", {.least = 1, .most = shots_most},
                      "measure circuits so often; 1024 when not given"),
        number_option(args.seed, "seed", "N", {}, "the chance of measurements; 1 when not given"),
        number_option(args.timeout_s, "timeout", "SECONDS", {.least = 1, .most = timeout_most},
                      "stop after so long; the file's timeout_seconds, or 600, when not given"),
        text_option(args.trust, "trust", "KEYID",
                    "run it only if it is signed by this key (\"torgo maml verify\")"),
        text_option(args.resume, "resume", "RUN", "go on behind the last block that was done"),
        toggle(args.dry_run, "dry-run", "check all that can be checked, and run nothing"),
        toggle(args.history, "history", "add a line to the file's History"),
        text_option(args.no_sandbox, "no-sandbox", "WORDS",
                    "run blocks as programs that may do all that you may; WORDS are \"" +
                        std::string(trust_words) + "\"")};
}

} // namespace

Command maml_run_command() {
    auto args = std::make_shared<RunArgs>();
    Command command;
    command.name = "run";
    command.summary = "run a workflow";
    command.description =
        "Checks everything first: the file, who may run it here, what it requires, its inputs and "
        "its specification. Then its blocks run one after another, each in a sandbox that reaches "
        "nothing but this program, and share named values (docs/spec/workflow.md). What a block "
        "asks for is given only where the file's permissions allow it. A ticket is signed before, "
        "a record after, and a receipt is left.\n\n"
        "Exit code 1 when a block fails or the specification is broken.";
    auto file = text_argument(args->file, "FILE", "a workflow (NAME.maml.md)");
    file.offer = Offer::file;
    command.arguments = {std::move(file)};
    command.options = options_of(*args);
    command.examples = {
        {"torgo maml run ward.maml.md --input dataset=vitals.csv", "with an input of its own"},
        {"torgo maml run ward.maml.md --dry-run", "whether it would be run here, and why not"}};
    command.run = [args](const Context& context) {
        return run_run(context, *args);
    };
    return command;
}

} // namespace torgo::cli
