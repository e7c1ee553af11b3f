#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/descriptor_file.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/progress_display.hpp"
#include "repo/check.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

namespace torgo::cli {

namespace {

struct HealArgs {
    std::vector<std::string> heads; ///< none or one
    std::string onto;
    bool read_data = false;
    std::uint32_t threads = 0;
};

/// "2" (the second head) or its URI.
Result<int> head_index(const Context& context, const repo::Place& place, const std::string& text) {
    int number = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, number);
    if (problem == std::errc{} && stopped == end && number >= 1 &&
        static_cast<std::size_t>(number) <= place.heads.size()) {
        return number - 1;
    }
    if (const auto uri = canonical_head(context, text)) {
        const auto found = std::ranges::find(place.heads, *uri);
        if (found != place.heads.end()) return static_cast<int>(found - place.heads.begin());
    }
    return fail(Errc::invalid_argument,
                "\"" + text + "\" is no head of this repository: give 1 to " +
                    std::to_string(place.heads.size()) + ", or a URI of its descriptor file");
}

ExitCode report(const Context& context, const repo::HealReport& r) {
    auto& out = context.out;
    for (const auto& problem : r.problems) {
        out.object(Json("problem").text("message", problem));
        if (!out.json()) out.warn(problem);
    }
    out.object(Json("summary")
                   .number("segments_checked", r.segments_checked)
                   .number("segments_rebuilt", r.segments_rebuilt)
                   .number("segments_corrupt", r.segments_corrupt)
                   .number("roots_copied", r.roots_copied)
                   .number("bytes_rebuilt", r.bytes_rebuilt)
                   .number("bytes_read", r.bytes_read)
                   .number("problems", r.problems.size()));
    out.say(plural(r.segments_checked, "segment", "segments") + " looked at, " +
            plural(r.segments_corrupt, "was damaged", "were damaged"));
    out.line("Rebuilt " + plural(r.segments_rebuilt, "segment", "segments") + ", " +
             size_text(r.bytes_rebuilt) + "; copied " +
             plural(r.roots_copied, "record", "records"));
    if (r.problems.empty()) return ExitCode::ok;
    out.line("Not all could be healed: " + plural(r.problems.size(), "problem", "problems") +
             ", named above");
    return ExitCode::failed;
}

/// The repository with its lost head at another place. Opened before the descriptor file says so:
/// nothing changes when the new place is no good.
Result<std::unique_ptr<repo::Repository>> open_with_new_head(const Context& context,
                                                             const HealArgs& args, int& head) {
    if (args.heads.empty())
        return fail(Errc::invalid_argument, "--onto needs HEAD: which one is replaced");
    TRY(const auto path, descriptor_path(context));
    TRY(auto place, load_descriptor(*context.world.files, path));
    TRY(head, head_index(context, place, args.heads.front()));
    TRY(place.heads.at(static_cast<std::size_t>(head)), canonical_head(context, args.onto));
    TRY(auto folders, local_folders(context, place.id));
    context.heads.use_repository(place.id);
    return repo::Repository::open(
        context.world, context.heads, std::move(place), std::move(folders),
        [&out = context.out](const std::string& sentence) { out.warn(sentence); });
}

Result<ExitCode> run_heal(const Context& context, const HealArgs& args) {
    repo::HealOptions options;
    std::unique_ptr<repo::Repository> repository;
    if (args.onto.empty()) {
        TRY(repository, open_repository(context));
        if (!args.heads.empty()) {
            TRY(options.head, head_index(context, repository->place(), args.heads.front()));
        }
    } else {
        TRY(repository, open_with_new_head(context, args, options.head));
    }
    options.read_data = args.read_data;
    options.threads = args.threads;
    options.stop = context.stop;
    repo::HealProgress progress;
    auto display = std::make_unique<ProgressDisplay>(context, "segments", [&progress] {
        return Counts{.items_done = progress.segments_done.load(),
                      .items_total = progress.segments_total.load(),
                      .bytes_done = progress.bytes_done.load(),
                      .bytes_total = 0,
                      .problems = 0,
                      .note = ""};
    });
    auto healed = repo::heal(*repository, options, progress);
    display.reset();
    if (!healed) return std::unexpected(std::move(healed).error());
    if (!args.onto.empty()) {
        TRY(const auto path, descriptor_path(context));
        CHECK_OK(save_descriptor(*context.world.files, path, repository->place(), true));
    }
    return report(context, *healed);
}

} // namespace

Command heal_command() {
    auto args = std::make_shared<HealArgs>();
    Command command;
    command.name = "heal";
    command.summary = "rebuild what is lost from the other heads";
    command.description =
        "Makes again every segment and record that a head lacks, from the other heads. It works on "
        "encrypted bytes and needs no pass phrase. A head that is not there is left alone, for its "
        "disk may come back; when it is lost for good, put an empty folder or disk at its path and "
        "name it: that makes it anew.";
    auto head =
        list_argument(args->heads, "HEAD", 0, "its number from 1, or its URI; all when not given");
    head.most = 1;
    command.arguments = {std::move(head)};
    command.options = {
        text_option(args->onto, "onto", "URI",
                    "make the lost head anew there: a folder, or the invite of another node"),
        toggle(args->read_data, "read-data", "read every segment and replace damaged ones too"),
        number_option(args->threads, "threads", "N", {0, 256},
                      "threads that read and rebuild; 0 means one a core")};
    command.examples = {
        {"torgo heal", "after a disk came back"},
        {"torgo heal 3 --read-data", "after head 3 was replaced or is in doubt"},
        {"torgo heal 2 --onto torgo-invite:…", "the node of head 2 is gone for good"}};
    command.run = [args](const Context& context) {
        return run_heal(context, *args);
    };
    return command;
}

} // namespace torgo::cli
