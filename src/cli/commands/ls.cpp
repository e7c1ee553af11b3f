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

struct Folder {
    std::string path;
    repo::Node node;
};

/// All of them before any is listed: a name that is wrong prints nothing but its error.
Result<std::vector<Folder>> find_folders(repo::Repository& repository,
                                         const repo::Snapshot& snapshot,
                                         const std::vector<std::string>& names) {
    std::vector<Folder> out;
    for (const auto& name : names) {
        auto path = split_snapshot_path(":" + name).second;
        TRY(auto node, repo::find_node(repository, snapshot, path));
        out.push_back({std::move(path), std::move(node)});
    }
    return out;
}

Result<> list_one(const Context& context, repo::Repository& repository, const Folder& folder,
                  const LsArgs& args, bool recursive) {
    const repo::VisitNode visit = [&](const std::string& path,
                                      const repo::Node& node) -> Result<bool> {
        if (context.stop.stop_requested()) return fail(Errc::cancelled, "listing was stopped");
        if (path == "/") return true;
        context.out.object(node_object(path, node));
        context.out.line(args.details ? long_line(path, node.entry) : printable(path));
        return recursive || path == folder.path;
    };
    return repo::for_each_node(repository, folder.node, folder.path, visit);
}

Result<ExitCode> run_ls(const Context& context, const LsArgs& args) {
    const auto [name, inside] = split_snapshot_path(args.snapshot);
    const bool whole = args.folders.empty();
    TRY(const auto repository, open_for_reading(context, repo::Wait::enough));
    TRY(const auto snapshot, repository->find_snapshot(name));
    TRY(const auto folders,
        find_folders(*repository, snapshot, whole ? std::vector{inside} : args.folders));
    context.out.object(snapshot_object(snapshot));
    context.out.say("snapshot " + short_id(snapshot.id) + " of " +
                    local_time(snapshot.body.time_ns) + ", " +
                    printable(joined(snapshot.body.paths, " ")) + ":");
    for (const auto& folder : folders) {
        CHECK_OK(list_one(context, *repository, folder, args, whole || args.recursive));
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
