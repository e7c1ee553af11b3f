#include "base/hex.hpp"
#include "cli/commands/mesh.hpp"
#include "cli/commands/mesh_daemon.hpp"
#include "cli/format.hpp"

#include <algorithm>

namespace torgo::cli {

namespace {

constexpr bluez::KeyIndex application = 0;
constexpr std::uint32_t count_max = 1'000'000;
constexpr std::size_t text_max = bluez::message_size_max - sizeof mesh_text_opcode;

struct SendArgs {
    MeshDaemonArgs daemon;
    std::string to;
    std::string text;
    std::uint32_t count = 1;
};

Result<ExitCode> run_send(const Context& context, const SendArgs& args) {
    TRY(const auto to, parse_mesh_address(args.to));
    if (args.text.empty() || args.text.size() > text_max)
        return fail(Errc::invalid_argument,
                    "a mesh message has 1 to " + std::to_string(text_max) + " bytes");
    Bytes data(std::begin(mesh_text_opcode), std::end(mesh_text_opcode));
    data.insert(data.end(), args.text.begin(), args.text.end());
    TRY(const auto own, MeshNode::open(context, args.daemon));
    TRY(const auto attached, own->attach());
    // Segmented, so that the other end acknowledges even what is short: the mesh forgets.
    CHECK_OK(attached.node.send(0, to, application, data, own->deadline(),
                                {.force_segmented = bluez::is_unicast(to)}));
    context.out.object(Json("mesh_sent").text("destination", args.to).number("bytes", data.size()));
    context.out.say("The daemon has it, and sends it.");
    return ExitCode::ok;
}

void show(const Context& context, const bluez::Message& message) {
    const auto source = mesh_address_text(message.source);
    Json json("mesh_message");
    json.text("source", source).text("data", to_hex(message.data));
    const ByteView opcode(mesh_text_opcode);
    const bool is_text = message.data.size() >= opcode.size() &&
                         std::ranges::equal(ByteView(message.data).first(opcode.size()), opcode);
    if (!is_text) {
        context.out.line(source + "  " + to_hex(message.data));
    } else {
        const auto text = as_text(ByteView(message.data).subspan(opcode.size()));
        json.text("text", text);
        context.out.line(source + "  " + printable(text));
    }
    context.out.object(json);
}

Result<ExitCode> run_listen(const Context& context, const SendArgs& args) {
    TRY(const auto own, MeshNode::open(context, args.daemon));
    TRY(const auto attached, own->attach());
    (void)attached;
    context.out.say("Listening.");
    CHECK_OK(context.out.flush());
    for (std::uint32_t left = args.count; left > 0;) {
        TRY(const auto event, own->next_event());
        const auto* const message = std::get_if<bluez::Message>(&event);
        if (message == nullptr) continue;
        show(context, *message);
        CHECK_OK(context.out.flush());
        --left;
    }
    return ExitCode::ok;
}

} // namespace

Command mesh_send_command() {
    auto args = std::make_shared<SendArgs>();
    Command command;
    command.name = "send";
    command.summary = "send a message to a node of the Bluetooth Mesh network";
    command.description =
        "Sends up to 377 bytes to a mesh node, or to a group, under the key of readings. To one "
        "node it goes in acknowledged segments, a tenth of a second for each 12 bytes. It ends "
        "when the daemon has the message, not when it has arrived. Read it there with \"torgo "
        "mesh listen\".\n\n"
        "Whoever has the network's key can read it: this is for trying a mesh out, not for what "
        "must stay secret.";
    command.arguments = {
        text_argument(args->to, "ADDRESS", "of the mesh node, four hexadecimal digits"),
        text_argument(args->text, "TEXT", "what to send")};
    command.options = mesh_daemon_options(args->daemon);
    command.examples = {{"torgo mesh send 0002 hello", "greet the first node that was taken in"}};
    command.run = [args](const Context& context) {
        return run_send(context, *args);
    };
    return command;
}

Command mesh_listen_command() {
    auto args = std::make_shared<SendArgs>();
    Command command;
    command.name = "listen";
    command.summary = "print the messages that come by Bluetooth Mesh";
    command.description = "Prints each message that this machine's mesh node gets: who sent it, "
                          "and its text, or its bytes where it is none of \"torgo mesh send\".";
    command.options = mesh_daemon_options(args->daemon);
    command.options.push_back(number_option(args->count, "count", "N", {1, count_max},
                                            "end after so many; 1 when not "
                                            "given"));
    command.examples = {{"torgo mesh listen --count 10 --seconds 3600", "the next ten"}};
    command.run = [args](const Context& context) {
        return run_listen(context, *args);
    };
    return command;
}

} // namespace torgo::cli
