#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/open.hpp"
#include "cli/snapshot_filter.hpp"
#include "repo/browse.hpp"

#include <memory>

namespace torgo::cli {

namespace {

struct DumpArgs {
    std::string snapshot;
    std::string path;
};

Result<ExitCode> run_dump(const Context& context, const DumpArgs& args) {
    if (context.out.json()) {
        return fail(Errc::invalid_argument, "\"torgo dump\" writes a file's bytes, never JSON");
    }
    const auto path = split_snapshot_path(":" + args.path).second;
    TRY(const auto repository, open_for_reading(context, repo::Wait::enough));
    TRY(const auto snapshot, repository->find_snapshot(args.snapshot));
    TRY(const auto node, repo::find_node(*repository, snapshot, path));
    if (node.entry.kind != source::Kind::file) {
        return fail(Errc::invalid_argument, path + " is no file in that snapshot (" +
                                                std::string(kind_name(node.entry.kind)) +
                                                "): use \"torgo restore\"");
    }
    CHECK_OK(repo::read_content(*repository, node, [&](ByteView bytes) -> Result<> {
        if (context.stop.stop_requested()) return fail(Errc::cancelled, "writing was stopped");
        context.out.data(bytes);
        return context.out.flush();
    }));
    return ExitCode::ok;
}

} // namespace

Command dump_command() {
    auto args = std::make_shared<DumpArgs>();
    Command command;
    command.name = "dump";
    command.summary = "write a file of a snapshot to standard output";
    command.description =
        "Writes exactly the bytes of one file. Every one of them is authenticated "
        "before it is written; on an error what was written before it is right, "
        "and the exit code is not 0.";
    command.arguments = {text_argument(args->snapshot, "SNAPSHOT", "a snapshot"),
                         text_argument(args->path, "PATH", "a file in it")};
    command.examples = {{"torgo dump latest /db.sql | psql shop", "into another program"}};
    command.run = [args](const Context& context) {
        return run_dump(context, *args);
    };
    return command;
}

} // namespace torgo::cli
