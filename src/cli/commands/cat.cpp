#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/open.hpp"
#include "cli/snapshot_filter.hpp"
#include "repo/browse.hpp"

#include <memory>

namespace torgo::cli {

namespace {

struct CatArgs {
    std::string kind;
    std::vector<std::string> names;
};

Result<Json> descriptor_object(const repo::Repository& repository) {
    const auto& d = repository.descriptor();
    return Json("descriptor")
        .text("repository", d.id.hex())
        .text("root_fingerprint", d.fingerprint().hex())
        .number("generation", d.generation)
        .number("suite", static_cast<std::uint64_t>(d.suite))
        .number("lowest_suite", static_cast<std::uint64_t>(d.lowest_suite))
        .number("epoch", d.epoch)
        .text("data_code", d.data_code.name())
        .number("data_k", d.data_code.k)
        .number("data_n", d.data_code.n)
        .text("metadata_code", d.metadata_code.name())
        .number("metadata_k", d.metadata_code.k)
        .number("metadata_n", d.metadata_code.n)
        .texts("heads", repository.place().heads);
}

Json extent_object(const repo::Extent& extent) {
    Json out;
    if (extent.hole) return out.flag("hole", true).number("length", extent.length);
    return out.text("chunk", extent.chunk.hex())
        .number("offset", extent.offset)
        .number("length", extent.length);
}

/// A folder with what its nodes are made of: for those who look for a lost chunk.
Result<Json> tree_object(repo::Repository& repository, const repo::Snapshot& snapshot,
                         const std::string& path) {
    TRY(const auto folder, repo::find_node(repository, snapshot, path));
    if (folder.entry.kind != source::Kind::directory) {
        return fail(Errc::invalid_argument, path + " is no folder in that snapshot");
    }
    TRY(const auto listing, repo::list_directory(repository, folder));
    std::vector<Json> nodes;
    for (const auto& node : listing) {
        const auto below = (path == "/" ? "" : path) + "/" + node.entry.name;
        auto object = node_object(below, node);
        std::vector<Json> content;
        for (const auto& extent : node.content)
            content.push_back(extent_object(extent));
        std::vector<std::string> chunks;
        for (const auto& chunk : node.content_lists)
            chunks.push_back(chunk.hex());
        for (const auto& chunk : node.pages)
            chunks.push_back(chunk.hex());
        object.objects("content", content).texts("chunks", chunks);
        nodes.push_back(std::move(object));
    }
    return Json("tree")
        .text("snapshot", snapshot.id.hex())
        .text("path", path)
        .objects("nodes", nodes);
}

Result<Json> object_for(const Context& context, const CatArgs& args) {
    const bool named = args.kind == "snapshot" || args.kind == "tree";
    if (!named && args.kind != "descriptor") {
        return fail(Errc::invalid_argument,
                    "\"" + args.kind + "\" is none of snapshot, tree, descriptor");
    }
    if (named == args.names.empty()) {
        return fail(Errc::invalid_argument, named
                                                ? "\"torgo cat " + args.kind + "\" needs a snapshot"
                                                : "\"torgo cat descriptor\" takes no name");
    }
    if (!named) {
        TRY(const auto repository, open_repository(context));
        return descriptor_object(*repository);
    }
    const auto [name, path] = split_snapshot_path(args.names.front());
    TRY(const auto repository, open_for_reading(context));
    TRY(const auto snapshot, repository->find_snapshot(name));
    if (args.kind == "snapshot") return snapshot_object(snapshot);
    return tree_object(*repository, snapshot, path);
}

Result<ExitCode> run_cat(const Context& context, const CatArgs& args) {
    TRY(const auto object, object_for(context, args));
    context.out.data(as_bytes(object.line() + "\n"));
    return ExitCode::ok;
}

} // namespace

Command cat_command() {
    auto args = std::make_shared<CatArgs>();
    Command command;
    command.name = "cat";
    command.summary = "print a record of the repository as JSON";
    command.description =
        "Prints a snapshot, a folder of a snapshot with its chunks, or the public "
        "descriptor, as one JSON object.";
    auto names = list_argument(args->names, "NAME", 0,
                               "a snapshot; for tree perhaps with a folder: latest:/home");
    names.most = 1;
    command.arguments = {text_argument(args->kind, "KIND", "snapshot, tree or descriptor"),
                         std::move(names)};
    command.examples = {{"torgo cat snapshot latest", "all that the newest snapshot says"},
                        {"torgo cat tree latest:/home/alice", "which chunks hold these files?"}};
    command.run = [args](const Context& context) {
        return run_cat(context, *args);
    };
    return command;
}

} // namespace torgo::cli
