#include "repo/backup.hpp"

#include "cli/child.hpp"
#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/descriptor_file.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/progress_display.hpp"
#include "cli/spool.hpp"
#include "env/file_system.hpp"
#include "repo/mirror.hpp"

#include <memory>

namespace torgo::cli {

namespace {

constexpr std::size_t exclude_file_max = 16_MiB;
constexpr std::uint32_t threads_max = 256;
constexpr std::uint32_t heads_max = 64;

struct BackupArgs {
    std::vector<std::string> words; ///< paths, or the command of --stdin-from-command
    bool from_stdin = false;
    bool from_command = false;
    std::string stdin_filename = "stdin";
    std::vector<std::string> tags;
    std::vector<std::string> excludes;
    std::vector<std::string> exclude_files;
    bool exclude_caches = false;
    bool one_file_system = false;
    bool dry_run = false;
    bool force = false;
    std::string parent;
    std::string host;
    std::uint32_t compression = seal::zstd_level_default;
    std::uint32_t min_heads = 0;
    std::uint32_t threads = 0;
    std::string spool; ///< empty: none; "true": at the usual place
    std::uint64_t spool_limit = head::spool_limit_default;
};

/// The bytes of one stream; the reader lives as long as the options that call it.
Result<repo::StreamReader> stream_for(const Context& context, const BackupArgs& args) {
    if (args.from_command) {
        if (args.words.empty()) {
            return fail(Errc::invalid_argument, "--stdin-from-command needs the command: torgo "
                                                "backup --stdin-from-command -- COMMAND...");
        }
        TRY(auto child, Child::start(args.words, context.environment, context.stop));
        return [shared = std::shared_ptr<Child>(std::move(child))](ByteSpan out) {
            return shared->read(out);
        };
    }
    if (!args.words.empty()) {
        return fail(Errc::invalid_argument, "--stdin takes no paths besides");
    }
    auto reader = std::make_shared<StoppableReader>(context.input, context.stop);
    return [reader](ByteSpan out) {
        return reader->read(out);
    };
}

Result<source::Excludes> excludes_for(const Context& context, const BackupArgs& args) {
    std::vector<std::string> contents;
    for (const auto& file : args.exclude_files) {
        TRY(const auto path, context.environment.absolute(file));
        TRY(const auto bytes, env::read_file(*context.world.files, path, exclude_file_max));
        contents.emplace_back(as_text(bytes));
    }
    return source::Excludes::parse(args.excludes, contents);
}

Result<repo::BackupOptions> options_for(const Context& context, const BackupArgs& args) {
    repo::BackupOptions out;
    if (args.from_stdin || args.from_command) {
        TRY(out.stream, stream_for(context, args));
        out.stream_name =
            args.stdin_filename.starts_with('/') ? args.stdin_filename : "/" + args.stdin_filename;
    } else if (args.words.empty()) {
        return fail(Errc::invalid_argument, "\"torgo backup\" needs PATH: what to save");
    } else {
        for (const auto& word : args.words) {
            TRY(auto path, context.environment.absolute(word));
            out.paths.push_back(std::move(path));
        }
    }
    TRY(out.walk.excludes, excludes_for(context, args));
    out.walk.one_file_system = args.one_file_system;
    out.walk.exclude_caches = args.exclude_caches;
    out.walk.stop = context.stop;
    out.tags = args.tags;
    out.host = args.host.empty() ? context.environment.host() : args.host;
    out.user = context.environment.user();
    out.dry_run = args.dry_run;
    out.force = args.force;
    out.look_ahead = context.out.json() || context.out.settings().err_is_terminal;
    out.parent = args.parent;
    out.compression = static_cast<int>(args.compression);
    out.threads = args.threads;
    out.min_heads = args.min_heads;
    out.spool = !args.spool.empty();
    out.stop = context.stop;
    return out;
}

std::string_view kind_name(source::Note::Kind kind) {
    switch (kind) {
    case source::Note::Kind::unreadable:
        return "unreadable";
    case source::Note::Kind::vanished:
        return "vanished";
    case source::Note::Kind::attributes_unreadable:
        return "attributes_unreadable";
    case source::Note::Kind::socket_skipped:
        return "socket_skipped";
    }
    return "unreadable";
}

void report_notes(const Context& context, const repo::BackupSummary& summary) {
    for (const auto& note : summary.notes) {
        const bool minor = note.kind == source::Note::Kind::socket_skipped;
        if (minor && !context.out.verbose()) continue;
        context.out.object(Json("problem")
                               .text("kind", kind_name(note.kind))
                               .text("path", note.path)
                               .text("message", note.error.detail()));
        if (!context.out.json()) context.out.warn(note.path + ": " + note.error.detail());
    }
    for (const auto& head : summary.missing_heads) {
        context.out.warn("the head " + head +
                         " did not take its share: when it is back, run "
                         "\"torgo heal\"");
    }
}

Json summary_object(const BackupArgs& args, const repo::BackupSummary& s,
                    const WaitingHeads& waiting, const repo::Place& place, std::int64_t took_ns) {
    constexpr double second_ns = 1e9;
    Json out("summary");
    out.number("files_new", s.files_new)
        .number("files_changed", s.files_changed)
        .number("files_unmodified", s.files_unmodified)
        .number("dirs", s.directories)
        .number("others", s.others)
        .number("bytes_read", s.bytes_read)
        .number("total_files_processed", s.files_new + s.files_changed + s.files_unmodified)
        .number("total_bytes_processed", s.bytes_total)
        .number("data_added", s.bytes_new)
        .number("data_added_packed", s.bytes_sealed)
        .number("bytes_packs", s.bytes_packs)
        .number("bytes_heads", s.bytes_heads)
        .number("chunks_new", s.chunks_new)
        .number("packs_new", s.packs)
        .number("unreadable", s.unreadable)
        .texts("missing_heads", s.missing_heads)
        .real("total_duration", static_cast<double>(took_ns) / second_ns)
        .flag("dry_run", args.dry_run);
    std::vector<std::string> uris;
    for (const auto number : waiting.heads)
        uris.push_back(place.heads[number - 1]);
    out.texts("waiting_heads", uris)
        .number("bytes_waiting", waiting.total.bytes)
        .number("segments_waiting", waiting.total.segments)
        .number("roots_waiting", waiting.total.roots);
    if (!s.parent.empty()) out.text("parent", s.parent);
    if (!s.snapshot.is_zero()) out.text("snapshot_id", s.snapshot.hex());
    return out;
}

void say_summary(Output& out, const BackupArgs& args, const repo::BackupSummary& s,
                 std::int64_t took_ns) {
    const auto files = s.files_new + s.files_changed + s.files_unmodified;
    out.say("Files     " + count_text(s.files_new) + " new, " + count_text(s.files_changed) +
            " changed, " + count_text(s.files_unmodified) + " unmodified");
    out.say("Read      " + size_text(s.bytes_read) + " of " + size_text(s.bytes_total) + " in " +
            plural(files, "file", "files"));
    out.say("New data  " + size_text(s.bytes_new) + ", sealed " + size_text(s.bytes_sealed) +
            ", on all heads " + size_text(s.bytes_heads));
    if (args.dry_run) {
        out.say("Dry run: nothing was written.");
        return;
    }
    out.line("Snapshot " + short_id(s.snapshot) + " saved in " + duration_text(took_ns));
    if (s.unreadable != 0) {
        out.line("Not complete: " + plural(s.unreadable, "thing", "things") +
                 " could not be read; they are named above.");
    }
}

/// CLI-26: what lies only here is no backup yet.
void say_waiting(Output& out, const repo::BackupSummary& s, const WaitingHeads& waiting,
                 const segment::Code& code) {
    if (waiting.heads.empty() || s.snapshot.is_zero()) return;
    const auto complete = waiting.by_head.size() - waiting.heads.size();
    const auto where = complete < code.k ? std::string("only on this machine")
                                         : "on " + std::to_string(complete) + " of " +
                                               plural(waiting.by_head.size(), "head", "heads");
    out.line("Snapshot " + short_id(s.snapshot) + " is safe " + where +
             " until \"torgo sync\": " + waiting.sentence());
}

/// The repository, with the spool when this backup has one to use.
Result<std::unique_ptr<repo::Repository>>
open_to_save(const Context& context, const BackupArgs& args, std::shared_ptr<head::Spool>& spool) {
    if (args.spool.empty()) return open_for_reading(context);
    TRY(const auto path, descriptor_path(context));
    TRY(auto place, load_descriptor(*context.world.files, path));
    head::SpoolLimits limits;
    limits.bytes = args.spool_limit;
    TRY(spool, begin_spool(context, place, args.spool, limits));
    context.heads.use_spool(spool, std::move(place.heads));
    return open_unlocked(context);
}

/// So that the next backup can be made while no head answers.
void update_mirror(const Context& context, repo::Repository& repository, const head::Spool& spool) {
    auto kept = repo::mirror_records(repository, spool.mirror());
    if (kept) kept = repo::mirror_metadata(repository, spool.mirror());
    if (!kept)
        context.out.warn("the spool's mirror is not up to date, so that the next backup may need "
                         "heads: " +
                         kept.error().detail());
}

/// What goes in; without a path when it is a stream.
void begin_account(const Context& context, const repo::BackupOptions& options,
                   const RepoId& repository) {
    if (options.dry_run) return;
    context.account.begin(repository);
    for (const auto& path : options.paths)
        context.account.input("path", path);
    if (options.stream) context.account.input("stream", options.stream_name);
}

void account_for(const Context& context, const repo::BackupSummary& s) {
    auto& account = context.account;
    if (const auto parent = SnapshotId::parse(s.parent))
        account.input("parent", s.parent, digest_of(*parent));
    account.output("snapshot", s.snapshot.hex(), digest_of(s.snapshot))
        .figure("files_new", s.files_new)
        .figure("files_changed", s.files_changed)
        .figure("files_unmodified", s.files_unmodified)
        .figure("bytes_read", s.bytes_read)
        .figure("bytes_total", s.bytes_total)
        .figure("bytes_new", s.bytes_new)
        .figure("bytes_heads", s.bytes_heads)
        .figure("unreadable", s.unreadable)
        .figure("missing_heads", s.missing_heads.size());
}

Result<ExitCode> run_backup(const Context& context, const BackupArgs& args) {
    TRY(const auto options, options_for(context, args));
    std::shared_ptr<head::Spool> spool;
    TRY(const auto repository, open_to_save(context, args, spool));
    if (spool) CHECK_OK(repo::mirror_records(*repository, spool->mirror()));
    begin_account(context, options, repository->place().id);
    repo::BackupProgress progress;
    auto display = std::make_unique<ProgressDisplay>(context, "files", [&progress] {
        const auto stored = progress.bytes_stored.load();
        return Counts{.items_done = progress.files_done.load(),
                      .items_total = progress.files_total.load(),
                      .bytes_done = progress.bytes_done.load(),
                      .bytes_total = progress.bytes_total.load(),
                      .problems = progress.problems.load(),
                      .note = stored == 0 ? "" : size_text(stored) + " new, sealed"};
    });
    auto made = repo::backup(*repository, options, progress);
    const auto took_ns = display->elapsed_ns();
    display.reset();
    if (!made) return std::unexpected(std::move(made).error());
    account_for(context, *made);
    if (spool && !args.dry_run) update_mirror(context, *repository, *spool);
    auto found = waiting_heads(context, repository->place());
    const auto waiting = found ? *std::move(found) : WaitingHeads{};
    report_notes(context, *made);
    context.out.object(summary_object(args, *made, waiting, repository->place(), took_ns));
    say_summary(context.out, args, *made, took_ns);
    say_waiting(context.out, *made, waiting, repository->descriptor().data_code);
    return made->unreadable == 0 ? ExitCode::ok : ExitCode::incomplete;
}

Option exclusive(Option option) {
    option.group = "source";
    return option;
}

Option spool_option(BackupArgs& args) {
    Option option;
    option.name = "spool";
    option.value = "DIR";
    option.value_is_optional = true;
    option.offer = Offer::folder;
    option.help = "keep here what heads do not take, until \"torgo sync\"; in the state folder "
                  "when no DIR is given";
    option.set = [&args](const std::string& text) -> Result<> {
        if (text.empty()) return fail(Errc::invalid_argument, "nothing is given after it");
        args.spool = text == "false" ? "" : text;
        return {};
    };
    return option;
}

Option spool_limit_option(BackupArgs& args) {
    Option option;
    option.name = "spool-limit";
    option.value = "SIZE";
    option.help = "what may wait in the spool, 500M or 20G; 64G when not given";
    option.set = [&args](const std::string& text) -> Result<> {
        TRY(args.spool_limit, parse_size(text));
        return {};
    };
    return option;
}

std::vector<Option> options_of(BackupArgs& args) {
    auto exclude = list_option(args.excludes, "exclude", "PATTERN",
                               "leave out what matches; docs/spec/excludes.md explains patterns");
    exclude.letter = 'e';
    auto exclude_file = list_option(args.exclude_files, "exclude-file", "FILE",
                                    "leave out what matches a line of the file");
    exclude_file.offer = Offer::file;
    auto one = toggle(args.one_file_system, "one-file-system", "do not enter other file systems");
    one.letter = 'x';
    auto dry = toggle(args.dry_run, "dry-run", "read and count, write nothing");
    dry.letter = 'n';
    auto force = toggle(args.force, "force", "read every file, also those that seem unchanged");
    force.letter = 'f';
    return {
        list_option(args.tags, "tag", "TAG", "mark the snapshot"),
        std::move(exclude),
        std::move(exclude_file),
        toggle(args.exclude_caches, "exclude-caches", "leave out folders with a CACHEDIR.TAG"),
        std::move(one),
        std::move(dry),
        std::move(force),
        text_option(args.parent, "parent", "SNAPSHOT",
                    "compare with that snapshot; the newest of this host and these paths when not "
                    "given"),
        text_option(args.host, "host", "NAME", "say that the files are of this host"),
        exclusive(toggle(args.from_stdin, "stdin", "save standard input as one file")),
        exclusive(toggle(args.from_command, "stdin-from-command",
                         "run the words as a command and save what it prints; no snapshot is made "
                         "when it fails")),
        text_option(args.stdin_filename, "stdin-filename", "NAME",
                    "call the file of --stdin so; stdin when not given"),
        number_option(args.compression, "compression", "LEVEL", {1, 19},
                      "zstd level 1 to 19; 2 when not given"),
        number_option(args.min_heads, "min-heads", "N", {1, heads_max},
                      "fail unless so many heads take everything; k + 1 when not given"),
        number_option(args.threads, "threads", "N", {0, threads_max},
                      "threads that read and seal; 0 means one a core"),
        spool_option(args),
        spool_limit_option(args),
    };
}

} // namespace

Command backup_command() {
    auto args = std::make_shared<BackupArgs>();
    Command command;
    command.name = "backup";
    command.summary = "save files and folders as a new snapshot";
    command.description =
        "Makes one snapshot of the paths, all together. Files that have not changed since the "
        "parent snapshot are not read again; data that is stored already is not stored again. When "
        "it says that the snapshot is saved, everything is durable on the heads; whatever happens "
        "before that moment, older snapshots stay as they are.\n\n"
        "The exit code is 3 when the snapshot was made but something could not be read.";
    auto paths = list_argument(args->words, "PATH", 0, "files and folders to save");
    paths.offer = Offer::file;
    command.arguments = {std::move(paths)};
    command.options = options_of(*args);
    command.examples = {
        {"torgo backup ~/letters ~/photos --exclude '*.tmp'", "save two folders"},
        {"torgo backup ~/letters --spool", "while heads are away; \"torgo sync\" later"},
        {"torgo backup --stdin-from-command --stdin-filename db.sql -- pg_dump shop",
         "save what a program prints"},
        {"torgo backup /home --one-file-system --tag nightly --json", "for a nightly job"}};
    command.run = [args](const Context& context) {
        return run_backup(context, *args);
    };
    return command;
}

} // namespace torgo::cli
