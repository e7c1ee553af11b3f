#include "cli/cli.hpp"

#include "cli/advice.hpp"
#include "cli/begun.hpp"
#include "cli/commands/commands.hpp"
#include "cli/config.hpp"
#include "cli/context.hpp"
#include "cli/help.hpp"
#include "cli/own_receipts.hpp"
#include "cli/parser.hpp"
#include "cli/signals.hpp"
#include "cli/toml.hpp"
#include "crypto/selftest.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"
#include "sandbox/enter.hpp"

#include <unistd.h>

#include <algorithm>
#include <exception>

namespace torgo::cli {

namespace {

constexpr std::string_view program_prefix = "torgo ";
constexpr std::string_view stop_notice =
    "stopping at a safe point; press Ctrl-C again to stop at once";

/// Asked for before the command line is understood, so that errors in it are JSON too.
bool wants_json(const std::vector<std::string>& words) {
    const auto end = std::ranges::find(words, "--");
    return std::find(words.begin(), end, "--json") != end;
}

Output::Settings settings_for(const Globals& globals) {
    return {.json = globals.json,
            .quiet = globals.quiet,
            .verbose = globals.verbose,
            .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
            .err_is_terminal = ::isatty(STDERR_FILENO) == 1};
}

/// An option that says where to look for the others: it cannot come from the configuration.
std::string early(const Invocation& invocation, const Environment& environment,
                  std::string_view name, const char* variable) {
    for (const auto& given : invocation.given) {
        if (given.option->name == name) return given.values.front();
    }
    return environment.get(variable).value_or("");
}

Result<Config> load_config(const env::World& world, const Environment& environment,
                           const Command& root, const Invocation& invocation) {
    const auto named = early(invocation, environment, "config", "TORGO_CONFIG");
    const auto profile = early(invocation, environment, "profile", "TORGO_PROFILE");
    std::string path;
    if (!named.empty()) {
        TRY(path, environment.absolute(named));
    } else if (const auto folder = environment.config_folder()) {
        path = *folder + "/torgo.toml";
    }
    auto content = env::read_file(*world.files, path, toml_file_max);
    if (!content && content.error().code() == Errc::not_found && named.empty()) {
        if (profile.empty()) return Config{};
        return fail(Errc::invalid_argument,
                    "profile \"" + profile + "\" is asked for, and there is no " + path);
    }
    if (!content) return std::unexpected(std::move(content).error().with("reading the settings"));
    return read_config(as_text(*content), path, root, profile);
}

/// TORGO_PASSWORD is stronger than what torgo.toml says about pass phrases and key files.
void yield_to_password_variable(Config& config, const Environment& environment) {
    if (!environment.get("TORGO_PASSWORD")) return;
    for (const auto* key : {"password-file", "password-command", "key-file"})
        config.values.erase(key);
}

/// Everything of one run, in the order it comes to be.
class Program {
public:
    Program(const env::World& world, const Environment& environment,
            const std::vector<std::string>& words)
        : m_world(world),
          m_environment(environment),
          m_words(words),
          m_out(STDOUT_FILENO, STDERR_FILENO, Output::Settings{.json = wants_json(words)}),
          m_root(command_tree(m_globals)) {}

    ExitCode run() {
        auto result = prepare_and_run();
        if (auto written = m_out.flush(); !written && result)
            result = std::unexpected(written.error());
        return result ? *result : m_out.error(result.error());
    }

private:
    Result<ExitCode> prepare_and_run() {
        TRY(auto invocation, parse(m_root, m_words));
        if (invocation.help || invocation.command().run == nullptr) return help(invocation);
        TRY(auto config, load_config(m_world, m_environment, m_root, invocation));
        yield_to_password_variable(config, m_environment);
        CHECK_OK(assign_options(invocation, m_environment, config));
        CHECK_OK(assign_arguments(invocation));
        m_out.configure(settings_for(m_globals));
        return execute(invocation, config);
    }

    /// Asked for, it is the result; a command that is named without what it needs gets it as an
    /// error.
    Result<ExitCode> help(const Invocation& invocation) {
        const auto text = help_text(invocation.path);
        const bool asked = invocation.help || invocation.path.size() == 1;
        if (!asked) {
            return fail(Errc::invalid_argument, "\"" + full_name(invocation.path) +
                                                    "\" needs one of its commands (\"" +
                                                    full_name(invocation.path) + " --help\")");
        }
        m_out.data(as_bytes(text));
        return ExitCode::ok;
    }

    Result<ExitCode> execute(const Invocation& invocation, const Config& config) {
        crypto::on_notice([this](std::string_view sentence) {
            if (m_out.verbose()) m_out.warn(sentence);
        });
        const StopSignals signals([this] {
            if (!m_out.json()) m_out.warn(stop_notice);
        });
        TerminalPrompter prompter(signals.token());
        TRY(auto settings, heads_settings());
        const Heads heads(m_world, std::move(settings), m_out, signals.token());
        Account account(m_world.clock->wall_ns());
        const Context context{.world = m_world,
                              .heads = heads,
                              .environment = m_environment,
                              .globals = m_globals,
                              .config = config,
                              .root = m_root,
                              .command = full_name(invocation.path).substr(program_prefix.size()),
                              .account = account,
                              .out = m_out,
                              .prompter = prompter,
                              .input = STDIN_FILENO,
                              .stop = signals.token()};
        if (context.command.starts_with("receipt ")) settle_killed(context);
        const BegunNote note(context);
        auto result = invocation.command().run(context);
        if (!signals.token().stop_requested()) heads.leave_receipts();
        leave_receipt(context, result);
        crypto::on_notice({});
        return result;
    }

    /// A user without a home has no heads on nodes.
    Result<Heads::Settings> heads_settings() const {
        Heads::Settings out;
        out.tor = {.socks = m_globals.tor_socks, .config = {}, .folder = {}};
        if (!m_globals.tor_config.empty()) {
            TRY(out.tor.config, m_environment.absolute(m_globals.tor_config));
        }
        const auto state = m_environment.state_folder().value_or("/nonexistent");
        out.identity = state + "/identity";
        out.state = state;
        out.tor.folder = state + "/tor";
        out.rates = m_globals.rates;
        return out;
    }

    env::World m_world;
    const Environment& m_environment;
    const std::vector<std::string>& m_words;
    Globals m_globals;
    Output m_out;
    Command m_root;
};

} // namespace

int run(const env::World& world, const Environment& environment,
        const std::vector<std::string>& words) {
    if (!words.empty() && words.front() == sandbox_word)
        return sandbox::enter({words.begin() + 1, words.end()});
    // Habit of many programs; here it is a command like the others.
    const auto& meant = words == std::vector<std::string>{"--version"}
                            ? std::vector<std::string>{"version"}
                            : words;
    return static_cast<int>(Program(world, environment, meant).run());
}

} // namespace torgo::cli
