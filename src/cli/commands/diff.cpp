#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/snapshot_filter.hpp"
#include "repo/browse.hpp"

#include <array>
#include <memory>

namespace torgo::cli {

namespace {

struct DiffArgs {
    std::string before;
    std::string after;
    bool metadata = false;
};

struct Totals {
    std::array<std::uint64_t, 5> count{}; ///< by repo::Change
    std::uint64_t bytes_added = 0;
    std::uint64_t bytes_removed = 0;

    std::uint64_t of(repo::Change change) const {
        return count.at(static_cast<std::size_t>(change));
    }
};

std::string_view change_name(repo::Change change) {
    switch (change) {
    case repo::Change::added:
        return "added";
    case repo::Change::removed:
        return "removed";
    case repo::Change::content:
        return "content";
    case repo::Change::metadata:
        return "metadata";
    case repo::Change::type:
        return "type";
    }
    return "content";
}

/// restic's letters.
char change_letter(repo::Change change) {
    switch (change) {
    case repo::Change::added:
        return '+';
    case repo::Change::removed:
        return '-';
    case repo::Change::content:
        return 'M';
    case repo::Change::metadata:
        return 'U';
    case repo::Change::type:
        return 'T';
    }
    return '?';
}

void print_totals(Output& out, const Totals& totals) {
    using enum repo::Change;
    out.object(Json("summary")
                   .number("added", totals.of(added))
                   .number("removed", totals.of(removed))
                   .number("content", totals.of(content))
                   .number("metadata", totals.of(metadata))
                   .number("type", totals.of(type))
                   .number("bytes_added", totals.bytes_added)
                   .number("bytes_removed", totals.bytes_removed));
    out.say(count_text(totals.of(added)) + " added, " + count_text(totals.of(removed)) +
            " removed, " + count_text(totals.of(content) + totals.of(type)) + " changed, +" +
            size_text(totals.bytes_added) + " -" + size_text(totals.bytes_removed));
}

Result<ExitCode> run_diff(const Context& context, const DiffArgs& args) {
    TRY(const auto repository, open_for_reading(context, repo::Wait::enough));
    TRY(const auto before, repository->find_snapshot(args.before));
    TRY(const auto after, repository->find_snapshot(args.after));
    context.out.say("from " + short_id(before.id) + " of " + local_time(before.body.time_ns) +
                    " to " + short_id(after.id) + " of " + local_time(after.body.time_ns));
    Totals totals;
    CHECK_OK(repo::diff(*repository, before, after, args.metadata,
                        [&](const repo::Difference& difference) {
                            ++totals.count.at(static_cast<std::size_t>(difference.change));
                            totals.bytes_added += difference.size_after;
                            totals.bytes_removed += difference.size_before;
                            context.out.object(Json("change")
                                                   .text("path", difference.path)
                                                   .text("change", change_name(difference.change))
                                                   .number("size_before", difference.size_before)
                                                   .number("size_after", difference.size_after));
                            context.out.line(std::string(1, change_letter(difference.change)) +
                                             "    " + printable(difference.path));
                        }));
    print_totals(context.out, totals);
    return ExitCode::ok;
}

} // namespace

Command diff_command() {
    auto args = std::make_shared<DiffArgs>();
    Command command;
    command.name = "diff";
    command.summary = "show what differs between two snapshots";
    command.description = "Prints one line for each name that differs: + added, - removed, M other "
                          "content, T other kind, U other metadata. Equal folders are not read.";
    command.arguments = {text_argument(args->before, "BEFORE", "the older snapshot"),
                         text_argument(args->after, "AFTER", "the newer snapshot")};
    command.options = {
        toggle(args->metadata, "metadata", "also where only mode, owner or time differ")};
    command.examples = {{"torgo diff 1f2e3d4c latest", "what changed since that snapshot"}};
    command.run = [args](const Context& context) {
        return run_diff(context, *args);
    };
    return command;
}

} // namespace torgo::cli
