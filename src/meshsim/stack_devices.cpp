#include "meshsim/stack_devices.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace torgo::meshsim {

namespace {

using radio::NodeId;

constexpr std::size_t ad_header = 2;
constexpr mesh::ModelId sensor_server{0x1100};
constexpr mesh::Opcode reading_opcode = 0x52; ///< Sensor Status
/// A reading that came over IP; it names its source, since its sender is an edge node.
constexpr mesh::Opcode forwarded_opcode = 0x54;
/// Source and number in a reading that names itself; a sequence number is a byte shorter.
constexpr std::size_t key_size = 7;
constexpr std::size_t key_least = 6;
/// Numbers of readings that have none of the mesh: the demand's own, above all sequence numbers.
constexpr std::uint32_t own_number = 1U << 31U;
/// A cache holds the messages of so long a time.
constexpr double cache_s = 2;
constexpr unsigned cache_least = 8;
constexpr unsigned cache_most = 1024;

mesh::Time mesh_time(radio::Time time) {
    return mesh::Time(static_cast<std::int64_t>(time));
}

mesh::Key128 key_of(std::uint16_t network, std::uint64_t purpose) {
    mesh::Key128 key{};
    for (std::size_t i = 0; i < key.size(); ++i)
        key[i] = static_cast<std::uint8_t>(radio::mix(network, purpose, i));
    return key;
}

std::shared_ptr<const mesh::KeyRing> keys_of(std::uint16_t network) {
    auto ring = std::make_shared<mesh::KeyRing>();
    ring->subnets.push_back(
        {.index = 0, .key = std::make_shared<mesh::NetKey>(key_of(network, 1))});
    ring->applications.push_back(
        {.index = 0, .net = 0, .key = std::make_shared<mesh::AppKey>(key_of(network, 2))});
    return ring;
}

std::shared_ptr<const mesh::Composition> composition() {
    return std::make_shared<mesh::Composition>(
        mesh::Composition{.features = mesh::feature_relay,
                          .elements = {{.models = {mesh::config_server, sensor_server}}}});
}

/// Edge nodes hear also what is meant for them all, and for other networks.
std::shared_ptr<const mesh::ModelTable> models_of(bool edge, std::size_t flows) {
    mesh::ModelSettings sensor{.element = 0, .id = sensor_server, .bound = {0}};
    if (edge) {
        sensor.subscriptions.push_back({.address = edges_group});
        for (std::size_t flow = 0; flow < flows; ++flow)
            sensor.subscriptions.push_back(
                {.address = static_cast<mesh::Address>(far_group_first + flow)});
    }
    auto table = std::make_shared<mesh::ModelTable>();
    table->push_back(std::move(sensor));
    return table;
}

std::uint8_t transmit_state(std::uint8_t repeats, radio::Time interval) {
    const auto steps = std::clamp<radio::Time>(interval / (10 * radio::millisecond), 1, 32) - 1;
    return static_cast<std::uint8_t>(steps << 3U | (repeats & 7U));
}

mesh::AccessPayload reading(mesh::Opcode opcode, std::size_t size, const radio::MessageKey& key) {
    Bytes parameters(std::max<std::size_t>(size, 1) - 1);
    const std::uint64_t name = std::uint64_t{key.number} << 24U | key.source;
    for (std::size_t i = 0; i < std::min(parameters.size(), key_size); ++i)
        parameters[i] = static_cast<std::uint8_t>(name >> (8 * i));
    return mesh::encode_access(opcode, parameters);
}

radio::MessageKey key_of(ByteView parameters) {
    std::uint64_t name = 0;
    for (std::size_t i = 0; i < std::min(parameters.size(), key_size); ++i)
        name |= std::uint64_t{parameters[i]} << (8 * i);
    return {static_cast<NodeId>(name & radio::nodes_max), static_cast<std::uint32_t>(name >> 24U)};
}

/// Whether a payload of so many bytes, opcode included, is segmented.
bool names_itself(std::size_t size) {
    return size + mesh::trans_mic_size(/*szmic=*/false) > mesh::unsegmented_access_max;
}

std::uint64_t note_of(std::size_t flow, const radio::MessageKey& key) {
    return std::uint64_t{flow} << 56U | std::uint64_t{key.source} << 32U | key.number;
}

radio::MessageKey key_in(std::uint64_t note) {
    return {static_cast<NodeId>(note >> 32U & radio::nodes_max), static_cast<std::uint32_t>(note)};
}

/// The air of the call at hand: a node's callbacks do not name it, and a pointer in each of 100,000
/// nodes would cost more. Regions run on threads of their own, so each thread has one.
thread_local radio::Air* t_air = nullptr;

} // namespace

/// Lends the air to the callbacks of one call, and plans the node's next wake-up at its end.
class StackDevices::Call {
public:
    Call(StackDevices& devices, NodeId id, radio::Air& air)
        : m_devices(devices), m_id(id), m_air(air) {
        t_air = &air;
    }

    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    Call(Call&&) = delete;
    Call& operator=(Call&&) = delete;

    ~Call() {
        m_devices.wake_later(m_id, m_air);
        t_air = nullptr;
    }

    mesh::Node& node() const { return m_devices.m_nodes[m_id]; }

    mesh::Time now() const { return mesh_time(m_air.now()); }

private:
    StackDevices& m_devices;
    NodeId m_id;
    radio::Air& m_air;
};

StackDevices::StackDevices(std::vector<radio::FloodRole> roles, std::vector<radio::FloodNode> nodes,
                           std::vector<radio::Flow> flows)
    : m_roles(std::move(roles)), m_kinds(std::move(nodes)), m_flows(std::move(flows)) {
    gather();
    make_nodes();
}

StackDevices::~StackDevices() = default;

void StackDevices::gather() {
    for (NodeId id = 0; id < m_kinds.size(); ++id) {
        auto& network = m_networks[m_kinds[id].network];
        if (!network.keys) network.keys = keys_of(m_kinds[id].network);
        network.members.push_back(id);
        if (!role(id).edge) continue;
        network.edges.push_back(id);
        m_passed[id] = {};
    }
    for (const auto& flow : m_flows) {
        const auto each = static_cast<double>(radio::second) / static_cast<double>(flow.period);
        for (const auto source : flow.sources)
            network(source).rate += each;
    }
}

void StackDevices::make_nodes() {
    const auto plain = models_of(false, 0);
    const auto edge = models_of(true, m_flows.size());
    const auto make = composition();
    std::unordered_map<std::uint16_t, mesh::Address> given;
    mesh::Host& host = *this;
    env::Random& random = *this;
    m_nodes.reserve(m_kinds.size());
    for (NodeId id = 0; id < m_kinds.size(); ++id) {
        const auto address = ++given[m_kinds[id].network];
        mesh::NodeConfig config;
        config.address = address;
        config.composition = make;
        config.models = role(id).edge ? edge : plain;
        configure(id, config);
        m_nodes.emplace_back(std::move(config), mesh::IvIndex::State{}, limits_of(id), host, random,
                             nullptr, mesh::Time{0});
    }
}

void StackDevices::configure(NodeId id, mesh::NodeConfig& config) const {
    const auto& role = this->role(id);
    config.device_key = key_of(m_kinds[id].network, 3 + std::uint64_t{config.address});
    config.keys = network(id).keys;
    config.states.relay = role.relay;
    config.states.network_transmit = transmit_state(role.network_repeats, role.network_interval);
    config.states.relay_retransmit = transmit_state(role.relay_repeats, role.relay_interval);
}

/// As much as the traffic needs: large networks have many nodes of which each does little.
mesh::NodeLimits StackDevices::limits_of(NodeId id) const {
    const auto& network = this->network(id);
    const auto wanted = std::clamp(network.rate * cache_s, double{cache_least}, double{cache_most});
    const std::uint8_t incoming = role(id).edge ? 64 : 4;
    return {.cache_entries =
                static_cast<std::uint16_t>(std::bit_ceil(static_cast<unsigned>(wanted))),
            .outgoing = 4,
            .incoming = incoming,
            .completed = incoming};
}

bool StackDevices::is_far(NodeId id, std::size_t flow) const {
    const auto target = m_flows[flow].target;
    return m_kinds[target].network != m_kinds[id].network;
}

mesh::Address StackDevices::target_of(NodeId id, std::size_t flow) const {
    switch (m_flows[flow].to) {
    case radio::Flow::To::edge:
        return edges_group;
    case radio::Flow::To::everyone:
        return mesh::all_nodes;
    case radio::Flow::To::node:
        break;
    }
    return is_far(id, flow) ? static_cast<mesh::Address>(far_group_first + flow)
                            : m_nodes[m_flows[flow].target].config().address;
}

void StackDevices::wake_later(NodeId id, radio::Air& air) {
    const auto next = m_nodes[id].next_wake();
    air.wake_at(next == mesh::never ? radio::never : static_cast<radio::Time>(next.count()));
}

void StackDevices::on_start(NodeId id, radio::Air& air) {
    const Call call(*this, id, air);
    if (air.now() != 0) call.node().reboot(call.now());
}

void StackDevices::on_frame(NodeId id, const radio::Reception& reception, radio::Air& air) {
    if (reception.frame.size() <= ad_header) return;
    const auto pdu = reception.frame.subspan(ad_header);
    const Call call(*this, id, air);
    switch (static_cast<mesh::Bearing>(reception.frame[1])) {
    case mesh::Bearing::message:
        return call.node().on_message(call.now(), pdu);
    case mesh::Bearing::beacon:
        return call.node().on_beacon(call.now(), pdu);
    case mesh::Bearing::pb_adv:
        return;
    }
}

void StackDevices::expect(NodeId soon, NodeId next) const {
    constexpr std::size_t line = 64; // bytes; the cache line of every processor this runs on
    const auto* const begin = reinterpret_cast<const char*>(&m_nodes[soon]);
    for (std::size_t at = 0; at < sizeof(mesh::Node); at += line)
        __builtin_prefetch(begin + at, 1);
    m_nodes[next].expect();
}

void StackDevices::on_timer(NodeId id, radio::Air& air) {
    const Call call(*this, id, air);
    call.node().on_wake(call.now());
}

void StackDevices::on_demand(NodeId id, const radio::Demand& demand, radio::Air& air) {
    const auto& flow = m_flows[demand.flow];
    const Call call(*this, id, air);
    if (flow.to == radio::Flow::To::edge && role(id).edge) {
        const radio::MessageKey key{id, demand.key.number | own_number};
        air.originated(key, 1);
        return air.delivered(key);
    }
    // A segmented message may wait behind another one, and gets its sequence number later.
    const auto number =
        names_itself(flow.size) ? demand.key.number | own_number : call.node().sequence();
    const radio::MessageKey key{id, number};
    const auto others = static_cast<std::uint32_t>(network(id).members.size() - 1);
    air.originated(key, flow.to == radio::Flow::To::everyone ? std::max(others, 1U) : 1);
    const auto payload = reading(reading_opcode, flow.size, key);
    // Refused where the node has too many under way: then the reading is lost, and counts so.
    (void)call.node().send(call.now(), {.dst = target_of(id, demand.flow),
                                        .app_index = 0,
                                        .ttl = role(id).ttl,
                                        .payload = payload.view()});
}

void StackDevices::transmit(mesh::Node& node, const mesh::Transmission& transmission) {
    const auto& role = this->role(id_of(node));
    std::array<std::uint8_t, radio::advertising_data_max> frame{};
    const auto size = std::min(transmission.frame.size(), frame.size() - ad_header);
    frame[0] = static_cast<std::uint8_t>(size + 1);
    frame[1] = static_cast<std::uint8_t>(transmission.bearing);
    std::copy_n(transmission.frame.begin(), size, frame.begin() + ad_header);
    auto wait = role.processing;
    if (transmission.relayed)
        wait += t_air->chance().below(static_cast<std::uint32_t>(role.relay_jitter) + 1);
    t_air->send(ByteView(frame).first(size + ad_header),
                {.repeats = transmission.repeats,
                 .interval = transmission.interval_ms * radio::millisecond,
                 .delay = wait});
}

void StackDevices::message(mesh::Node& node, mesh::Time /*now*/, const mesh::Received& received) {
    arrived(id_of(node), received, *t_air);
}

void StackDevices::arrived(NodeId id, const mesh::Received& received, radio::Air& air) {
    if (received.opcode == forwarded_opcode) {
        if (received.parameters.size() < key_least) return;
        return air.delivered(key_of(received.parameters));
    }
    const auto key = names_itself(received.parameters.size() + 1)
                         ? key_of(received.parameters)
                         : radio::MessageKey{network(id).members[received.src - 1U], received.seq};
    if (received.dst < far_group_first || received.dst == mesh::all_nodes)
        return air.delivered(key);
    const std::size_t flow = received.dst - far_group_first;
    const auto& there = network(m_flows[flow].target);
    for (const auto edge : there.edges)
        air.post(edge, edge_delay, note_of(flow, key));
}

void StackDevices::on_wire(NodeId id, std::uint64_t note, radio::Air& air) {
    auto& passed = m_passed.at(id);
    if (std::ranges::contains(passed.notes, note + 1)) return; // 0 is an empty place
    passed.notes[passed.at] = note + 1;
    passed.at = (passed.at + 1) % Passed::kept;
    pass_on(id, note, air);
}

/// A reading from another network, over IP, goes on over the air.
void StackDevices::pass_on(NodeId id, std::uint64_t note, radio::Air& air) {
    const auto& flow = m_flows[note >> 56U];
    if (flow.target == id) return air.delivered(key_in(note));
    const Call call(*this, id, air);
    const auto size = std::max<std::size_t>(flow.size, 1 + key_least);
    const auto payload = reading(forwarded_opcode, size, key_in(note));
    (void)call.node().send(call.now(), {.dst = m_nodes[flow.target].config().address,
                                        .app_index = 0,
                                        .ttl = role(id).ttl,
                                        .payload = payload.view()});
}

void StackDevices::fill(ByteSpan out) {
    for (auto& byte : out)
        byte = static_cast<std::uint8_t>(t_air->chance().next());
}

std::size_t StackDevices::bytes_per_node() const {
    std::size_t bytes = 0;
    for (const auto& node : m_nodes)
        bytes += sizeof node + node.heap_bytes();
    return bytes / std::max<std::size_t>(m_nodes.size(), 1) + sizeof(radio::FloodNode) +
           sizeof(NodeId);
}

std::unique_ptr<radio::Devices> make_devices(const radio::Field& field,
                                             const radio::Scenario& scenario,
                                             const std::vector<radio::Flow>& flows) {
    std::vector<radio::FloodNode> nodes(field.size());
    for (std::uint32_t number = 0; number < scenario.nodes.size(); ++number)
        nodes[field.node(number)] = scenario.nodes[number];
    if (scenario.device == radio::Scenario::Device::flooding)
        return std::make_unique<radio::FloodDevices>(scenario.roles, std::move(nodes), flows);
    return std::make_unique<StackDevices>(scenario.roles, std::move(nodes), flows);
}

} // namespace torgo::meshsim
