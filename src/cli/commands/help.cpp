#include "cli/help.hpp"

#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/parser.hpp"

#include <memory>

namespace torgo::cli {

namespace {

struct HelpArgs {
    std::vector<std::string> names;
};

Result<ExitCode> run_help(const Context& context, const HelpArgs& args) {
    TRY(const auto invocation, parse(context.root, args.names));
    const auto text = help_text(invocation.path);
    context.out.object(Json("help").text("command", full_name(invocation.path)).text("text", text));
    if (!context.out.json()) context.out.data(as_bytes(text));
    return ExitCode::ok;
}

} // namespace

Command help_command() {
    auto args = std::make_shared<HelpArgs>();
    Command command;
    command.name = "help";
    command.summary = "explain a command";
    command.description = "Prints what \"torgo COMMAND --help\" prints.";
    command.arguments = {list_argument(args->names, "COMMAND", 0, "a command, and one below it")};
    command.examples = {{"torgo help restore", "how to get files back"}};
    command.run = [args](const Context& context) {
        return run_help(context, *args);
    };
    return command;
}

} // namespace torgo::cli
