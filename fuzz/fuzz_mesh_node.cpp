// What gets past the network layer, by somebody who has the keys: lower transport PDUs, segments in
// any order, acknowledgments, requests to the foundation models, records of the store, provisioning
// frames; and what a friend, a low power node, and a node on directed paths are told. Oracle: it
// ends, within its bounds.
#include "base/ensure.hpp"
#include "mesh/config_server.hpp"
#include "mesh/node.hpp"
#include "mesh/node_records.hpp"
#include "mesh/provisioning.hpp"
#include "sim/random.hpp"

#include <cstddef>
#include <cstdint>

namespace {

using namespace torgo;
using namespace torgo::mesh;
using namespace std::chrono_literals;

class Silent final : public Host {
public:
    void transmit(Node&, const Transmission& t) override { ENSURE(t.frame.size() <= 29); }

    void message(Node&, Time, const Received& r) override {
        ENSURE(r.parameters.size() < upper_pdu_max);
    }
};

NodeConfig config() {
    static const auto composition = std::make_shared<const Composition>(
        Composition{.company = 1, .features = 1, .elements = {{.models = {{.id = 0x1000}}}}});
    NodeConfig out{.address = 5, .composition = composition};
    auto& ring = out.change_keys();
    static const auto net = std::make_shared<NetKey>(Key128{});
    static const auto app = std::make_shared<AppKey>(Key128{});
    ring.subnets.push_back({.index = 0, .key = net});
    ring.applications.push_back({.index = 0, .net = 0, .key = app});
    out.change_model(0, {.id = 0x1000}).bound.push_back(0);
    out.states.relay = true;
    return out;
}

/// Each piece: a byte of flags, a byte of length, a transport PDU.
void feed_node(ByteView body) {
    static Silent host;
    static sim::Random random(1);
    const NodeLimits limits{.cache_entries = 16, .replay_entries = 4, .outgoing = 2, .incoming = 2};
    Node node(config(), {}, limits, host, random, nullptr, Time{0});
    const auto credentials = Credentials::flooding(Key128{});
    Fields in(body);
    Time now{0};
    for (std::uint32_t seq = 1; in.left() > 2; ++seq) {
        const auto flags = in.u8();
        NetworkPdu pdu{.control = (flags & 1U) != 0, .ttl = 3};
        const auto longest = pdu.control ? control_transport_max : access_transport_max;
        const auto size = std::min<std::size_t>({std::size_t{in.u8()}, longest, in.left()});
        if (size == 0) continue;
        pdu.seq = seq + ((flags & 2U) != 0 ? 0x2000U : 0U);
        pdu.src = 1 + (flags >> 2U & 3U);
        pdu.dst = (flags & 0x10U) != 0 ? all_nodes : Address{5};
        pdu.transport.append(in.take(size));
        node.on_message(now, encode_network(pdu, credentials, 0).view());
        now += (flags & 0x20U) != 0 ? 1s : 10ms;
        node.on_wake(now);
    }
    ENSURE(node.heap_bytes() < 8192);
}

void serve(ByteView body) {
    Fields in(body);
    auto node = config();
    while (in.left() > 3) {
        const Opcode opcode = in.be16();
        const auto parameters = in.take(std::min<std::size_t>(in.u8(), in.left()));
        const auto answer = serve_foundation(node, opcode, parameters, 0, Time{0});
        ENSURE(node.keys->subnets.size() <= KeyRing::subnets_max && !node.keys->subnets.empty());
        ENSURE(!answer.reply || answer.reply->size() <= access_payload_max);
    }
}

void records(ByteView body) {
    NodeConfig node = config();
    (void)decode_identity(body, node);
    if (const auto states = decode_states(body)) {
        const auto again = encode_states(*states);
        ENSURE(std::ranges::equal(again, body));
    }
    (void)decode_iv(body);
    (void)decode_subnet(1, body);
    (void)decode_application(1, body);
    if (const auto model = decode_model(body)) ENSURE(decode_model(encode_model(*model)) == *model);
}

void provision(ByteView body) {
    static sim::Random random(1);
    const DeviceUuid uuid{};
    const auto nowhere = [](const PbAdvFrame&) {
    };
    auto device = Provisioning::device({}, random, ProvisioningLink::listen(uuid, nowhere));
    device.on_frame(Time{0}, encode_pb_adv({.link = 0,
                                            .kind = PbAdv::Kind::link_open,
                                            .payload = Buffer<continuation_payload_max>(uuid)})
                                 .view());
    Fields in(body);
    Time now{0};
    while (in.left() > 1) {
        device.on_frame(now, in.take(std::min<std::size_t>(in.u8() % 30U, in.left())));
        now += 100ms;
        device.on_wake(now);
    }
    ENSURE(!device.is_done() || device.device_key() != Key128{});
}

enum class Role : std::uint8_t { friendly, low_power, directed };

constexpr Address peer_address = 2;

NodeConfig config_of(Role role) {
    auto out = config();
    out.states.friendly = role == Role::friendly;
    out.states.directed = out.states.directed_relay = role == Role::directed;
    out.change_model(0, {.id = 0x1000}).subscriptions.push_back({.address = 0xC001});
    return out;
}

/// What lets time pass as the node asks for it, but not for ever.
void pass(Node& node, Time& now, Time duration) {
    const auto end = now + duration;
    for (unsigned i = 0; i < 64 && node.next_wake() <= end; ++i) {
        now = std::max(now, node.next_wake());
        node.on_wake(now);
    }
    now = end;
}

/// Keys that a piece chooses from: the flood's, those of the first friendship, those of paths.
std::array<Credentials, 3> credentials_of(Role role) {
    const auto lpn = role == Role::low_power ? Address{5} : peer_address;
    const auto other = role == Role::low_power ? peer_address : Address{5};
    return {Credentials::flooding(Key128{}), Credentials::friendship(Key128{}, lpn, other, 0, 0),
            Credentials::directed(Key128{})};
}

/// Each piece: flags (control, TTL, source, keys), destination and time, a length, a PDU.
void feed_role(ByteView body, Role role) {
    static constexpr std::array<Address, 8> destinations{
        5, all_nodes, all_friends, all_directed, peer_address, 3, 0xC001, 1};
    static constexpr std::array<Time, 8> times{0ms, 10ms, 50ms, 100ms, 150ms, 1s, 10s, 60s};
    static Silent host;
    static sim::Random random(1);
    const NodeLimits limits{.cache_entries = 16, .replay_entries = 8, .friendships = 2};
    Node node(config_of(role), {}, limits, host, random, nullptr, Time{0});
    Time now{0};
    if (role == Role::low_power) node.start_low_power(now, {});
    if (role == Role::directed) ENSURE(node.keep_path(now, 0, 3).has_value());
    const auto credentials = credentials_of(role);
    Fields in(body);
    for (std::uint32_t seq = 1; in.left() > 3; ++seq) {
        const auto flags = in.u8();
        const auto where = in.u8();
        pass(node, now, times[where >> 3U & 7U]);
        NetworkPdu pdu{.control = (flags & 1U) != 0,
                       .ttl = static_cast<std::uint8_t>((flags & 2U) != 0 ? 3 : 0)};
        const auto longest = pdu.control ? control_transport_max : access_transport_max;
        const auto size = std::min<std::size_t>({std::size_t{in.u8()}, longest, in.left()});
        if (size == 0) continue;
        pdu.seq = seq;
        pdu.src = 1 + (flags >> 2U & 3U);
        pdu.dst = destinations[where & 7U];
        pdu.transport.append(in.take(size));
        node.on_message(now, encode_network(pdu, credentials[(flags >> 4U) % 3U], 0).view());
    }
    pass(node, now, 60s);
    if (const auto* friends = node.friends()) {
        ENSURE(friends->size() <= limits.friendships);
        ENSURE(friends->queued_for(peer_address) <= FriendRole::queue_size);
    }
    if (const auto* paths = node.directed())
        ENSURE(paths->paths().size() <= DirectedRole::paths_max);
    ENSURE(node.heap_bytes() < 16384);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 4096) return 0;
    const ByteView body(data + 1, size - 1);
    switch (data[0] % 7) {
    case 0:
        feed_node(body);
        break;
    case 1:
        serve(body);
        break;
    case 2:
        records(body);
        break;
    case 3:
        provision(body);
        break;
    case 4:
        feed_role(body, Role::friendly);
        break;
    case 5:
        feed_role(body, Role::low_power);
        break;
    default:
        feed_role(body, Role::directed);
    }
    return 0;
}
