#include "bluez/client.hpp"

#include "bluez/core.hpp"
#include "bluez/dictionary.hpp"

#include <algorithm>
#include <utility>

namespace torgo::bluez {

namespace {

constexpr std::size_t static_oob_size = 16;
/// To tell the daemon that nobody waits any more.
constexpr std::int64_t cancel_limit_ns = 2'000'000'000;

bool is_path(const std::string& path) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '/';
    };
    return path.size() > 1 && path.front() == '/' && path.back() != '/' && !path.contains("//") &&
           std::ranges::all_of(path, fits);
}

Result<> check(const ClientOptions& options, const Application& application) {
    if (!is_path(options.root)) return fail(Errc::invalid_argument, "the root is no object path");
    if (options.events_max == 0) return fail(Errc::invalid_argument, "no room for events");
    if (application.elements.empty() || application.elements.size() > elements_max)
        return fail(Errc::invalid_argument, "a node has 1 to 255 elements");
    const auto oob = application.static_oob.size();
    if (oob != 0 && oob != static_oob_size)
        return fail(Errc::invalid_argument, "a static out-of-band secret has 16 bytes");
    return {};
}

Result<> check_key(const crypto::SecretBytes& key) {
    if (key.size() == mesh_key_size) return {};
    return fail(Errc::invalid_argument, "a mesh key has 16 bytes");
}

} // namespace

Client::Client(std::unique_ptr<Core> core) : m_core(std::move(core)) {}

Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::open(const env::Clock& clock, ClientOptions options,
                                             Application application) {
    CHECK_OK(check(options, application));
    auto core = std::make_unique<Core>(clock, std::move(options), std::move(application));
    CHECK_OK_WITH("connecting to the bus", core->open());
    return std::unique_ptr<Client>(new Client(std::move(core)));
}

Result<Token> Client::create_network(const DeviceUuid& uuid, env::Deadline deadline) {
    return m_core->call_for_token("CreateNetwork", deadline, m_core->root(), to_array(uuid.view()));
}

Result<Token> Client::import_node(const ImportedNode& node, env::Deadline deadline) {
    CHECK_OK(check_key(node.device_key));
    CHECK_OK(check_key(node.network_key));
    const Dictionary flags{{"IvUpdate", sdbus::Variant{node.iv_update}},
                           {"KeyRefresh", sdbus::Variant{node.key_refresh}}};
    return m_core->call_for_token("Import", deadline, m_core->root(), to_array(node.uuid.view()),
                                  to_array(node.device_key.view()),
                                  to_array(node.network_key.view()), node.network, flags,
                                  node.iv_index, node.address);
}

Result<Token> Client::join(const DeviceUuid& uuid, env::Deadline deadline) {
    auto token = m_core->call_for_token("Join", deadline, m_core->root(), to_array(uuid.view()));
    if (!token && token.error().code() == Errc::timeout)
        (void)m_core->command(mesh_path, network_interface, "Cancel", deadline + cancel_limit_ns);
    return token;
}

Result<Attached> Client::attach(Token token, env::Deadline deadline) {
    return guarded([&]() -> Result<Attached> {
        TRY(auto reply,
            m_core->call(mesh_path, network_interface, "Attach", deadline, m_core->root(), token));
        sdbus::ObjectPath path;
        std::vector<
            sdbus::Struct<std::uint8_t, std::vector<sdbus::Struct<std::uint16_t, Dictionary>>>>
            elements;
        reply >> path >> elements;
        Attached attached{Node(*m_core, path), {}};
        for (const auto& element : elements)
            for (const auto& model : element.get<1>())
                attached.configuration.push_back(
                    to_configuration(element.get<0>(), model.get<0>(), model.get<1>()));
        return attached;
    });
}

Result<> Client::leave(Token token, env::Deadline deadline) {
    return m_core->command(mesh_path, network_interface, "Leave", deadline, token);
}

Result<Event> Client::next_event(env::Deadline deadline) {
    return m_core->events().pop(deadline);
}

std::uint64_t Client::events_lost() const {
    return m_core->events().lost();
}

bool Client::daemon_is_there() const {
    return m_core->daemon_is_there();
}

void Client::close() noexcept {
    m_core->close();
}

} // namespace torgo::bluez
