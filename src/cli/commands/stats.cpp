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

constexpr std::size_t bits_a_byte = 8; // of the head keys of a mode

struct StatsArgs {
    std::vector<std::string> names;
    SnapshotFilter filter;
};

std::string times(std::uint64_t larger, std::uint64_t smaller) {
    if (smaller == 0) return "";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), " (%.2f times)",
                  static_cast<double>(larger) / static_cast<double>(smaller));
    return text.data();
}

Result<ExitCode> run_stats(const Context& context, const StatsArgs& args) {
    TRY(const auto repository, open_for_reading(context, repo::Wait::enough));
    TRY(auto list,
        args.names.empty() ? repository->snapshots() : named_snapshots(*repository, args.names));
    list = filtered(std::move(list), args.filter);
    TRY(const auto stats, repo::stats(*repository, list, context.stop));
    auto& out = context.out;
    const auto suite = repository->descriptor().suite;
    out.object(Json("stats")
                   .number("mode", seal::head_count(suite) * seal::head_size(suite) * bits_a_byte)
                   .number("snapshots_count", stats.snapshots)
                   .number("total_file_count", stats.files)
                   .number("dirs", stats.directories)
                   .number("total_size", stats.restore_bytes)
                   .number("chunks", stats.chunks)
                   .number("total_uncompressed_size", stats.plain_bytes)
                   .number("total_packed_size", stats.sealed_bytes)
                   .number("repository_packs", stats.packs)
                   .number("repository_pack_bytes", stats.pack_bytes)
                   .number("repository_head_bytes", stats.head_bytes));
    out.line("Snapshots        " + count_text(stats.snapshots));
    out.line("Files            " + count_text(stats.files) + " in " +
             plural(stats.directories, "folder", "folders"));
    out.line("As restored      " + size_text(stats.restore_bytes));
    out.line("Distinct data    " + size_text(stats.plain_bytes) + " in " +
             plural(stats.chunks, "chunk", "chunks") +
             times(stats.restore_bytes, stats.plain_bytes));
    out.line("Sealed           " + size_text(stats.sealed_bytes) +
             times(stats.plain_bytes, stats.sealed_bytes));
    out.line("Whole repository " + size_text(stats.pack_bytes) + " in " +
             plural(stats.packs, "pack", "packs") + ", " + size_text(stats.head_bytes) +
             " on all heads");
    return ExitCode::ok;
}

} // namespace

Command stats_command() {
    auto args = std::make_shared<StatsArgs>();
    Command command;
    command.name = "stats";
    command.summary = "say how much is stored";
    command.description =
        "Counts what the snapshots hold, what of it is distinct, and what it takes "
        "on the heads.";
    command.arguments = {
        list_argument(args->names, "SNAPSHOT", 0, "only these; all when none is given")};
    command.options = filter_options(args->filter);
    command.examples = {{"torgo stats latest", "of the newest snapshot"}};
    command.run = [args](const Context& context) {
        return run_stats(context, *args);
    };
    return command;
}

} // namespace torgo::cli
