#include "radio/flood.hpp"

#include <algorithm>

namespace torgo::radio {

namespace {

constexpr std::uint8_t mesh_message = 0x2A;
/// NID, TTL, SEQ, SRC, DST, transport header, two MICs of four bytes.
constexpr std::size_t pdu_overhead = 18;
constexpr std::size_t ad_header = 2;

void put(std::uint8_t* out, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

std::uint32_t get(const std::uint8_t* in, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
        value |= std::uint32_t{in[i]} << (8 * i);
    return value;
}

} // namespace

FloodDevices::FloodDevices(std::vector<FloodRole> roles, std::vector<FloodNode> nodes,
                           std::vector<Flow> flows)
    : m_roles(std::move(roles)),
      m_nodes(std::move(nodes)),
      m_flows(std::move(flows)),
      m_states(m_nodes.size()) {
    for (NodeId node = 0; node < m_nodes.size(); ++node) {
        const std::size_t network = m_nodes[node].network;
        if (network >= m_edges.size()) {
            m_edges.resize(network + 1);
            m_network_sizes.resize(network + 1);
        }
        ++m_network_sizes[network];
        if (role(node).edge) m_edges[network].push_back(node);
    }
}

std::size_t FloodDevices::frame_size(std::size_t payload) {
    return ad_header + pdu_overhead + std::min(payload, payload_max);
}

void FloodDevices::on_start(NodeId node, Air& /*air*/) {
    m_states[node] = {};
}

void FloodDevices::on_timer(NodeId /*node*/, Air& /*air*/) {}

bool FloodDevices::is_new(NodeId node, const MessageKey& key) {
    auto& state = m_states[node];
    // 0 stands for an empty place; two keys in 2^32 are taken for one.
    const auto name = static_cast<std::uint32_t>(mix(key.source, key.number)) | 1U;
    if (std::ranges::find(state.cache, name) != state.cache.end()) return false;
    state.cache[state.at] = name;
    state.at = static_cast<std::uint8_t>((state.at + 1U) % cache_size);
    return true;
}

void FloodDevices::send(const Message& message, const Sending& sending, Air& air) const {
    std::array<std::uint8_t, advertising_data_max> frame{};
    const auto size = frame_size(m_flows[message.flow].size);
    frame[0] = static_cast<std::uint8_t>(size - 1);
    frame[1] = mesh_message;
    frame[2] = message.flow;
    frame[3] = message.ttl;
    put(&frame[4], message.network, 2);
    put(&frame[6], message.key.source, 3);
    put(&frame[9], message.key.number, 4);
    air.send(ByteView(frame).first(size), sending);
}

bool FloodDevices::read(ByteView frame, Message& message) {
    if (frame.size() < ad_header + pdu_overhead || frame[1] != mesh_message) return false;
    message.flow = frame[2];
    message.ttl = frame[3];
    message.network = static_cast<std::uint16_t>(get(&frame[4], 2));
    message.key = {get(&frame[6], 3), get(&frame[9], 4)};
    return true;
}

void FloodDevices::on_demand(NodeId node, const Demand& demand, Air& air) {
    const auto& flow = m_flows[demand.flow];
    const auto& role = this->role(node);
    const Message message{demand.key, static_cast<std::uint8_t>(demand.flow), role.ttl,
                          m_nodes[node].network};
    const auto all = m_network_sizes[message.network] - 1;
    air.originated(demand.key, flow.to == Flow::To::everyone ? std::max(all, 1U) : 1);
    is_new(node, demand.key);
    if (flow.to == Flow::To::edge && role.edge) return air.delivered(demand.key);
    send(message, {role.network_repeats, role.network_interval, role.processing}, air);
}

void FloodDevices::on_frame(NodeId node, const Reception& reception, Air& air) {
    Message message;
    if (!read(reception.frame, message) || message.network != m_nodes[node].network) return;
    if (!is_new(node, message.key)) return;
    arrived(node, message, air);
    const auto& role = this->role(node);
    const bool mine =
        m_flows[message.flow].to == Flow::To::node && m_flows[message.flow].target == node;
    if (!role.relay || message.ttl < 2 || mine) return;
    --message.ttl;
    const auto wait =
        role.processing + air.chance().below(static_cast<std::uint32_t>(role.relay_jitter) + 1);
    send(message, {role.relay_repeats, role.relay_interval, wait}, air);
}

/// A message is at a node for the first time.
void FloodDevices::arrived(NodeId node, const Message& message, Air& air) {
    const auto& flow = m_flows[message.flow];
    if (flow.to == Flow::To::everyone) return air.delivered(message.key);
    const auto& role = this->role(node);
    if (flow.to == Flow::To::edge) {
        if (role.edge) air.delivered(message.key);
        return;
    }
    if (flow.target == node) return air.delivered(message.key);
    const auto there = m_nodes[flow.target].network;
    if (!role.edge || there == message.network) return;
    for (const auto edge : m_edges[there])
        air.post(edge, edge_delay,
                 std::uint64_t{message.flow} << 56U | std::uint64_t{message.key.source} << 32U |
                     message.key.number);
}

/// A message from another network, over IP.
void FloodDevices::on_wire(NodeId node, std::uint64_t note, Air& air) {
    const auto& role = this->role(node);
    Message message{
        {static_cast<NodeId>(note >> 32U & nodes_max), static_cast<std::uint32_t>(note)},
        static_cast<std::uint8_t>(note >> 56U),
        role.ttl,
        m_nodes[node].network};
    if (!is_new(node, message.key)) return;
    arrived(node, message, air);
    if (m_flows[message.flow].target == node) return;
    send(message, {role.network_repeats, role.network_interval, role.processing}, air);
}

} // namespace torgo::radio
