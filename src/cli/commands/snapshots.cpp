#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/snapshot_filter.hpp"

#include <algorithm>
#include <memory>

namespace torgo::cli {

namespace {

struct SnapshotsArgs {
    std::vector<std::string> ids;
    SnapshotFilter filter;
    std::uint32_t latest = 0;
    bool withdrawn = false;
};

/// `hidden`: how many were passed over.
void print_table(Output& out, const std::vector<repo::Snapshot>& list, std::size_t hidden) {
    const bool marks = std::ranges::any_of(list, &repo::Snapshot::withdrawn);
    Table table;
    table.column("ID");
    table.column("Time");
    table.column("Host");
    table.column("Tags");
    table.column("Files", Table::Align::right);
    table.column("Size", Table::Align::right);
    table.column("New", Table::Align::right);
    if (marks) table.column("State");
    table.column("Paths");
    for (const auto& snapshot : list) {
        const auto& body = snapshot.body;
        std::vector<std::string> row{short_id(snapshot.id),    local_time(body.time_ns),
                                     printable(body.host),     printable(joined(body.tags, ",")),
                                     count_text(body.files),   size_text(body.bytes),
                                     size_text(body.bytes_new)};
        if (marks) row.emplace_back(snapshot.withdrawn ? "withdrawn" : "");
        row.push_back(printable(joined(body.paths, " ")));
        table.row(std::move(row));
    }
    if (!table.empty()) out.lines(table.lines());
    out.say(plural(list.size(), "snapshot", "snapshots") +
            (hidden == 0 ? "" : "; " + count_text(hidden) + " withdrawn: --withdrawn"));
}

Result<ExitCode> run_snapshots(const Context& context, const SnapshotsArgs& args) {
    TRY(const auto repository, open_for_reading(context, repo::Wait::enough));
    TRY(auto list,
        args.ids.empty() ? repository->snapshots() : named_snapshots(*repository, args.ids));
    list = filtered(std::move(list), args.filter);
    const auto all = list.size();
    if (args.ids.empty() && !args.withdrawn) std::erase_if(list, &repo::Snapshot::withdrawn);
    const auto hidden = all - list.size();
    if (args.latest != 0 && list.size() > args.latest) {
        list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(args.latest));
    }
    for (const auto& snapshot : list)
        context.out.object(snapshot_object(snapshot));
    print_table(context.out, list, hidden);
    return ExitCode::ok;
}

} // namespace

Command snapshots_command() {
    auto args = std::make_shared<SnapshotsArgs>();
    Command command;
    command.name = "snapshots";
    command.summary = "list the snapshots";
    command.description =
        "Lists snapshots, oldest first, without those that were withdrawn (\"torgo receipt "
        "rollback\" of a backup). Each of them is authenticated before it is "
        "shown; a history that lacks something is said.";
    command.arguments = {
        list_argument(args->ids, "SNAPSHOT", 0, "only these; all when none is given")};
    command.options = filter_options(args->filter);
    command.options.push_back(
        number_option(args->latest, "latest", "N", {1, 1'000'000}, "only the last N of them"));
    command.options.push_back(
        toggle(args->withdrawn, "withdrawn", "the withdrawn ones too, marked"));
    command.examples = {{"torgo snapshots --tag nightly --latest 7", "the last week"},
                        {"torgo snapshots --json", "for a program; the member \"id\" names it"}};
    command.run = [args](const Context& context) {
        return run_snapshots(context, *args);
    };
    return command;
}

} // namespace torgo::cli
