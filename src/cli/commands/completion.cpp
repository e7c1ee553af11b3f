#include "cli/completion.hpp"

#include "cli/commands/commands.hpp"
#include "cli/context.hpp"

#include <memory>

namespace torgo::cli {

namespace {

struct CompletionArgs {
    std::string shell;
};

Result<ExitCode> run_completion(const Context& context, const CompletionArgs& args) {
    std::string script;
    if (args.shell == "bash")
        script = bash_completion(context.root);
    else if (args.shell == "zsh")
        script = zsh_completion(context.root);
    else if (args.shell == "fish")
        script = fish_completion(context.root);
    else
        return fail(Errc::invalid_argument, "\"" + args.shell + "\" is none of bash, zsh, fish");
    context.out.object(Json("completion").text("shell", args.shell).text("script", script));
    if (!context.out.json()) context.out.data(as_bytes(script));
    return ExitCode::ok;
}

} // namespace

Command completion_command() {
    auto args = std::make_shared<CompletionArgs>();
    Command command;
    command.name = "completion";
    command.summary = "write the completion script of a shell";
    command.description =
        "Prints a script that lets the shell complete commands, options and file names of torgo.";
    command.arguments = {text_argument(args->shell, "SHELL", "bash, zsh or fish")};
    command.examples = {
        {"source <(torgo completion bash)", "for this bash"},
        {"torgo completion zsh > ~/.zfunc/_torgo", "for every zsh, where fpath holds ~/.zfunc"},
        {"torgo completion fish > ~/.config/fish/completions/torgo.fish", "for every fish"}};
    command.run = [args](const Context& context) {
        return run_completion(context, *args);
    };
    return command;
}

} // namespace torgo::cli
