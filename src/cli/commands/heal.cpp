#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/descriptor_file.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/progress_display.hpp"
#include "cli/signed_roots.hpp"
#include "cli/spool.hpp"
#include "cli/takeovers.hpp"
#include "crypto/hash.hpp"
#include "env/clock.hpp"
#include "peer/node_uri.hpp"
#include "repo/check.hpp"

#include <algorithm>
#include <memory>

namespace torgo::cli {

namespace {

struct HealArgs {
    std::vector<std::string> heads; ///< none or one
    std::string onto;
    bool onto_takeover = false;
    bool read_data = false;
    std::uint32_t threads = 0;
};

ExitCode report(const Context& context, const repo::HealReport& r) {
    auto& out = context.out;
    context.account.figure("segments_checked", r.segments_checked)
        .figure("segments_rebuilt", r.segments_rebuilt)
        .figure("segments_corrupt", r.segments_corrupt)
        .figure("roots_copied", r.roots_copied)
        .figure("bytes_rebuilt", r.bytes_rebuilt)
        .figure("problems", r.problems.size());
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

/// Where the lost head is to be: the place that was given, or where a standby has rebuilt it.
Result<std::string> new_place(const Context& context, const HealArgs& args,
                              const repo::Place& place, int head) {
    if (!args.onto_takeover) return canonical_head(context, args.onto);
    TRY(auto folders, local_folders(context, place.id));
    TRY(const auto repository,
        repo::Repository::open(context.world, context.heads, place, std::move(folders),
                               [&out = context.out](const std::string& text) { out.warn(text); }));
    return uri_of_successor(context, *repository, static_cast<unsigned>(head));
}

/// The repository with its lost head at another place. Opened before the descriptor file says so:
/// nothing changes when the new place is no good.
Result<std::unique_ptr<repo::Repository>>
open_with_new_head(const Context& context, const HealArgs& args, repo::HealOptions& options) {
    if (args.heads.empty())
        return fail(Errc::invalid_argument,
                    std::string(args.onto_takeover ? "--onto-takeover" : "--onto") +
                        " needs HEAD: which one is replaced");
    TRY(const auto path, descriptor_path(context));
    TRY(auto place, load_descriptor(*context.world.files, path));
    TRY(options.head, head_index(context, place, args.heads.front()));
    context.heads.use_repository(place.id);
    auto& where = place.heads.at(static_cast<std::size_t>(options.head));
    options.moved_from = where;
    TRY(where, new_place(context, args, place, options.head));
    TRY(auto folders, local_folders(context, place.id));
    return repo::Repository::open(
        context.world, context.heads, std::move(place), std::move(folders),
        [&out = context.out](const std::string& sentence) { out.warn(sentence); });
}

/// An order that names the old place of a head calls it lost for ever; and who stood by and keeps a
/// head now need not read at the others any longer.
void tell_of_orders(const Context& context, repo::Repository& repository, int head) {
    const auto orders = find_orders(repository);
    const auto places = peer::encode_places(places_for_standby(repository.place()));
    if (!orders || !places) return;
    const auto now = peer::parse_node_uri(repository.place().heads[static_cast<std::size_t>(head)]);
    for (const auto& one : *orders) {
        const auto id = short_id(one.id.hex());
        if (now && one.order.standby_id() == now->node)
            context.out.say("The node may still read at the other heads; to end that: torgo repair "
                            "revoke " +
                            id);
        else if (one.order.places != crypto::sha256(*places))
            context.out.warn("order " + id +
                             " names old places of heads; to give it again: torgo repair allow "
                             "--onto " +
                             printable(one.order.standby));
    }
}

void begin_account(const Context& context, const repo::Repository& repository,
                   const repo::HealOptions& options, bool moves) {
    context.account.begin(repository.place().id);
    if (options.head < 0) return;
    const auto& uri = repository.place().heads.at(static_cast<std::size_t>(options.head));
    context.account.output(moves ? "new_place" : "head", uri);
    if (moves) context.account.input("old_place", options.moved_from);
}

/// Rights of machines that were not given at all other heads: the new place does not know them.
void tell_of_rights(const Context& context, repo::Repository& repository, std::size_t head) {
    const auto grants = find_capabilities(repository);
    const auto revoked = find_revoked(repository);
    if (!grants || !revoked || !lies_on_nodes(repository.place().heads.at(head))) return;
    const auto now = context.world.clock->wall_ns();
    const auto lacking = std::ranges::count_if(*grants, [&](const auto& one) {
        return !std::ranges::contains(one.heads, head) &&
               grant_state(one.record, *revoked, now) == grant_stands;
    });
    if (lacking != 0)
        context.out.warn(plural(static_cast<std::uint64_t>(lacking), "grant is", "grants are") +
                         " not known at the new place, see \"torgo grant list\"; to give one "
                         "there: torgo grant … --head " +
                         std::to_string(head + 1));
}

/// The descriptor file names the new place only when all is there: else the old one may have the
/// last segment that the others need.
Result<> settle(const Context& context, repo::Repository& repository,
                const repo::HealOptions& options, const repo::HealReport& healed) {
    TRY(const auto path, descriptor_path(context));
    const auto head = static_cast<std::size_t>(options.head);
    const auto& uri = repository.place().heads.at(head);
    const auto number = std::to_string(head + 1);
    const bool moved = healed.unmade == 0;
    context.account.figure("moved", moved ? 1 : 0);
    context.out.object(Json("place")
                           .number("head", head + 1)
                           .text("old", options.moved_from)
                           .text("new", uri)
                           .flag("moved", moved));
    if (!moved) {
        context.out.warn("head " + number +
                         " is not at the new place yet, for not all of it could "
                         "be made there: " +
                         printable(path) + " names the old one as before, " +
                         printable(options.moved_from) +
                         ", which may have what is missing. When "
                         "that is mended give the same command again; to do without it, write " +
                         printable(uri) + " in its place in that file");
        return {};
    }
    CHECK_OK(save_descriptor(*context.world.files, path, repository.place(), true));
    context.out.line("Head " + number + " is at " + printable(uri) + " from now on; it was at " +
                     printable(options.moved_from));
    tell_of_orders(context, repository, options.head);
    tell_of_rights(context, repository, head);
    return {};
}

Result<ExitCode> run_heal(const Context& context, const HealArgs& args) {
    repo::HealOptions options;
    std::unique_ptr<repo::Repository> repository;
    const bool moves = args.onto_takeover || !args.onto.empty();
    if (!moves) {
        TRY(repository, open_repository(context));
        if (!args.heads.empty()) {
            TRY(options.head, head_index(context, repository->place(), args.heads.front()));
        }
    } else {
        TRY(repository, open_with_new_head(context, args, options));
    }
    warn_of_waiting(context, repository->place());
    options.read_data = args.read_data;
    options.threads = args.threads;
    options.stop = context.stop;
    begin_account(context, *repository, options, moves);
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
    if (moves) CHECK_OK(settle(context, *repository, options, *healed));
    return report(context, *healed);
}

std::vector<Option> heal_options(HealArgs& args) {
    auto onto = text_option(args.onto, "onto", "URI",
                            "make the lost head anew there: a folder, the invite of another node, "
                            "or a group, of which what is new is made");
    auto takeover = toggle(args.onto_takeover, "onto-takeover",
                           "use the lost head where a standby has rebuilt it (torgo repair)");
    onto.group = takeover.group = "onto";
    return {std::move(onto), std::move(takeover),
            toggle(args.read_data, "read-data", "read every segment and replace damaged ones too"),
            number_option(args.threads, "threads", "N", {0, 256},
                          "threads that read and rebuild; 0 means one a core")};
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
    command.options = heal_options(*args);
    command.examples = {
        {"torgo heal", "after a disk came back"},
        {"torgo heal 3 --read-data", "after head 3 was replaced or is in doubt"},
        {"torgo heal 2 --onto torgo-invite:…", "the node of head 2 is gone for good"},
        {"torgo heal 2 --onto-takeover", "a standby has rebuilt head 2"}};
    command.run = [args](const Context& context) {
        return run_heal(context, *args);
    };
    return command;
}

Command regenerate_command() {
    auto args = std::make_shared<HealArgs>();
    Command command;
    command.name = "regenerate";
    command.summary = "rebuild one head at another place";
    command.description =
        "The same as \"torgo heal HEAD --onto URI\": the head is made anew on another node or in "
        "another folder, from encrypted bytes and without a pass phrase, and stands in the "
        "descriptor file afterwards.";
    auto head = list_argument(args->heads, "HEAD", 1, "its number from 1, or its URI");
    head.most = 1;
    command.arguments = {std::move(head)};
    command.options = heal_options(*args);
    command.examples = {
        {"torgo regenerate 2 --onto torgo-invite:…", "the node of head 2 is gone for good"}};
    command.run = [args](const Context& context) -> Result<ExitCode> {
        if (args->onto.empty() && !args->onto_takeover)
            return fail(Errc::invalid_argument,
                        "say where: --onto URI, or --onto-takeover; to fill the head where it is: "
                        "torgo heal HEAD");
        return run_heal(context, *args);
    };
    return command;
}

} // namespace torgo::cli
