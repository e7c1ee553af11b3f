#include "repo/restore.hpp"

#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/own_receipts.hpp"
#include "cli/progress_display.hpp"
#include "cli/undo.hpp"

#include <memory>

namespace torgo::cli {

namespace {

constexpr std::uint32_t threads_max = 256;

struct RestoreArgs {
    std::string snapshot;
    std::string target;
    std::vector<std::string> includes;
    std::vector<std::string> excludes;
    std::size_t overwrite = 0; ///< index into repo::Overwrite
    bool verify = false;
    bool sparse = false;
    bool dry_run = false;
    bool no_undo = false;
    std::uint32_t threads = 0;
};

Result<repo::RestoreOptions> options_for(const Context& context, const RestoreArgs& args,
                                         const std::string& subfolder) {
    if (args.target.empty()) {
        return fail(
            Errc::invalid_argument,
            "\"torgo restore\" needs --target DIR: where to write the files (\"/\" puts them "
            "back where they were)");
    }
    repo::RestoreOptions out;
    TRY(out.target, context.environment.absolute(args.target));
    out.subfolder = subfolder == "/" ? "" : subfolder;
    TRY(out.include, source::Excludes::parse(args.includes, {}));
    TRY(out.exclude, source::Excludes::parse(args.excludes, {}));
    out.overwrite = static_cast<repo::Overwrite>(args.overwrite);
    out.sparse = args.sparse;
    out.verify = args.verify;
    out.dry_run = args.dry_run;
    out.threads = args.threads;
    out.stop = context.stop;
    return out;
}

Json summary_object(const RestoreArgs& args, const repo::RestoreSummary& s, std::int64_t took_ns) {
    constexpr double second_ns = 1e9;
    return Json("summary")
        .number("files_restored", s.files)
        .number("dirs_restored", s.directories)
        .number("others_restored", s.others)
        .number("files_skipped", s.skipped)
        .number("bytes_restored", s.bytes)
        .number("files_verified", s.verified_files)
        .number("problems", s.problem_count)
        .real("total_duration", static_cast<double>(took_ns) / second_ns)
        .flag("dry_run", args.dry_run);
}

void report(const Context& context, const RestoreArgs& args, const repo::RestoreSummary& s,
            std::int64_t took_ns) {
    auto& out = context.out;
    for (const auto& problem : s.problems) {
        out.object(Json("problem").text("message", problem));
        if (!out.json()) out.warn(problem);
    }
    out.object(summary_object(args, s, took_ns));
    const auto what = plural(s.files, "file", "files") + " and " +
                      plural(s.directories, "folder", "folders") + ", " + size_text(s.bytes);
    if (args.dry_run) {
        out.line("Dry run: would restore " + what);
        return;
    }
    out.line("Restored " + what + " in " + duration_text(took_ns));
    if (s.skipped != 0) out.say("Left as they were: " + plural(s.skipped, "file", "files"));
    if (args.verify)
        out.say("Read back and compared: " + plural(s.verified_files, "file", "files"));
    if (s.problem_count != 0) {
        out.line("Not complete: " + plural(s.problem_count, "problem", "problems") +
                 ", named above");
    }
}

void begin_account(const Context& context, const repo::RestoreOptions& options,
                   const repo::Repository& repository, const repo::Snapshot& snapshot) {
    if (options.dry_run) return;
    context.account.begin(repository.place().id)
        .input("snapshot", snapshot.id.hex(), digest_of(snapshot.id))
        .output("path", options.target);
    if (!options.subfolder.empty()) context.account.input("subfolder", options.subfolder);
}

/// Without it the restore goes on: to get data back matters more than to undo that.
std::unique_ptr<RestoreUndo> keep_way_back(const Context& context, const RestoreArgs& args,
                                           repo::RestoreOptions& options) {
    if (args.no_undo || args.dry_run) return nullptr;
    auto undo = own_receipts(context).and_then([&](OwnReceipts&& own) {
        return RestoreUndo::begin(context.world, std::move(own.key), own.folder.path(),
                                  options.target);
    });
    if (!undo) {
        context.out.warn("this restore can not be rolled back: " + undo.error().detail());
        return nullptr;
    }
    options.aside = undo->get();
    context.account.undo((*undo)->id());
    return *std::move(undo);
}

void account_for(const Context& context, const repo::RestoreSummary& s) {
    context.account.figure("files", s.files)
        .figure("directories", s.directories)
        .figure("others", s.others)
        .figure("skipped", s.skipped)
        .figure("bytes", s.bytes)
        .figure("verified_files", s.verified_files)
        .figure("problems", s.problem_count);
}

Result<ExitCode> run_restore(const Context& context, const RestoreArgs& args) {
    const auto [name, subfolder] = split_snapshot_path(args.snapshot);
    TRY(auto options, options_for(context, args, subfolder));
    TRY(const auto repository, open_for_reading(context, repo::Wait::enough));
    TRY(const auto snapshot, repository->find_snapshot(name));
    begin_account(context, options, *repository, snapshot);
    const auto undo = keep_way_back(context, args, options);
    repo::RestoreProgress progress;
    auto display = std::make_unique<ProgressDisplay>(context, "files", [&progress] {
        return Counts{.items_done = progress.files_done.load(),
                      .items_total = progress.files_total.load(),
                      .bytes_done = progress.bytes_done.load(),
                      .bytes_total = progress.bytes_total.load(),
                      .problems = 0,
                      .note = ""};
    });
    auto done = repo::restore(*repository, snapshot, options, progress);
    const auto took_ns = display->elapsed_ns();
    display.reset();
    if (undo && undo->hash())
        context.account.output("undo", markup::urn_of(undo->id()), *undo->hash());
    else
        context.account.undo(std::nullopt);
    if (undo && undo->unnoted() != 0)
        context.out.warn(plural(undo->unnoted(), "change", "changes") +
                         " of this restore can not be rolled back: the way back holds " +
                         count_text(receipts::steps_max) +
                         " steps, and what was replaced after them is gone");
    if (!done) return std::unexpected(std::move(done).error());
    account_for(context, *done);
    report(context, args, *done, took_ns);
    return done->problem_count == 0 ? ExitCode::ok : ExitCode::failed;
}

std::vector<Option> options_of(RestoreArgs& args) {
    auto target = text_option(args.target, "target", "DIR", "write the files below this folder");
    target.letter = 't';
    target.offer = Offer::folder;
    auto include = list_option(args.includes, "include", "PATTERN", "only what matches");
    include.letter = 'i';
    auto exclude = list_option(args.excludes, "exclude", "PATTERN", "not what matches");
    exclude.letter = 'e';
    return {std::move(target),
            std::move(include),
            std::move(exclude),
            choice_option(args.overwrite, "overwrite",
                          {"always", "if-changed", "if-newer", "never"},
                          "what to do where a file is there already; always when not given"),
            toggle(args.verify, "verify", "read everything back afterwards and compare"),
            toggle(args.sparse, "sparse", "leave long runs of zeros as holes"),
            toggle(args.dry_run, "dry-run", "say what would be restored, write nothing"),
            toggle(args.no_undo, "no-undo",
                   "delete what is replaced, and keep no way back (torgo receipt rollback)"),
            number_option(args.threads, "threads", "N", {0, threads_max},
                          "threads that fetch and open; 0 means one a core")};
}

} // namespace

Command restore_command() {
    auto args = std::make_shared<RestoreArgs>();
    Command command;
    command.name = "restore";
    command.summary = "write the files of a snapshot back";
    command.description =
        "Writes files, folders and their metadata below the target folder. Every byte is "
        "authenticated; a file whose data cannot be had whole is not left behind looking whole, "
        "but "
        "named, and the exit code is 1. Only as many heads as the code needs must be there.";
    command.arguments = {
        text_argument(args->snapshot, "SNAPSHOT",
                      "a snapshot, perhaps with the folder that is wanted: latest:/home")};
    command.options = options_of(*args);
    command.examples = {
        {"torgo restore latest --target /tmp/back", "everything of the newest snapshot"},
        {"torgo restore latest:/home/alice --target ~ --overwrite if-newer", "one folder of it"},
        {"torgo restore 1f2e3d4c --target / --include '*.odt' --verify",
         "one kind of file, compared"}};
    command.run = [args](const Context& context) {
        return run_restore(context, *args);
    };
    return command;
}

} // namespace torgo::cli
