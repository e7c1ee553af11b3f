#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/open.hpp"
#include "cli/qr.hpp"
#include "env/clock.hpp"
#include "node/daemon.hpp"
#include "peer/invite.hpp"

#include <memory>

namespace torgo::cli {

namespace {

constexpr std::uint32_t quota_gb_max = 1'000'000;
constexpr std::uint64_t gigabyte = 1'000'000'000;

struct NodeArgs {
    std::string folder;
    std::uint32_t quota_gb = 100;
    std::string label;
};

Option folder_option(NodeArgs& args) {
    auto folder = text_option(args.folder, "folder", "DIR",
                              "of the node; ~/.local/share/torgo/node when not given");
    folder.offer = Offer::folder;
    return folder;
}

Result<ExitCode> run_invite(const Context& context, const NodeArgs& args) {
    TRY(const auto folder, node_folder(context, args.folder));
    TRY(const auto invite,
        node::make_invite(context.world, folder, args.quota_gb * gigabyte, args.label));
    context.account.begin()
        .input("label", args.label)
        .output("node", folder)
        .figure("quota_gb", args.quota_gb);
    TRY(const auto text, peer::format_invite(invite));
    auto& out = context.out;
    out.object(Json("invite")
                   .text("invite", text)
                   .text("node", invite.node.hex())
                   .number("quota", invite.quota));
    if (!out.json() && out.settings().out_is_terminal)
        if (const auto code = QrCode::encode(text)) out.lines(code->lines(/*colours=*/true));
    out.line(text);
    out.say("For one repository, once, of at most " + size_text(invite.quota) +
            ". Its owner uses it as a head: torgo init --head " + text.substr(0, 20) + "…");
    return ExitCode::ok;
}

Command invite_command() {
    auto args = std::make_shared<NodeArgs>();
    Command command;
    command.name = "invite";
    command.summary = "let one repository keep a head here";
    command.description =
        "Prints an invite: one line, and on a terminal its QR code. Whoever has it may keep one "
        "head of one repository on this node. Send it as you would send a password. The node may "
        "run meanwhile.";
    command.options = {folder_option(*args),
                       number_option(args->quota_gb, "quota", "GB", {1, quota_gb_max},
                                     "gigabytes that it may fill; 100 when not given"),
                       text_option(args->label, "label", "TEXT", "for whom it is")};
    command.examples = {{"torgo node invite --quota 500 --label ward7", "half a terabyte"}};
    command.run = [args](const Context& context) {
        return run_invite(context, *args);
    };
    return command;
}

Result<ExitCode> run_addresses(const Context& context, const NodeArgs& args) {
    TRY(const auto folder, node_folder(context, args.folder));
    TRY(const auto addresses, node::known_addresses(*context.world.files, folder));
    std::vector<std::string> texts;
    for (const auto& address : addresses)
        texts.push_back(peer::format_address(address));
    context.out.object(Json("addresses").texts("addresses", texts));
    for (const auto& text : texts)
        context.out.line(text);
    return ExitCode::ok;
}

Command addresses_command() {
    auto args = std::make_shared<NodeArgs>();
    Command command;
    command.name = "addresses";
    command.summary = "say how the node is reached";
    command.description = "Prints the addresses that the node had when it last ran, one a line.";
    command.options = {folder_option(*args)};
    command.examples = {{"torgo node addresses", "tor:…onion:7443"}};
    command.run = [args](const Context& context) {
        return run_addresses(context, *args);
    };
    return command;
}

struct ReleaseArgs {
    std::string folder;
    std::string lock;
    bool early = false;
};

Option plain_folder_option(std::string& target) {
    auto folder = text_option(target, "folder", "DIR",
                              "of the node; ~/.local/share/torgo/node when not given");
    folder.offer = Offer::folder;
    return folder;
}

/// The digits of a lock's name.
std::string lock_id(const node::HeldLock& lock) {
    return lock.name.substr(peer::lock_prefix.size());
}

/// PEER-50: whether it is known until when a lock stands.
bool is_readable(const node::HeldLock& lock) {
    return lock.lock.until_ns != peer::lock_until_max;
}

void warn_of_unknown(const Context& context, const node::HeldLocks& held) {
    for (const auto& [repository, error] : held.unknown)
        context.out.warn("the locks of repository " + short_id(repository.hex()) +
                         " can not be listed: " + error.detail());
}

Result<ExitCode> run_locks(const Context& context, const std::string& given) {
    TRY(const auto folder, node_folder(context, given));
    TRY(const auto held, node::held_locks(context.world, folder));
    Table table;
    for (const auto* const title : {"ID", "Repository", "Until", "Label"})
        table.column(title);
    for (const auto& lock : held.locks) {
        const auto until = utc_time(lock.lock.until_ns);
        table.row({short_id(lock_id(lock)), short_id(lock.repository.hex()),
                   is_readable(lock) ? until : "can not be read", printable(lock.lock.label)});
        context.out.object(Json("lock")
                               .text("id", lock_id(lock))
                               .text("repository", lock.repository.hex())
                               .text("until", until)
                               .text("label", lock.lock.label));
    }
    context.out.lines(table.lines());
    warn_of_unknown(context, held);
    return held.unknown.empty() ? ExitCode::ok : ExitCode::failed;
}

/// PEER-50
Result<ExitCode> run_release(const Context& context, const ReleaseArgs& args) {
    constexpr std::size_t prefix_min = 4;
    TRY(const auto folder, node_folder(context, args.folder));
    TRY(auto held, node::held_locks(context.world, folder));
    warn_of_unknown(context, held);
    auto& locks = held.locks;
    std::erase_if(locks, [&](const auto& one) { return !lock_id(one).starts_with(args.lock); });
    const bool is_short = args.lock.size() < prefix_min;
    if (locks.size() != 1 || (is_short && lock_id(locks.front()) != args.lock))
        return fail(Errc::invalid_argument,
                    "\"" + args.lock + "\" names no single lock: see \"torgo node locks\"");
    const auto& lock = locks.front();
    if (!args.early && context.world.clock->wall_ns() < lock.lock.until_ns)
        return fail(Errc::read_only,
                    (is_readable(lock)
                         ? "its owner wants it to stand until " + utc_time(lock.lock.until_ns)
                         : "it can not be read, so ask its owner until when it "
                           "is to stand") +
                        "; --early releases it before that");
    context.account.begin(lock.repository).input("lock", lock_id(lock));
    CHECK_OK(node::release_lock(context.world, folder, lock));
    context.out.object(Json("lock_released").text("id", lock_id(lock)));
    context.out.line("Lock " + short_id(lock_id(lock)) + " released");
    return ExitCode::ok;
}

Command locks_command() {
    auto folder = std::make_shared<std::string>();
    Command command;
    command.name = "locks";
    command.summary = "list the retention locks that are set here";
    command.description = "Lists the retention locks that owners have set at this node.";
    command.options = {plain_folder_option(*folder)};
    command.examples = {{"torgo node locks", "which may be released?"}};
    command.run = [folder](const Context& context) {
        return run_locks(context, *folder);
    };
    return command;
}

Command release_command() {
    auto args = std::make_shared<ReleaseArgs>();
    Command command;
    command.name = "release";
    command.summary = "release a retention lock";
    command.description =
        "Takes a retention lock away, after its day. Only the person at the node can, so that who "
        "steals an owner's keys destroys nothing: before you release one early, ask the owner in "
        "another way than the one you were asked. The node may run meanwhile.";
    command.arguments = {text_argument(args->lock, "ID", "of \"torgo node locks\"")};
    command.options = {plain_folder_option(args->folder),
                       toggle(args->early, "early", "before its day as well")};
    command.examples = {{"torgo node release 1f2e3d4c", "its day has come"}};
    command.run = [args](const Context& context) {
        return run_release(context, *args);
    };
    return command;
}

Result<ExitCode> run_retrieve(const Context& context, const ReleaseArgs& args) {
    TRY(const auto folder, node_folder(context, args.folder));
    const auto repository = RepoId::parse(args.lock);
    if (!repository)
        return fail(Errc::invalid_argument, "\"" + args.lock + "\" is no id of a repository");
    const auto retrieved = node::retrieve(context.world, folder, *repository);
    // While a daemon serves the folder, or where there is no such repository, nothing is begun.
    const bool refused = !retrieved && (retrieved.error().code() == Errc::exists ||
                                        retrieved.error().code() == Errc::not_found);
    if (!refused) context.account.begin(*repository).output("node", folder);
    TRY(const auto back, retrieved);
    context.account.figure("segments", back.segments).figure("roots", back.roots);
    context.out.object(Json("retrieved")
                           .number("segments", back.segments)
                           .number("roots", back.roots)
                           .number("left", back.left)
                           .number("withheld", back.withheld));
    context.out.line(plural(back.segments, "segment", "segments") + " and " +
                     plural(back.roots, "root", "roots") + " put back");
    if (back.left != 0)
        context.out.say(plural(back.left, "older copy is", "older copies are") +
                        " still in the repository's folder bin/, as something of their name is "
                        "there");
    if (back.withheld != 0)
        context.out.say(
            plural(back.withheld, "capability or order stays", "capabilities and orders stay") +
            " deleted: the owner gives them anew");
    return ExitCode::ok;
}

Command retrieve_command() {
    auto args = std::make_shared<ReleaseArgs>();
    Command command;
    command.name = "retrieve";
    command.summary = "put back what was deleted";
    command.description =
        "Puts back what was deleted of a repository and is still kept (torgo start --keep), but no "
        "rights and no orders: their owner gives them anew. The node must not run.";
    command.arguments = {
        text_argument(args->lock, "REPOSITORY", "its id: 32 digits, which its owner knows")};
    command.options = {plain_folder_option(args->folder)};
    command.examples = {{"torgo node retrieve 4adc14dc0f3b5a9e8877665544332211",
                         "somebody deleted with stolen keys"}};
    command.run = [args](const Context& context) {
        return run_retrieve(context, *args);
    };
    return command;
}

} // namespace

Command node_command() {
    Command command;
    command.name = "node";
    command.summary = "manage a node";
    command.description =
        "What the person at a node does with it. The node itself runs as \"torgo start\".";
    command.children.push_back(invite_command());
    command.children.push_back(addresses_command());
    command.children.push_back(locks_command());
    command.children.push_back(release_command());
    command.children.push_back(retrieve_command());
    return command;
}

} // namespace torgo::cli
