#include "uplink/bluez_bearer.hpp"

#include "base/codec.hpp"
#include "bluez/config.hpp"
#include "envelope/secret_writer.hpp"
#include "envelope/wire.hpp"

#include <algorithm>
#include <variant>

namespace torgo::uplink {

namespace {
constexpr std::string_view magic = "TGRBZN1\n";
constexpr std::size_t file_max = 64;
constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t call_ns = 10 * second_ns;
constexpr std::int64_t set_up_ns = 30 * second_ns;
/// The daemon sends a mesh segment each 100 ms, sends again whatever an early acknowledgement
/// lacks, mostly twice over, and never says that a message has arrived. Whoever gives it long
/// messages faster than that waits longer for each (bluez 5.82 mesh/net.c, ack_received).
constexpr std::int64_t segment_ns = 100'000'000;
constexpr std::int64_t long_segment_ns = 3 * segment_ns;
constexpr std::size_t segment_size = 12;
constexpr std::size_t mic_size = 4;
constexpr bluez::ModelId model{envelope::test_company, model_number};

bluez::Application application() {
    bluez::Application out;
    out.company = envelope::test_company;
    out.product = 1;
    out.version = 1;
    out.elements = {{{bluez::configuration_server, bluez::configuration_client, model}, 0}};
    return out;
}

crypto::SecretBytes secret(const mesh::Key128& key) {
    return crypto::SecretBytes::copy_of(key);
}

/// What is there already is as good as what was just put there.
Result<> or_there(Result<> result) {
    if (!result && result.error().code() == Errc::exists) return {};
    return result;
}

bool is_bound(const std::vector<bluez::ModelConfiguration>& configuration) {
    return std::ranges::any_of(configuration, [](const bluez::ModelConfiguration& one) {
        return one.model == model && one.bindings &&
               std::ranges::contains(*one.bindings, app_index);
    });
}
} // namespace

Result<std::unique_ptr<BluezBearer>> BluezBearer::open(env::FileSystem& files, env::Clock& clock,
                                                       env::Random& random,
                                                       bluez::ClientOptions options,
                                                       const std::string& path,
                                                       const MeshKeys& keys, Address address) {
    std::unique_ptr<BluezBearer> out(new BluezBearer(files, clock, path));
    out->m_keys = keys;
    out->m_address = address;
    CHECK_OK(out->load());
    TRY(out->m_client, bluez::Client::open(clock, std::move(options), application()));
    if (out->m_token == 0) CHECK_OK(out->import(random, keys, address));
    CHECK_OK(out->attach(keys, address));
    return out;
}

Result<> BluezBearer::load() {
    auto bytes = env::read_file(m_files, m_path, file_max);
    if (!bytes && bytes.error().code() == Errc::not_found) return {};
    if (!bytes) return std::unexpected(std::move(bytes).error());
    Reader in(*bytes);
    TRY(const auto found, in.raw(magic.size()));
    if (!std::ranges::equal(found, as_bytes(magic)))
        return fail(Errc::unsupported, m_path + " names no node of this version");
    TRY(m_token, in.get<std::uint64_t>());
    TRY(const auto key, in.raw(bluez::mesh_key_size));
    m_device_key = crypto::SecretBytes::copy_of(key);
    CHECK_OK(in.done());
    crypto::wipe(*bytes);
    return {};
}

Result<> BluezBearer::store() {
    envelope::SecretWriter out(file_max);
    out.raw(as_bytes(magic)).put(m_token).raw(m_device_key.view());
    return env::write_file_atomically(m_files, m_path, out.take().view(), /*secret=*/true);
}

Result<> BluezBearer::import(env::Random& random, const MeshKeys& keys, Address address) {
    m_device_key = crypto::SecretBytes(bluez::mesh_key_size);
    random.fill(m_device_key.span());
    bluez::ImportedNode node;
    node.uuid = bluez::make_device_uuid(random);
    node.device_key = crypto::SecretBytes::copy_of(m_device_key.view());
    node.network_key = secret(keys.network);
    node.network = net_index;
    node.address = address;
    TRY(m_token, m_client->import_node(node, m_clock.monotonic_ns() + call_ns));
    return store();
}

Result<> BluezBearer::attach(const MeshKeys& keys, Address address) {
    TRY(auto attached, m_client->attach(m_token, m_clock.monotonic_ns() + call_ns));
    m_node = attached.node;
    if (is_bound(attached.configuration)) return {};
    return set_up(keys, address);
}

/// The node configures itself, as its own provisioner would.
Result<> BluezBearer::set_up(const MeshKeys& keys, Address address) const {
    const auto until = m_clock.monotonic_ns() + set_up_ns;
    const auto manager = m_node->management();
    CHECK_OK(or_there(manager.import_subnet(net_index, secret(keys.network), until)));
    CHECK_OK(or_there(manager.import_remote_node(
        address, 1, crypto::SecretBytes::copy_of(m_device_key.view()), until)));
    CHECK_OK(or_there(
        manager.import_application_key(net_index, app_index, secret(keys.application), until)));
    CHECK_OK(m_node->add_application_key(address, app_index, false, until));
    TRY(const auto bound,
        m_node->ask(address, bluez::bind_model(address, app_index, model), until));
    (void)bound;
    // Before 5.84 it spoils each packet that it relays (docs/mesh-bluez.md).
    TRY(const auto relay, m_node->ask(address, bluez::set_relay(false, 0, 0), until));
    (void)relay;
    return {};
}

Result<> BluezBearer::send(Address to, ByteView payload) {
    if (!m_node) return fail(Errc::unavailable, "no mesh daemon at the moment");
    const auto now = m_clock.monotonic_ns();
    const bool is_short = payload.size() <= envelope::unsegmented_payload_max;
    const auto segments =
        static_cast<std::int64_t>((payload.size() + mic_size + segment_size - 1) / segment_size);
    m_busy_until_ns = now + (is_short ? segment_ns : segments * long_segment_ns);
    return m_node->send(0, to, app_index, payload, now + call_ns);
}

Result<std::optional<Heard>> BluezBearer::receive(env::Deadline until) {
    while (true) {
        // A payload that waits for the daemon's air time must not wait for a message as well.
        const auto limit = is_free() ? until : std::min(until, m_busy_until_ns);
        auto event = m_client->next_event(limit);
        if (!event && event.error().code() == Errc::timeout) return std::optional<Heard>();
        if (!event) return std::unexpected(std::move(event).error());
        if (auto* const message = std::get_if<bluez::Message>(&*event))
            return std::optional(
                Heard{.from = message->source, .payload = std::move(message->data)});
        if (std::holds_alternative<bluez::DaemonGone>(*event)) m_node.reset();
        if (std::holds_alternative<bluez::DaemonBack>(*event)) CHECK_OK(attach(m_keys, m_address));
        if (const auto* const gone = std::get_if<bluez::BusGone>(&*event))
            return fail(Errc::io, "the bus has ended: " + gone->reason);
    }
}

} // namespace torgo::uplink
