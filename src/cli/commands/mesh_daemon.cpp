#include "cli/commands/mesh_daemon.hpp"

#include "base/codec.hpp"
#include "base/hex.hpp"
#include "crypto/secret.hpp"
#include "env/clock.hpp"
#include "env/file_system.hpp"

#include <algorithm>

namespace torgo::cli {

namespace {

constexpr std::string_view head = "torgo-mesh-token 2\n";
constexpr std::string_view head_1 = "torgo-mesh-token 1\n"; ///< without `unkeyed`
constexpr std::size_t unkeyed_max = 16;
constexpr std::size_t file_max = 64;
constexpr std::uint32_t seconds_max = 24 * 3600;
constexpr std::int64_t second_ns = 1'000'000'000;
/// How soon an interrupt is seen.
constexpr std::int64_t look_ns = second_ns / 5;
constexpr bluez::Address unicast_max = 0x7FFF;
constexpr std::size_t address_digits = 4;

Result<std::string> state_path(const Context& context, const MeshDaemonArgs& args) {
    if (!args.state.empty()) return context.environment.absolute(args.state);
    TRY(const auto data, context.environment.data_folder());
    return data + "/mesh-node";
}

} // namespace

std::vector<Option> mesh_daemon_options(MeshDaemonArgs& args) {
    auto state = text_option(args.state, "state", "FILE",
                             "what proves the mesh node ours, to be kept as a password is; "
                             "~/.local/share/torgo/mesh-node when not given");
    state.offer = Offer::file;
    return {std::move(state),
            text_option(args.bus, "bus", "ADDRESS",
                        "the bus where the daemon is; the system's when not given"),
            text_option(args.daemon, "daemon", "NAME",
                        "the daemon's name on the bus; org.bluez.mesh when not given"),
            number_option(args.seconds, "seconds", "N", {1, seconds_max},
                          "wait no longer; 120 when not given")};
}

MeshNode::MeshNode(const Context& context, std::string path, env::Deadline deadline)
    : m_context(context), m_path(std::move(path)), m_deadline(deadline) {}

Result<std::unique_ptr<MeshNode>> MeshNode::open(const Context& context,
                                                 const MeshDaemonArgs& args) {
    TRY(auto path, state_path(context, args));
    const auto deadline = context.world.clock->monotonic_ns() + args.seconds * second_ns;
    std::unique_ptr<MeshNode> out(new MeshNode(context, std::move(path), deadline));
    CHECK_OK(out->read());
    bluez::ClientOptions options;
    if (!args.bus.empty()) options.bus = bluez::SessionBus{args.bus};
    options.daemon = args.daemon;
    TRY(out->m_client,
        bluez::Client::open(*context.world.clock, std::move(options), out->application()));
    return out;
}

Result<> MeshNode::read() {
    auto content = env::read_file(*m_context.world.files, m_path, file_max);
    if (!content && content.error().code() == Errc::not_found) return {};
    if (!content) return std::unexpected(std::move(content).error());
    const auto parsed = [&]() -> Result<> {
        const bool is_first = as_text(*content).starts_with(head_1);
        if (!is_first && !as_text(*content).starts_with(head))
            return fail(Errc::corrupt, m_path + " is no file of a mesh node");
        Reader in(ByteView(*content).subspan(head.size()));
        TRY(m_token, in.get<std::uint64_t>());
        TRY(m_next, in.get<std::uint16_t>());
        while (!is_first && in.left() > 0) {
            TRY(const auto address, in.get<std::uint16_t>());
            m_unkeyed.push_back(address);
        }
        return in.done();
    }();
    crypto::wipe(*content);
    return parsed;
}

Result<> MeshNode::keep() const {
    CHECK_OK(env::make_directories(*m_context.world.files, env::parent_path(m_path)));
    Writer out;
    out.raw(as_bytes(head)).put(m_token).put(m_next);
    for (const auto address : m_unkeyed)
        out.put(address);
    return env::write_file_atomically(*m_context.world.files, m_path, out.view(), /*secret=*/true);
}

bluez::Application MeshNode::application() {
    bluez::Application out;
    out.company = *mesh_model.vendor;
    out.product = 1;
    out.version = 1;
    out.elements = {{{bluez::configuration_server, bluez::configuration_client, mesh_model}, 0}};
    out.keep_token = [this](bluez::Token token) {
        m_token = token;
        return keep();
    };
    out.place_node = [this](const bluez::DeviceUuid&, std::uint8_t elements) {
        return place(elements);
    };
    return out;
}

/// [CLI-51] An address is kept as given before it is: none is given twice, whatever happens then.
Result<bluez::Placement> MeshNode::place(std::uint8_t elements) {
    const auto address = m_next;
    if (elements == 0 || address + elements - 1 > unicast_max)
        return fail(Errc::limit_exceeded, "the network has no addresses left");
    m_next = static_cast<bluez::Address>(address + elements);
    if (m_unkeyed.size() == unkeyed_max) m_unkeyed.erase(m_unkeyed.begin());
    m_unkeyed.push_back(address);
    CHECK_OK(keep());
    return bluez::Placement{.network = 0, .address = address};
}

Result<> MeshNode::settle(bluez::Address address) {
    std::erase(m_unkeyed, address);
    return keep();
}

Result<> MeshNode::create() {
    TRY(m_token, m_client->create_network(bluez::make_device_uuid(random()), m_deadline));
    return {};
}

Result<> MeshNode::join(const bluez::DeviceUuid& uuid) {
    const std::stop_callback stopped(m_context.stop, [this] { m_client->close(); });
    TRY(m_token, m_client->join(uuid, m_deadline));
    return {};
}

Result<bluez::Attached> MeshNode::attach() {
    if (!is_member())
        return fail(Errc::not_found,
                    "no mesh node of ours: make a network with \"torgo mesh provision\", or have "
                    "this machine taken into one with \"torgo mesh join\"");
    return m_client->attach(m_token, m_deadline);
}

Result<bluez::Event> MeshNode::next_event() {
    const auto& clock = *m_context.world.clock;
    for (;;) {
        if (m_context.stop.stop_requested()) return fail(Errc::cancelled, "stopped");
        const auto now = clock.monotonic_ns();
        auto event = m_client->next_event(std::min(m_deadline, now + look_ns));
        if (!event && event.error().code() == Errc::timeout && now < m_deadline) continue;
        if (event && std::holds_alternative<bluez::DaemonGone>(*event))
            return fail(Errc::unavailable, "the mesh daemon has ended");
        if (event && std::holds_alternative<bluez::BusGone>(*event))
            return fail(Errc::unavailable, "the bus has ended");
        return event;
    }
}

Result<bluez::Address> parse_mesh_address(const std::string& text) {
    const auto bytes = from_hex(text);
    if (text.size() != address_digits || !bytes)
        return fail(Errc::invalid_argument,
                    "\"" + text + "\" is no mesh address: four hexadecimal digits, as 00aa");
    const auto address = static_cast<bluez::Address>(bytes->at(0) << 8U | bytes->at(1));
    if (address == 0) return fail(Errc::invalid_argument, "0000 is nobody's address");
    return address;
}

std::string mesh_address_text(bluez::Address address) {
    const std::uint8_t bytes[] = {static_cast<std::uint8_t>(address >> 8U),
                                  static_cast<std::uint8_t>(address)};
    return to_hex(bytes);
}

} // namespace torgo::cli
