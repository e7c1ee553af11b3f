#include "cli/access.hpp"
#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/moment.hpp"
#include "cli/open.hpp"
#include "cli/signed_roots.hpp"
#include "crypto/hash.hpp"
#include "env/clock.hpp"
#include "repo/head_set.hpp"
#include "repo/members.hpp"
#include "repo/survey.hpp"

#include <algorithm>
#include <memory>

namespace torgo::cli {

namespace {

struct SetArgs {
    std::string until;
    std::string span;
    std::vector<std::string> heads;
    std::string label;
};

/// What a lock keeps is what was there when it was answered for: whoever sets one looks afterwards.
/// (PEER-22)
bool is_whole(const Context& context, repo::Repository& repository,
              const std::vector<std::size_t>& heads) {
    const auto survey = repo::survey(repository);
    if (!survey) {
        context.out.warn("what the lock keeps could not be looked at: " + survey.error().detail());
        return false;
    }
    bool whole = true;
    for (const auto index : heads) {
        const auto& head = survey->heads[index];
        if (!head.away && head.missing == 0) continue;
        whole = false;
        context.out.warn("head " + std::to_string(index + 1) + " lacks " +
                         plural(head.missing, "segment", "segments") +
                         ", which the lock there does not keep: torgo heal");
    }
    return whole;
}

/// Folders among heads, and among the members of groups.
void warn_of_folders(const Context& context, repo::Repository& repository,
                     const std::vector<std::size_t>& heads) {
    std::vector<std::string> folders;
    for (const auto index : heads)
        for (auto* const place : repo::places_of_roots(*repository.heads().at(index)))
            if (!names_node(place->uri())) folders.push_back(place_text(repository, index, *place));
    if (!folders.empty())
        context.out.warn("a folder obeys no lock (" + joined(folders, "; ") +
                         "): who may write there may delete");
}

Result<ExitCode> run_set(const Context& context, const SetArgs& args) {
    const auto now = context.world.clock->wall_ns();
    TRY(const auto until, moment_of(args.until, args.span, now, 0));
    if (until == 0) return fail(Errc::invalid_argument, "until when: --until DATE, or --for 30d");
    TRY(const auto repository, open_unlocked(context));
    TRY(const auto heads, chosen_heads(context, *repository, args.heads));
    TRY(const auto owner, repository->owner_key());
    TRY(const auto record, peer::sign(peer::Lock{.repository = repository->descriptor().id,
                                                 .until_ns = until,
                                                 .set_ns = now,
                                                 .label = args.label},
                                      owner));
    const auto name = peer::name_of_record(peer::lock_prefix, record);
    context.account.begin(repository->place().id).output("lock", name, crypto::sha256(record));
    const auto took = put_on(context, *repository, heads, name, record);
    if (!took.anywhere) return fail(Errc::unavailable, "no head took the lock");
    const auto id = name.substr(peer::lock_prefix.size());
    warn_of_folders(context, *repository, took.heads);
    const bool whole = is_whole(context, *repository, took.heads);
    context.out.object(Json("lock_set")
                           .text("id", id)
                           .text("until", utc_time(until))
                           .number("heads", took.heads.size()));
    context.out.line(
        "Lock " + short_id(id) + " until " + utc_time(until) +
        (took.heads.empty() ? " on a part of a group" : " on head " + head_numbers(took.heads)));
    context.out.say("No request takes it away. After that day the person at each node releases it: "
                    "torgo node release " +
                    short_id(id));
    return whole && took.heads.size() == heads.size() ? ExitCode::ok : ExitCode::failed;
}

std::string state_of(const peer::Lock& lock, std::int64_t now) {
    return now < lock.until_ns ? "stands" : "may be released";
}

Result<ExitCode> run_list(const Context& context) {
    TRY(const auto repository, open_repository(context));
    TRY(const auto locks, find_locks(*repository));
    const auto now = context.world.clock->wall_ns();
    Table table;
    for (const auto* const title : {"ID", "Until", "Heads", "State", "Label"})
        table.column(title);
    for (const auto& [name, id, lock, heads] : locks) {
        const auto state = state_of(lock, now);
        table.row({short_id(id), utc_time(lock.until_ns), head_numbers(heads), state,
                   printable(lock.label)});
        context.out.object(Json("lock")
                               .text("id", id)
                               .text("until", utc_time(lock.until_ns))
                               .text("set", utc_time(lock.set_ns))
                               .text("heads", head_numbers(heads))
                               .text("state", state)
                               .text("label", lock.label));
    }
    context.out.lines(table.lines());
    if (locks.empty()) context.out.say("no retention lock is set");
    return ExitCode::ok;
}

/// Folders are their owner's own; at a node it is for the person there (PEER-22).
/// out  whether it stands there no more
bool release_at(const Context& context, head::Head& place, const std::string& where,
                const Found<peer::Lock>& lock) {
    const auto there = place.get_root(lock.name);
    if (!there && there.error().code() == Errc::not_found) return true;
    if (names_node(place.uri())) {
        context.out.line(where + ": the person at " + printable(place.uri()) +
                         " releases it: torgo node release " + short_id(lock.id));
        return false;
    }
    if (const auto released = place.remove_root(lock.name); !released) {
        context.out.warn(where + ": not released: " + printable(released.error().detail()));
        return false;
    }
    context.out.line(where + ": released");
    return true;
}

Result<ExitCode> run_release(const Context& context, const std::string& prefix) {
    TRY(const auto repository, open_repository(context));
    TRY(auto locks, find_locks(*repository));
    TRY(const auto lock, single(std::move(locks), prefix, "torgo lock list"));
    if (context.world.clock->wall_ns() < lock.record.until_ns)
        return fail(Errc::read_only,
                    "this lock stands until " + utc_time(lock.record.until_ns) +
                        ": it can be set for longer, by another one, and not for shorter");
    context.account.begin(repository->place().id).input("lock", lock.name);
    bool everywhere = true;
    for (const auto index : lock.heads)
        for (auto* const place : repo::places_of_roots(*repository->heads().at(index))) {
            const auto where = place_text(*repository, index, *place);
            everywhere = release_at(context, *place, where, lock) && everywhere;
        }
    context.out.object(Json("lock_released").text("id", lock.id).flag("everywhere", everywhere));
    return everywhere ? ExitCode::ok : ExitCode::failed;
}

Command set_command() {
    auto args = std::make_shared<SetArgs>();
    Command command;
    command.name = "set";
    command.summary = "let nothing be deleted until a day";
    command.description =
        "Puts a retention lock on the heads. While it is there a node deletes nothing of this "
        "repository and replaces nothing, whoever asks, also with your keys. No request takes a "
        "lock away: after its day the person at the node does. To make it longer, set another "
        "one; it cannot be made shorter. Heads in folders obey no lock.";
    command.options = {
        text_option(args->until, "until", "DATE", "2027-01-31, or 2027-01-31T12:00:00Z"),
        text_option(args->span, "for", "SPAN", "12h, 30d, 6w, 1y from now"),
        list_option(args->heads, "head", "HEAD",
                    "on this head only, its number from 1 or its URI; on all when not given"),
        text_option(args->label, "label", "TEXT", "what \"torgo lock list\" calls it")};
    command.examples = {{"torgo lock set --for 30d", "no thief deletes anything for a month"}};
    command.run = [args](const Context& context) {
        return run_set(context, *args);
    };
    return command;
}

Command list_command() {
    Command command;
    command.name = "list";
    command.summary = "list the retention locks";
    command.description = "Lists the retention locks that the owner has signed, with the heads "
                          "that have them. It needs no pass phrase.";
    command.examples = {{"torgo lock list", "what stands, and until when?"}};
    command.run = run_list;
    return command;
}

Command release_command() {
    auto id = std::make_shared<std::string>();
    Command command;
    command.name = "release";
    command.summary = "end a retention lock whose day has come";
    command.description =
        "Releases a lock whose day has come: heads in folders at once. At a node no request "
        "releases a lock, so that stolen keys destroy nothing; the command says what the person "
        "there has to type. The exit code is 1 while the lock stands anywhere.";
    command.arguments = {text_argument(*id, "ID", "of \"torgo lock list\", or its first digits")};
    command.examples = {{"torgo lock release 1f2e3d4c", "it has ended"}};
    command.run = [id](const Context& context) {
        return run_release(context, *id);
    };
    return command;
}

} // namespace

Command lock_command() {
    Command command;
    command.name = "lock";
    command.summary = "manage retention locks";
    command.description = "While a retention lock is at a node, nothing is deleted there.";
    command.children.push_back(set_command());
    command.children.push_back(list_command());
    command.children.push_back(release_command());
    return command;
}

} // namespace torgo::cli
