#include "uplink/bluez_bearer.hpp"

#include "base/codec.hpp"
#include "bluez/config.hpp"
#include "crypto/hash.hpp"
#include "envelope/secret_writer.hpp"
#include "envelope/wire.hpp"

#include <algorithm>
#include <variant>

namespace torgo::uplink {

namespace {
constexpr std::string_view magic = "TGRBZN2\n";
constexpr std::string_view first_magic = "TGRBZN1\n"; ///< without a mark
constexpr std::size_t file_max = 128;
constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t call_ns = 10 * second_ns;
constexpr std::int64_t set_up_ns = 30 * second_ns;
/// Between two attempts at a daemon that is there but does not do what it is asked.
constexpr std::int64_t attach_pause_ns = 5 * second_ns;
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

/// Of what the node was made with: the daemon does not tell keys.
Digest mark_of(const MeshKeys& keys, Address address) {
    envelope::SecretWriter out(2 * sizeof(mesh::Key128) + sizeof(Address));
    out.raw(keys.network).raw(keys.application).put(address);
    return crypto::sha256(out.take().view());
}

crypto::SecretBytes secret(const mesh::Key128& key) {
    return crypto::SecretBytes::copy_of(key);
}

/// What is there already is as good as what was just put there.
Result<> or_there(Result<> result) {
    if (!result && result.error().code() == Errc::exists) return {};
    return result;
}

/// By its number alone: models of company 0xFFFF come back without one (mesh_setup.hpp).
bool is_bound(const std::vector<bluez::ModelConfiguration>& configuration) {
    return std::ranges::any_of(configuration, [](const bluez::ModelConfiguration& one) {
        return one.model.model == model_number && one.bindings &&
               std::ranges::contains(*one.bindings, app_index);
    });
}

/// A daemon that ends, or has not begun yet.
bool is_passing(const Error& error) {
    return error.code() == Errc::unavailable || error.code() == Errc::timeout;
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
    auto shown = application();
    shown.keep_token = [raw = out.get()](bluez::Token token) {
        return raw->keep(token);
    };
    TRY(out->m_client, bluez::Client::open(clock, std::move(options), std::move(shown)));
    if (out->m_token == 0) CHECK_OK(out->import(random, keys, address));
    CHECK_OK(out->attach());
    return out;
}

Result<> BluezBearer::load() {
    auto bytes = env::read_file(m_files, m_path, file_max);
    if (!bytes && bytes.error().code() == Errc::not_found) return {};
    if (!bytes) return std::unexpected(std::move(bytes).error());
    Reader in(*bytes);
    TRY(const auto found, in.raw(magic.size()));
    const bool is_first = std::ranges::equal(found, as_bytes(first_magic));
    if (!is_first && !std::ranges::equal(found, as_bytes(magic)))
        return fail(Errc::unsupported, m_path + " names no node of this version");
    TRY(m_token, in.get<std::uint64_t>());
    TRY(const auto key, in.raw(bluez::mesh_key_size));
    m_device_key = crypto::SecretBytes::copy_of(key);
    const auto expected = mark_of(m_keys, m_address);
    TRY(const auto mark, is_first ? Result<ByteView>(expected.view()) : in.raw(Digest::size));
    CHECK_OK(in.done());
    const bool is_same = std::ranges::equal(mark, expected.view());
    crypto::wipe(*bytes);
    if (is_same) return {};
    return fail(Errc::changed,
                m_path +
                    " is of a node with other mesh keys, or another address, than the gateway "
                    "or the card beside it: bring back the one that belongs to it; or, where "
                    "that was renewed on purpose, remove " +
                    m_path);
}

Result<> BluezBearer::store() {
    envelope::SecretWriter out(file_max);
    out.raw(as_bytes(magic)).put(m_token).raw(m_device_key.view());
    out.raw(mark_of(m_keys, m_address).view());
    return env::write_file_atomically(m_files, m_path, out.take().view(), /*secret=*/true);
}

/// [BLUEZ-4] On the bus's thread, while import() waits: without the token in its file the daemon
/// must not have the node.
Result<> BluezBearer::keep(bluez::Token token) {
    m_token = token;
    auto kept = store();
    if (!kept) m_token = 0;
    return kept;
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
    CHECK_OK(m_client->import_node(node, m_clock.monotonic_ns() + call_ns));
    return {};
}

Result<> BluezBearer::attach() {
    if (!m_node) {
        TRY(auto attached, m_client->attach(m_token, m_clock.monotonic_ns() + call_ns));
        m_node = attached.node;
        m_is_set_up = is_bound(attached.configuration);
    }
    if (!m_is_set_up) CHECK_OK(set_up(m_keys, m_address));
    m_is_set_up = true;
    return {};
}

/// What passes is tried again later: a daemon that has just started may end once more.
Result<> BluezBearer::attach_again() {
    m_attach_at_ns = no_attempt_ns;
    auto done = attach();
    if (done || !is_passing(done.error())) return done;
    m_attach_at_ns = m_clock.monotonic_ns() + attach_pause_ns;
    return {};
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
    // Before 5.84 it spoils each packet that it relays (docs/mesh-bluez.md).
    CHECK_OK(m_node->ask(address, bluez::set_relay(false, 0, 0), until));
    // Last: who finds it bound holds all of this for done.
    CHECK_OK(m_node->ask(address, bluez::bind_model(address, app_index, model), until));
    return {};
}

Result<> BluezBearer::send(Address to, ByteView payload) {
    if (!m_node) return fail(Errc::unavailable, "no mesh daemon at the moment");
    const auto now = m_clock.monotonic_ns();
    const bool is_short = payload.size() <= envelope::unsegmented_payload_max;
    const auto segments =
        static_cast<std::int64_t>((payload.size() + mic_size + segment_size - 1) / segment_size);
    m_busy_until_ns = now + (is_short ? segment_ns : segments * long_segment_ns);
    auto sent = m_node->send(0, to, app_index, payload, now + call_ns);
    if (sent || sent.error().code() != Errc::not_found) return sent;
    // Another daemon has the name already, and does not know of us: that the first one has ended
    // waits among the events.
    m_node.reset();
    m_attach_at_ns = now;
    return fail(Errc::unavailable, "the mesh daemon was started anew");
}

Result<std::optional<Heard>> BluezBearer::receive(env::Deadline until) {
    while (true) {
        // A payload that waits for the daemon's air time must not wait for a message as well.
        const auto limit =
            std::min(is_free() ? until : std::min(until, m_busy_until_ns), m_attach_at_ns);
        auto event = m_client->next_event(limit);
        if (!event && event.error().code() == Errc::timeout) {
            if (m_clock.monotonic_ns() < m_attach_at_ns) return std::optional<Heard>();
            CHECK_OK(attach_again());
            continue;
        }
        if (!event) return std::unexpected(std::move(event).error());
        if (auto* const message = std::get_if<bluez::Message>(&*event))
            return std::optional(
                Heard{.from = message->source, .payload = std::move(message->data)});
        if (std::holds_alternative<bluez::DaemonGone>(*event)) {
            m_node.reset();
            m_attach_at_ns = no_attempt_ns;
        }
        if (std::holds_alternative<bluez::DaemonBack>(*event)) CHECK_OK(attach_again());
        if (const auto* const gone = std::get_if<bluez::BusGone>(&*event))
            return fail(Errc::io, "the bus has ended: " + gone->reason);
    }
}

} // namespace torgo::uplink
