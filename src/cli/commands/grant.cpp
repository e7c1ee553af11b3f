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

#include <algorithm>
#include <array>
#include <memory>

namespace torgo::cli {

namespace {

using peer::Capability;
using peer::Rights;

struct Right {
    std::string_view name;
    std::uint8_t bit;
    std::string_view lets;
};

constexpr std::array rights{
    Right{"write", Rights::write, "add segments and roots, and ask which are there"},
    Right{"read", Rights::read, "get segments and roots, and list them"},
    Right{"verify", Rights::verify, "audit, list, and get the public roots"},
    Right{"admin", Rights::admin, "delete, set locks, and give rights"}};

struct GiveArgs {
    std::string to;
    std::string until;
    std::string span;
    std::vector<std::string> heads;
    std::string label;
};

std::string rights_text(Rights of) {
    std::vector<std::string> names;
    for (const auto& right : rights)
        if (of.any(right.bit)) names.emplace_back(right.name);
    return joined(names, ", ");
}

Result<PeerId> parse_peer(const std::string& text) {
    if (auto id = PeerId::parse(text)) return *id;
    return fail(Errc::invalid_argument,
                "--to wants the 64 digits that \"torgo grant id\" prints on "
                "the other machine");
}

/// A head in a folder knows nobody, so only nodes are told, and groups that have one.
Result<std::vector<std::size_t>> nodes_among(const Context& context,
                                             const repo::Repository& repository,
                                             const std::vector<std::string>& words) {
    TRY(auto heads, chosen_heads(context, repository, words));
    std::erase_if(heads,
                  [&](std::size_t i) { return !lies_on_nodes(repository.place().heads.at(i)); });
    if (!heads.empty()) return heads;
    return fail(Errc::invalid_argument,
                "no head is on a node: in a folder the file system says who may do what");
}

/// " on head 1, 3"; of a group all of it.
std::string on_heads(const Taken& took) {
    if (took.heads.empty()) return " on a part of a group";
    return " on head " + head_numbers(took.heads);
}

Result<ExitCode> run_give(const Context& context, const Right& right, const GiveArgs& args) {
    TRY(const auto client, parse_peer(args.to));
    TRY(const auto until, moment_of(args.until, args.span, context.world.clock->wall_ns(), 0));
    TRY(const auto repository, open_unlocked(context));
    TRY(const auto heads, nodes_among(context, *repository, args.heads));
    TRY(const auto revoked, find_revoked(*repository));
    if (revoked.contains(client))
        return fail(Errc::permission,
                    "this peer was revoked, for good: it needs a new identity first");
    TRY(const auto owner, repository->owner_key());
    TRY(const auto record, peer::sign(Capability{.repository = repository->descriptor().id,
                                                 .client = client,
                                                 .rights = {right.bit},
                                                 .not_after_ns = until,
                                                 .label = args.label},
                                      owner));
    const auto name = peer::name_of_record(peer::capability_prefix, record);
    context.account.begin(repository->place().id)
        .input("peer", client.hex())
        .output("grant", name, crypto::sha256(record));
    const auto took = put_on(context, *repository, heads, name, record);
    if (!took.anywhere) return fail(Errc::unavailable, "no node took it");
    const auto id = name.substr(peer::capability_prefix.size());
    context.out.object(Json("granted")
                           .text("id", id)
                           .text("peer", client.hex())
                           .text("right", right.name)
                           .number("heads", took.heads.size()));
    context.out.line("Grant " + short_id(id) + ": " + short_id(client.hex()) + " may " +
                     std::string(right.lets) + on_heads(took) +
                     (until == 0 ? "" : ", until " + utc_time(until)));
    return took.heads.size() == heads.size() ? ExitCode::ok : ExitCode::failed;
}

Result<ExitCode> run_list(const Context& context) {
    TRY(const auto repository, open_repository(context));
    TRY(const auto grants, find_capabilities(*repository));
    TRY(const auto revoked, find_revoked(*repository));
    const auto now = context.world.clock->wall_ns();
    Table table;
    for (const auto* const title : {"ID", "Peer", "Rights", "Until", "Heads", "State", "Label"})
        table.column(title);
    for (const auto& [name, id, capability, heads] : grants) {
        const auto until =
            capability.not_after_ns == 0 ? std::string() : utc_time(capability.not_after_ns);
        const std::string state(grant_state(capability, revoked, now));
        table.row({short_id(id), short_id(capability.client.hex()), rights_text(capability.rights),
                   until, head_numbers(heads), state, printable(capability.label)});
        context.out.object(Json("grant")
                               .text("id", id)
                               .text("peer", capability.client.hex())
                               .text("rights", rights_text(capability.rights))
                               .text("until", until)
                               .text("heads", head_numbers(heads))
                               .text("state", state)
                               .text("label", capability.label));
    }
    context.out.lines(table.lines());
    context.out.say(
        "A machine that joined a node with an invite has all rights there, and is in no "
        "list.");
    return ExitCode::ok;
}

/// The revocation counts; that what it takes back goes as well keeps the list short.
Result<ExitCode> run_revoke(const Context& context, const std::string& prefix) {
    TRY(const auto repository, open_unlocked(context));
    TRY(auto grants, find_capabilities(*repository));
    TRY(const auto grant, single(std::move(grants), prefix, "torgo grant list"));
    const auto& client = grant.record.client;
    TRY(const auto own, context.heads.own_id());
    if (client == own) return fail(Errc::invalid_argument, "this is the machine that you sit at");
    TRY(const auto heads, nodes_among(context, *repository, {}));
    TRY(const auto owner, repository->owner_key());
    TRY(const auto record, peer::sign(peer::Revocation{.repository = repository->descriptor().id,
                                                       .client = client,
                                                       .reason = "revoked by its owner"},
                                      owner));
    const auto name = peer::name_of_record(peer::revocation_prefix, record);
    context.account.begin(repository->place().id)
        .input("peer", client.hex())
        .output("revocation", name, crypto::sha256(record));
    const auto took = put_on(context, *repository, heads, name, record);
    if (!took.anywhere) return fail(Errc::unavailable, "no node took it: nothing is revoked");
    context.out.object(Json("revoked")
                           .text("id", grant.id)
                           .text("peer", client.hex())
                           .number("heads", took.heads.size()));
    context.out.line("Peer " + short_id(client.hex()) + " has no right" + on_heads(took) +
                     " any more, for good");
    if (took.heads.size() == heads.size()) return ExitCode::ok;
    context.out.warn("it keeps its rights at what did not take the revocation, until that has it: "
                     "revoke again, or \"torgo heal\", when it is there");
    return ExitCode::failed;
}

Result<ExitCode> run_id(const Context& context) {
    TRY(const auto id, context.heads.own_id());
    context.out.object(Json("peer").text("id", id.hex()));
    context.out.line(id.hex());
    return ExitCode::ok;
}

Command give_command(const Right& right) {
    auto args = std::make_shared<GiveArgs>();
    Command command;
    command.name = right.name;
    command.summary = "let a machine " + std::string(right.lets);
    command.description =
        "Gives another machine the right to " + std::string(right.lets) +
        ", at the nodes that keep heads of this repository. Rights add up: a machine that backs up "
        "needs write and read. After --until the nodes refuse, by their clocks; what surely "
        "ends a right is \"torgo grant revoke\". Only who has the right admin can put a "
        "grant at a node.";
    command.options = {
        text_option(args->to, "to", "PEER",
                    "what \"torgo grant id\" prints on that machine; must be given"),
        text_option(args->until, "until", "DATE", "2027-01-31, or 2027-01-31T12:00:00Z"),
        text_option(args->span, "for", "SPAN", "12h, 30d, 6w, 1y from now"),
        list_option(args->heads, "head", "HEAD",
                    "on this head only, its number from 1 or its URI; on all when not given"),
        text_option(args->label, "label", "TEXT", "what \"torgo grant list\" calls it")};
    command.examples = {{"torgo grant " + std::string(right.name) + " --to 3f9c… --label laptop",
                         "the id is from \"torgo grant id\" there"}};
    command.run = [args, right](const Context& context) {
        return run_give(context, right, *args);
    };
    return command;
}

Command list_command() {
    Command command;
    command.name = "list";
    command.summary = "list who may do what";
    command.description = "Lists the rights that the owner has given, with the heads that know of "
                          "them. It needs no pass phrase.";
    command.examples = {{"torgo grant list", "who can delete?"}};
    command.run = run_list;
    return command;
}

Command revoke_command() {
    auto id = std::make_shared<std::string>();
    Command command;
    command.name = "revoke";
    command.summary = "take all rights from a machine";
    command.description =
        "Takes all rights from the machine that a grant names, at every node and for good: a "
        "revocation is never taken back. To come again the machine needs a new identity (the file "
        "identity in its state folder).";
    command.arguments = {text_argument(*id, "ID", "of \"torgo grant list\", or its first digits")};
    command.examples = {{"torgo grant revoke 1f2e3d4c", "the laptop was stolen"}};
    command.run = [id](const Context& context) {
        return run_revoke(context, *id);
    };
    return command;
}

Command id_command() {
    Command command;
    command.name = "id";
    command.summary = "say who this machine is to nodes";
    command.description = "Prints 64 digits: what is given to another machine's \"torgo grant "
                          "write --to\". They are no secret. The identity is made where there is "
                          "none.";
    command.examples = {{"torgo grant id", "3f9c…"}};
    command.run = run_id;
    return command;
}

} // namespace

Command grant_command() {
    Command command;
    command.name = "grant";
    command.summary = "manage what other machines may do at the nodes";
    command.description = "Rights of other machines at the nodes that keep heads of a repository, "
                          "signed by its owner.";
    for (const auto& right : rights)
        command.children.push_back(give_command(right));
    command.children.push_back(list_command());
    command.children.push_back(revoke_command());
    command.children.push_back(id_command());
    return command;
}

} // namespace torgo::cli
