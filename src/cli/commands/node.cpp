#include "cli/commands/commands.hpp"
#include "cli/context.hpp"
#include "cli/format.hpp"
#include "cli/qr.hpp"
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

} // namespace

Command node_command() {
    Command command;
    command.name = "node";
    command.summary = "manage a node";
    command.description =
        "What the person at a node does with it. The node itself runs as \"torgo start\".";
    command.children.push_back(invite_command());
    command.children.push_back(addresses_command());
    return command;
}

} // namespace torgo::cli
