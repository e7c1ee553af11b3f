#include "repo/sync.hpp"

#include "cli/advice.hpp"
#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/descriptor_file.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/progress_display.hpp"
#include "cli/spool.hpp"
#include "env/clock.hpp"
#include "repo/mirror.hpp"
#include "repo/survey.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace torgo::cli {

namespace {

/// Between two looks at heads that were away: quick for a person, and nothing for a network.
constexpr std::chrono::seconds watch_pause(30);

struct SyncArgs {
    bool watch = false;
};

/// Why something is left for this head; empty when nothing is.
std::string reason_of(const repo::HeadSync& head, const repo::SyncReport& report) {
    if (head.why) return head.why->detail();
    if (head.waiting.none()) return "";
    if (report.held)
        return "until " + plural(report.needed, "head has its", "heads have their") + " share";
    return "came while this ran";
}

void show_heads(const Context& context, const repo::Place& place, const repo::SyncReport& report) {
    Table table;
    table.column("Head", Table::Align::right);
    table.column("Where");
    table.column("Sent", Table::Align::right);
    table.column("There already", Table::Align::right);
    table.column("Waiting", Table::Align::right);
    table.column("Why");
    for (std::size_t i = 0; i < report.heads.size(); ++i) {
        const auto& head = report.heads[i];
        const auto why = reason_of(head, report);
        context.out.object(Json("head")
                               .number("head", i + 1)
                               .text("uri", place.heads[i])
                               .number("segments_sent", head.segments_sent)
                               .number("bytes_sent", head.bytes_sent)
                               .number("segments_there", head.segments_there)
                               .number("roots_sent", head.roots_sent)
                               .number("damaged", head.damaged)
                               .number("segments_waiting", head.waiting.segments)
                               .number("bytes_waiting", head.waiting.bytes)
                               .number("roots_waiting", head.waiting.roots)
                               .text("reason", why));
        table.row({std::to_string(i + 1), printable(place.heads[i]), size_text(head.bytes_sent),
                   count_text(head.segments_there),
                   head.waiting.segments != 0 ? size_text(head.waiting.bytes)
                                              : count_text(head.waiting.roots),
                   printable(why)});
        if (head.damaged != 0)
            context.out.warn(plural(head.damaged, "thing", "things") + " for head " +
                             std::to_string(i + 1) + " had been damaged in the spool" +
                             (report.held ? "" : ": run \"torgo heal\""));
    }
    context.out.lines(table.lines());
}

/// What the heads lack besides; and the mirror learns what is new on the heads.
void say_redundancy(const Context& context, const head::Spool* spool) {
    const auto repository = open_repository(context, repo::Wait::enough);
    if (!repository) {
        context.out.say("Not looked at: " + repository.error().detail());
        return;
    }
    if (spool != nullptr) {
        if (auto kept = repo::mirror_records(**repository, spool->mirror()); !kept)
            context.out.warn("the spool's mirror can not be written: " + kept.error().detail());
    }
    const auto survey = repo::survey(**repository);
    if (!survey) return;
    std::uint64_t missing = 0;
    std::size_t unseen = 0;
    for (const auto& head : survey->heads) {
        const bool away = head.away || std::ranges::any_of(head.members, [](const auto& member) {
                              return member.away.has_value();
                          });
        unseen += away ? 1U : 0U;
        missing += away ? 0U : head.missing;
    }
    if (unseen != 0)
        context.out.line("What " + plural(unseen, "head", "heads") +
                         " may lack could not be looked at: not all of it is there.");
    if (missing == 0 && unseen == 0)
        context.out.line("Everything has its full redundancy.");
    else if (missing != 0)
        context.out.line(plural(missing, "segment is", "segments are") +
                         " not on the heads and not in the spool: run \"torgo heal\".");
}

Result<repo::SyncReport> sync_once(const Context& context, const repo::Place& place,
                                   head::Spool& spool) {
    repo::SyncProgress progress;
    const ProgressDisplay display(context, "segments", [&progress] {
        return Counts{.items_done = progress.segments_done.load(),
                      .items_total = progress.segments_total.load(),
                      .bytes_done = progress.bytes_done.load(),
                      .bytes_total = progress.bytes_total.load(),
                      .problems = 0,
                      .note = ""};
    });
    return repo::sync(context.heads, place, spool, context.stop, progress);
}

/// CLI-28: 0 when nothing waits any more.
ExitCode report(const Context& context, const repo::SyncReport& done, const head::Spool& spool) {
    std::uint64_t sent = 0;
    std::uint64_t left = 0;
    bool damaged = false;
    for (const auto& head : done.heads) {
        sent += head.bytes_sent;
        left += head.waiting.bytes;
        damaged = damaged || head.damaged != 0;
    }
    context.out.object(Json("summary")
                           .number("bytes_sent", sent)
                           .number("bytes_waiting", left)
                           .flag("complete", done.complete())
                           .flag("held", done.held)
                           .number("lost_packs", done.lost_packs));
    if (done.lost_packs != 0)
        context.out.warn(
            plural(done.lost_packs, "pack was", "packs were") +
            " damaged in the spool for too many heads and cannot be given back: no snapshot that "
            "waits is shown. Move the folder " +
            printable(spool.folder()) + " away and back up again");
    if (!done.complete()) {
        const auto waiting = waiting_heads(spool);
        context.out.line("Sent " + size_text(sent) + ". " +
                         (waiting ? waiting->sentence() : std::string("The rest waits")) + ".");
        return ExitCode::failed;
    }
    context.out.line("Sent " + size_text(sent) + ". Nothing waits any more.");
    say_redundancy(context, &spool);
    return damaged ? ExitCode::failed : ExitCode::ok;
}

void say_nothing_waits(const Context& context, const head::Spool* spool) {
    context.out.object(Json("summary")
                           .number("bytes_sent", 0)
                           .number("bytes_waiting", 0)
                           .flag("complete", true)
                           .flag("held", false)
                           .number("lost_packs", 0));
    context.out.line(spool != nullptr ? "Nothing waits in the spool of this machine."
                                      : "Nothing waits: this machine has no spool.");
    say_redundancy(context, spool);
}

/// False when it was interrupted.
bool pause(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, watch_pause, [] { return false; });
    return !stop.stop_requested();
}

/// Brings what waits, if anything does. Later turns of --watch only speak when something changed.
Result<ExitCode> turn(const Context& context, const repo::Place& place, head::Spool* spool,
                      bool is_first) {
    const auto waiting =
        spool != nullptr ? spool->waiting() : Result<head::Waiting>(head::Waiting{});
    if (!waiting) return std::unexpected(waiting.error());
    if (waiting->none()) {
        if (is_first) say_nothing_waits(context, spool);
        return ExitCode::ok;
    }
    context.account.begin(place.id);
    TRY(const auto done, sync_once(context, place, *spool));
    for (const auto& head : done.heads)
        context.account.figure("segments_sent", head.segments_sent)
            .figure("bytes_sent", head.bytes_sent)
            .figure("roots_sent", head.roots_sent)
            .figure("damaged", head.damaged);
    const bool damaged = std::ranges::any_of(
        done.heads, [](const repo::HeadSync& head) { return head.damaged != 0; });
    const bool changed =
        (damaged && !done.held) || std::ranges::any_of(done.heads, [](const repo::HeadSync& head) {
            return head.segments_sent + head.segments_there + head.roots_sent != 0;
        });
    // What is held is found damaged each time.
    if (!is_first && !changed) return ExitCode::failed;
    show_heads(context, place, done);
    return report(context, done, *spool);
}

Result<ExitCode> run_sync(const Context& context, const SyncArgs& args) {
    TRY(const auto path, descriptor_path(context));
    TRY(const auto place, load_descriptor(*context.world.files, path));
    TRY(const auto spool, find_spool(context, place));
    context.heads.use_repository(place.id);
    bool is_first = true;
    do {
        TRY(const auto code, turn(context, place, spool.get(), is_first));
        if (!args.watch) return code;
        CHECK_OK(context.out.flush()); // a service's log is read while it runs
        is_first = false;
    } while (pause(context.stop));
    return ExitCode::interrupted;
}

} // namespace

Command sync_command() {
    auto args = std::make_shared<SyncArgs>();
    Command command;
    command.name = "sync";
    command.summary = "bring what waits in the spool to the heads";
    command.description =
        "Sends what \"torgo backup --spool\" kept on this machine to the heads that answer now, "
        "without reading other heads and without a pass phrase. Nothing leaves the spool before "
        "its head has it durably; stopped or killed at any moment, the next run goes on. A head "
        "that takes nothing holds up no other.\n\n"
        "A snapshot is shown to other machines once enough heads have their share. The exit code "
        "is 1 while something still waits.";
    command.options = {toggle(args->watch, "watch", "go on, and try again every half minute")};
    command.examples = {{"torgo sync", "when the heads are back"},
                        {"torgo sync --watch", "as a service of this machine"}};
    command.run = [args](const Context& context) {
        return run_sync(context, *args);
    };
    return command;
}

} // namespace torgo::cli
