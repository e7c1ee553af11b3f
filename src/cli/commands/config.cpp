#include "cli/config.hpp"

#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/toml.hpp"

namespace torgo::cli {

namespace {

/// As it would stand in torgo.toml: a list, a switch or a text.
Result<std::string> value_text(const std::vector<std::string>& values) {
    if (values.size() == 1 && (values[0] == "true" || values[0] == "false")) return values[0];
    std::vector<std::string> quoted;
    for (const auto& value : values) {
        TRY(auto text, toml_string(value));
        quoted.push_back(std::move(text));
    }
    return quoted.size() == 1 ? quoted[0] : "[" + joined(quoted, ", ") + "]";
}

Result<ExitCode> run_show(const Context& context) {
    const auto& config = context.config;
    if (config.file.empty())
        context.out.say("# no torgo.toml");
    else
        context.out.say("# " + printable(config.file) +
                        (config.profile.empty() ? "" : ", profile " + printable(config.profile)));
    for (const auto& [key, value] : config.values) {
        TRY(const auto text, value_text(value.values));
        context.out.object(Json("setting")
                               .text("key", key)
                               .texts("values", value.values)
                               .text("table", value.table)
                               .number("line", value.line));
        context.out.line(key + " = " + text + "  # [" + value.table + "], line " +
                         std::to_string(value.line));
    }
    return ExitCode::ok;
}

} // namespace

Command config_command() {
    Command show;
    show.name = "show";
    show.summary = "print the settings in effect";
    show.description =
        "Prints what torgo.toml sets with the profile in use, and where each value "
        "stands. Options on the command line and environment variables are stronger.";
    show.examples = {{"torgo config show --profile nas", "what the profile nas sets"}};
    show.run = run_show;

    Command command;
    command.name = "config";
    command.summary = "look at torgo.toml";
    command.description =
        "torgo.toml holds options that need not be typed. Keys are the long names of options; "
        "those "
        "of a command stand below its name. [default] always counts, [profile.NAME] over it with "
        "--profile NAME. A key that no option has is an error.\n\n"
        "    [default]\n"
        "    backup.exclude = [\"*.tmp\", \"node_modules/\"]\n"
        "    [profile.nas]\n"
        "    repo = \"~/.config/torgo/nas.torgo\"\n"
        "    password-command = \"pass show torgo\"";
    command.children.push_back(std::move(show));
    return command;
}

} // namespace torgo::cli
