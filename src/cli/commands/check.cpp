#include "repo/check.hpp"

#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/progress_display.hpp"
#include "cli/spool.hpp"

#include <charconv>
#include <memory>

namespace torgo::cli {

namespace {

struct CheckArgs {
    bool read_data = false;
    double share = 0; ///< of --read-data-subset
    std::uint32_t threads = 0;
};

Result<double> parse_share(const std::string& text) {
    double percent = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, percent);
    const bool is_percent = stopped + 1 == end && *stopped == '%';
    if (problem != std::errc{} || !is_percent || !(percent > 0 && percent <= 100)) {
        return fail(Errc::invalid_argument, "\"" + text + "\" is no share like 5% (up to 100%)");
    }
    return percent / 100;
}

Json summary_object(const repo::CheckReport& r) {
    return Json("summary")
        .number("num_errors", r.errors.size())
        .number("num_warnings", r.warnings.size())
        .number("snapshots", r.snapshots)
        .number("packs", r.packs)
        .number("chunks", r.chunks)
        .number("segments", r.segments)
        .number("packs_read", r.packs_read)
        .number("bytes_read", r.bytes_read)
        .number("segments_missing", r.segments_missing)
        .number("segments_corrupt", r.segments_corrupt)
        .number("roots_missing", r.roots_missing)
        .number("unreferenced_segments", r.unreferenced_segments)
        .number("unreferenced_bytes", r.unreferenced_bytes);
}

ExitCode report(const Context& context, const repo::CheckReport& r) {
    auto& out = context.out;
    for (const auto& sentence : r.errors) {
        out.object(Json("problem").text("severity", "error").text("message", sentence));
        if (!out.json()) out.warn("cannot be restored: " + sentence);
    }
    for (const auto& sentence : r.warnings) {
        out.object(Json("problem").text("severity", "warning").text("message", sentence));
        if (!out.json()) out.warn(sentence);
    }
    out.object(summary_object(r));
    out.say(plural(r.snapshots, "snapshot", "snapshots") + ", " +
            plural(r.chunks, "chunk", "chunks") + ", " + plural(r.packs, "pack", "packs") + " of " +
            plural(r.segments, "segment", "segments") + ": looked at");
    if (r.packs_read != 0) {
        out.say(plural(r.packs_read, "pack", "packs") + ", " + size_text(r.bytes_read) +
                ": read and opened whole");
    }
    if (r.unreferenced_segments != 0) {
        out.say(plural(r.unreferenced_segments, "segment", "segments") + " (" +
                size_text(r.unreferenced_bytes) +
                ") belong to nothing: left by a session that did "
                "not end, harmless");
    }
    if (!r.errors.empty()) {
        out.line("Not all can be restored now: " + plural(r.errors.size(), "error", "errors") +
                 ". Bring back the heads that are away, run \"torgo heal\", then check again.");
        return ExitCode::failed;
    }
    const bool degraded = r.segments_missing + r.segments_corrupt + r.roots_missing != 0;
    if (degraded || !r.warnings.empty()) {
        out.line("All can be restored, but redundancy is lost: run \"torgo heal\".");
        return ExitCode::failed;
    }
    out.line("All can be restored.");
    return ExitCode::ok;
}

Result<ExitCode> run_check(const Context& context, const CheckArgs& args) {
    TRY(const auto repository, open_unlocked(context));
    warn_of_waiting(context, repository->place());
    repo::CheckOptions options;
    options.read_data = args.read_data ? 1.0 : args.share;
    options.threads = args.threads;
    options.stop = context.stop;
    repo::CheckProgress progress;
    auto display = std::make_unique<ProgressDisplay>(context, "packs", [&progress] {
        return Counts{.items_done = progress.packs_done.load(),
                      .items_total = progress.packs_total.load(),
                      .bytes_done = progress.bytes_done.load(),
                      .bytes_total = 0,
                      .problems = 0,
                      .note = ""};
    });
    auto report_made = repo::check(*repository, options, progress);
    display.reset();
    if (!report_made) return std::unexpected(std::move(report_made).error());
    return report(context, *report_made);
}

/// restic calls the share --read-data-subset; `--read-data=5%` says the same.
Option share_option(CheckArgs& args) {
    Option option;
    option.name = "read-data-subset";
    option.value = "SHARE";
    option.help = "read and open a random share of the packs: 5%";
    option.group = "read";
    option.set = [&args](const std::string& text) -> Result<> {
        TRY(args.share, parse_share(text));
        return {};
    };
    return option;
}

Option read_data_option(CheckArgs& args) {
    Option option;
    option.name = "read-data";
    option.value = "SHARE";
    option.value_is_optional = true;
    option.help = "read and open every pack whole, or a random share of them: --read-data=5%";
    option.group = "read";
    option.set = [&args](const std::string& text) -> Result<> {
        args.read_data = text == "true";
        if (text == "true" || text == "false") return {};
        TRY(args.share, parse_share(text));
        return {};
    };
    return option;
}

} // namespace

Command check_command() {
    auto args = std::make_shared<CheckArgs>();
    Command command;
    command.name = "check";
    command.summary = "prove that everything can be restored";
    command.description =
        "Verifies the signatures and the history of the snapshots, every folder and chunk they "
        "need, "
        "and that every segment is on its head. With --read-data it also reads packs whole and "
        "opens "
        "all that is in them. Changes nothing.\n\n"
        "The exit code is 1 when something cannot be restored, and also when all can be but "
        "redundancy is lost.";
    command.options = {read_data_option(*args), share_option(*args),
                       number_option(args->threads, "threads", "N", {0, 256},
                                     "threads that read; 0 means one a core")};
    command.examples = {
        {"torgo check", "each night"},
        {"torgo check --read-data=5%", "each week: after some months all was read"}};
    command.run = [args](const Context& context) {
        return run_check(context, *args);
    };
    return command;
}

} // namespace torgo::cli
