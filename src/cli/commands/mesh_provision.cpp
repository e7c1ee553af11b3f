#include "bluez/config.hpp"
#include "cli/commands/mesh.hpp"
#include "cli/commands/mesh_daemon.hpp"
#include "cli/format.hpp"

#include <algorithm>
#include <set>

namespace torgo::cli {

namespace {

constexpr bluez::KeyIndex network = 0;
constexpr bluez::KeyIndex application = 0;

/// For a node of an earlier run that may be away.
constexpr std::int64_t patience_ns = 10'000'000'000;

struct ProvisionArgs {
    MeshDaemonArgs daemon;
    std::string device;
};

/// The key of readings and the model that may use it.
Result<> give_key(const bluez::Node& node, bluez::Address address, env::Deadline deadline) {
    CHECK_OK(node.add_application_key(address, application, /*update=*/false, deadline));
    TRY(const auto bound,
        node.ask(address, bluez::bind_model(address, application, mesh_model), deadline));
    (void)bound;
    return {};
}

/// A network where there is none yet. All of it may be done again: a run that broke off left a
/// part.
Result<bluez::Node> ready(const Context& context, MeshNode& own) {
    const bool fresh = !own.is_member();
    if (fresh) {
        context.account.begin().output("network", "of this machine");
        CHECK_OK(own.create());
    }
    TRY(const auto attached, own.attach());
    const auto& node = attached.node;
    const auto made =
        node.management().create_application_key(network, application, own.deadline());
    if (!made && made.error().code() != Errc::exists) return std::unexpected(made.error());
    TRY(const auto state, node.state(own.deadline()));
    if (state.addresses.empty()) return fail(Errc::io, "the daemon tells no address of ours");
    CHECK_OK(give_key(node, state.addresses[0], own.deadline()));
    if (fresh)
        context.out.say("A new network; this machine is " + mesh_address_text(state.addresses[0]) +
                        " in it.");
    return node;
}

/// [CLI-51] A run that ended between adding a node and giving it its key left one that nobody can
/// add again, and that waits.
Result<> finish_earlier(const Context& context, MeshNode& own, const bluez::Node& node) {
    const auto unkeyed = own.unkeyed();
    for (const auto address : unkeyed) {
        // Half of the time is for what this run is for.
        const auto now = context.world.clock->monotonic_ns();
        const auto until = now + std::min(patience_ns, (own.deadline() - now) / 2);
        const auto given = give_key(node, address, until);
        const auto text = mesh_address_text(address);
        if (!given && given.error().code() == Errc::unavailable)
            return std::unexpected(given.error());
        // Where the daemon knows no such node, it was not added.
        if (!given && given.error().code() != Errc::not_found) {
            context.out.warn("node " + text +
                             " was given an address earlier, and does not take "
                             "its key now (" +
                             printable(given.error().detail()) +
                             "); it is tried again by the next \"torgo mesh provision\"");
            continue;
        }
        CHECK_OK(own.settle(address));
        if (given) {
            context.account.begin().output("mesh_node", text);
            context.out.say("Node " + text + " of an earlier run has its key now.");
        }
    }
    return {};
}

/// Until the time is over.
Result<ExitCode> list_devices(const Context& context, MeshNode& own, const bluez::Node& node) {
    CHECK_OK(node.management().scan(0, own.deadline()));
    context.out.say("Devices that no network has, as they are heard:");
    std::set<bluez::DeviceUuid> seen;
    for (;;) {
        const auto event = own.next_event();
        if (!event && event.error().code() == Errc::timeout) break;
        if (!event) return std::unexpected(event.error());
        const auto* const found = std::get_if<bluez::ScanResult>(&*event);
        if (found == nullptr || !seen.insert(found->uuid).second) continue;
        context.out.object(Json("mesh_device").text("uuid", found->uuid.hex()));
        context.out.line(found->uuid.hex());
        CHECK_OK(context.out.flush());
    }
    context.out.say(plural(seen.size(), "device", "devices") + " heard.");
    return ExitCode::ok;
}

Result<bluez::NodeAdded> add(const Context& context, MeshNode& own, const bluez::Node& node,
                             const bluez::DeviceUuid& uuid) {
    CHECK_OK(node.management().scan(0, own.deadline()));
    for (bool asked = false;;) {
        TRY(const auto event, own.next_event());
        if (const auto* const found = std::get_if<bluez::ScanResult>(&event);
            found != nullptr && found->uuid == uuid && !asked) {
            context.account.begin().input("device", uuid.hex());
            CHECK_OK(node.management().add_node(uuid, own.deadline()));
            asked = true;
        }
        if (const auto* const added = std::get_if<bluez::NodeAdded>(&event)) return *added;
        if (const auto* const refused = std::get_if<bluez::NodeNotAdded>(&event))
            return fail(Errc::io, "the device was not added: " + printable(refused->reason));
    }
}

Result<ExitCode> run_provision(const Context& context, const ProvisionArgs& args) {
    bluez::DeviceUuid uuid;
    if (!args.device.empty()) {
        const auto parsed = bluez::DeviceUuid::parse(args.device);
        if (!parsed)
            return fail(Errc::invalid_argument,
                        "\"" + args.device + "\" is no device: 32 hexadecimal digits");
        uuid = *parsed;
    }
    TRY(const auto own, MeshNode::open(context, args.daemon));
    TRY(const auto node, ready(context, *own));
    CHECK_OK(finish_earlier(context, *own, node));
    if (args.device.empty()) return list_devices(context, *own, node);
    TRY(const auto added, add(context, *own, node, uuid));
    const auto address = mesh_address_text(added.address);
    context.account.output("mesh_node", address);
    CHECK_OK_WITH("node " + address +
                      " is in the network and has not got its key; give it by \"torgo mesh "
                      "provision\", with or without a device",
                  give_key(node, added.address, own->deadline()));
    CHECK_OK(own->settle(added.address));
    context.out.object(Json("mesh_node")
                           .text("uuid", uuid.hex())
                           .text("address", address)
                           .number("elements", added.elements));
    context.out.line(address);
    context.out.say("It is in the network and has its key.");
    return ExitCode::ok;
}

/// BlueZ gives models of company 0xFFFF back as those of the Bluetooth SIG (mesh/mesh-defs.h,
/// SIG_VENDOR), of whom none has this number.
bool is_bound(const std::vector<bluez::ModelConfiguration>& all) {
    return std::ranges::any_of(all, [](const bluez::ModelConfiguration& one) {
        return one.model.model == mesh_model.model && one.bindings && !one.bindings->empty();
    });
}

Result<ExitCode> run_join(const Context& context, const MeshDaemonArgs& args) {
    TRY(const auto own, MeshNode::open(context, args));
    if (own->is_member())
        return fail(Errc::exists, "this machine is in a mesh network already; give another --state "
                                  "to be in a second one");
    const auto uuid = bluez::make_device_uuid(own->random());
    context.out.object(Json("mesh_device").text("uuid", uuid.hex()));
    context.out.line(uuid.hex());
    context.out.say("Waiting for \"torgo mesh provision " + uuid.hex() + "\" elsewhere.");
    CHECK_OK(context.out.flush());
    CHECK_OK(own->join(uuid));
    context.account.begin().input("device", uuid.hex());
    TRY(const auto attached, own->attach());
    // Until it has its key: who is gone earlier may not hear of it.
    for (bool bound = is_bound(attached.configuration); !bound;) {
        TRY(const auto event, own->next_event());
        if (const auto* const told = std::get_if<bluez::ModelConfiguration>(&event))
            bound = is_bound({*told});
    }
    TRY(const auto state, attached.node.state(own->deadline()));
    if (state.addresses.empty()) return fail(Errc::io, "the daemon tells no address of ours");
    const auto address = mesh_address_text(state.addresses[0]);
    context.account.output("mesh_node", address);
    context.out.object(Json("mesh_node")
                           .text("uuid", uuid.hex())
                           .text("address", address)
                           .number("elements", state.addresses.size()));
    context.out.line(address);
    return ExitCode::ok;
}

} // namespace

Command mesh_provision_command() {
    auto args = std::make_shared<ProvisionArgs>();
    Command command;
    command.name = "provision";
    command.summary = "take a Bluetooth Mesh device into the network of this machine";
    command.description =
        "Takes a device that no network has into the mesh network of this machine, gives it an "
        "address and the key of readings, and prints the address. Without a device it prints those "
        "that are heard, until --seconds are over. The first time it makes the network.\n\n"
        "The radio is that of the Bluetooth mesh daemon (docs/mesh-bluez.md). Provisioning by it "
        "is protected by P-256 and AES-128 only, and without a secret known to both ends against "
        "nobody who is near: what must stay secret travels in envelopes.";
    auto device = text_argument(args->device, "DEVICE", "its UUID, 32 hexadecimal digits");
    device.least = 0;
    command.arguments = {std::move(device)};
    command.options = mesh_daemon_options(args->daemon);
    command.examples = {{"torgo mesh provision --seconds 10", "say which devices are there"},
                        {"torgo mesh provision 6f1c0b7e5c7d4ab0a3c49d1f0e9b2a75", "take one in"}};
    command.run = [args](const Context& context) {
        return run_provision(context, *args);
    };
    return command;
}

Command mesh_join_command() {
    auto args = std::make_shared<MeshDaemonArgs>();
    Command command;
    command.name = "join";
    command.summary = "have this machine taken into a Bluetooth Mesh network";
    command.description =
        "Says by radio that this machine is a device without a network, prints its UUID, and "
        "waits until somebody has taken it into one (\"torgo mesh provision\" elsewhere, or any "
        "other provisioner) and has given it a key for readings. Prints its address then.";
    command.options = mesh_daemon_options(*args);
    command.examples = {{"torgo mesh join", "wait for two minutes"}};
    command.run = [args](const Context& context) {
        return run_join(context, *args);
    };
    return command;
}

} // namespace torgo::cli
