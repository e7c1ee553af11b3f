#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/snapshot_filter.hpp"
#include "repo/browse.hpp"

#include <array>
#include <cstdio>
#include <memory>

namespace torgo::cli {

namespace {

struct LsArgs {
    std::string snapshot;
    std::vector<std::string> folders;
    bool details = false;
    bool recursive = false;
};

std::string long_line(const std::string& path, const source::Entry& entry) {
    std::array<char, 80> columns{};
    std::snprintf(columns.data(), columns.size(), " %5u %5u %12llu ", entry.uid, entry.gid,
                  static_cast<unsigned long long>(entry.size));
    const auto target =
        entry.kind == source::Kind::symlink ? " -> " + printable(entry.target) : std::string();
    return mode_text(kind_letter(entry.kind), entry.mode) + columns.data() +
           local_time(entry.mtime_ns) + " " + printable(path) + target;
}

Result<> list_one(const Context& context, repo::Repository& repository,
                  const repo::Snapshot& snapshot, const std::string& folder, const LsArgs& args,
                  bool recursive) {
    TRY(const auto start, repo::find_node(repository, snapshot, folder));
    const repo::VisitNode visit = [&](const std::string& path,
                                      const repo::Node& node) -> Result<bool> {
        if (context.stop.stop_requested()) return fail(Errc::cancelled, "listing was stopped");
        if (path == "/") return true;
        context.out.object(node_object(path, node));
        context.out.line(args.details ? long_line(path, node.entry) : printable(path));
        return recursive || path == folder;
    };
    return repo::for_each_node(repository, start, folder, visit);
}

Result<ExitCode> run_ls(const Context& context, const LsArgs& args) {
    const auto [name, inside] = split_snapshot_path(args.snapshot);
    TRY(const auto repository, open_unlocked(context));
    TRY(const auto snapshot, repository->find_snapshot(name));
    context.out.object(snapshot_object(snapshot));
    context.out.say("snapshot " + short_id(snapshot.id) + " of " +
                    local_time(snapshot.body.time_ns) + ", " +
                    printable(joined(snapshot.body.paths, " ")) + ":");
    auto folders = args.folders;
    const bool whole = folders.empty();
    if (whole) folders.push_back(inside);
    for (const auto& folder : folders) {
        const auto path = split_snapshot_path(":" + folder).second;
        CHECK_OK(list_one(context, *repository, snapshot, path, args, whole || args.recursive));
    }
    return ExitCode::ok;
}

} // namespace

Command ls_command() {
    auto args = std::make_shared<LsArgs>();
    Command command;
    command.name = "ls";
    command.summary = "list the files of a snapshot";
    command.description =
        "Lists everything in a snapshot, or what lies directly in the folders that "
        "are named.";
    command.arguments = {text_argument(args->snapshot, "SNAPSHOT",
                                       "a snapshot, perhaps with a folder: latest:/home"),
                         list_argument(args->folders, "DIR", 0, "only these folders of it")};
    auto details = toggle(args->details, "long", "mode, owner, size and time too");
    details.letter = 'l';
    auto recursive = toggle(args->recursive, "recursive", "go into the folders below DIR");
    recursive.letter = 'R';
    command.options = {std::move(details), std::move(recursive)};
    command.examples = {{"torgo ls latest", "everything in the newest snapshot"},
                        {"torgo ls -l latest /home/alice", "one folder of it"}};
    command.run = [args](const Context& context) {
        return run_ls(context, *args);
    };
    return command;
}

} // namespace torgo::cli
