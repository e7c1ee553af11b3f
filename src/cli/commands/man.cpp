#include "cli/man.hpp"

#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/version.hpp"
#include "env/file_system.hpp"

#include <memory>

namespace torgo::cli {

namespace {

struct ManArgs {
    std::vector<std::string> commands;
    std::string folder;
};

Result<ExitCode> write_pages(const Context& context, const ManArgs& args) {
    TRY(const auto folder, context.environment.absolute(args.folder));
    CHECK_OK(env::make_directories(*context.world.files, folder));
    for (const auto& page : man_pages(context.root, version())) {
        const auto path = folder + "/" + page.file;
        CHECK_OK(env::write_file_atomically(*context.world.files, path, as_bytes(page.text)));
        context.out.object(Json("man_page").text("path", path));
        context.out.say(path);
    }
    return ExitCode::ok;
}

Result<ExitCode> run_man(const Context& context, const ManArgs& args) {
    if (!args.folder.empty()) return write_pages(context, args);
    std::string wanted = "torgo";
    if (!args.commands.empty()) wanted += "-" + args.commands.front();
    for (const auto& page : man_pages(context.root, version())) {
        if (page.file != wanted + ".1") continue;
        context.out.object(Json("man_page").text("file", page.file).text("text", page.text));
        if (!context.out.json()) context.out.data(as_bytes(page.text));
        return ExitCode::ok;
    }
    return fail(Errc::invalid_argument, "there is no man page " + wanted + ".1");
}

} // namespace

Command man_command() {
    auto args = std::make_shared<ManArgs>();
    Command command;
    command.name = "man";
    command.summary = "write the man pages";
    command.description = "Prints the man page of torgo or of one command, or writes all of them "
                          "into a folder.";
    auto argument =
        list_argument(args->commands, "COMMAND", 0, "a command; torgo itself when not given");
    argument.most = 1;
    command.arguments = {std::move(argument)};
    auto folder =
        text_option(args->folder, "dir", "DIR", "write torgo.1, torgo-backup.1 and so on there");
    folder.offer = Offer::folder;
    command.options = {std::move(folder)};
    command.examples = {
        {"torgo man --dir ~/.local/share/man/man1", "so that \"man torgo\" finds them"},
        {"torgo man backup | man -l -", "read one at once"}};
    command.run = [args](const Context& context) {
        return run_man(context, *args);
    };
    return command;
}

} // namespace torgo::cli
