#pragma once

#include "radio/devices.hpp"
#include "radio/traffic.hpp"

#include <array>
#include <span>
#include <vector>

namespace torgo::radio {

/// How a kind of node floods.
struct FloodRole {
    bool relay = true;
    bool edge = false;
    std::uint8_t ttl = 10;
    std::uint8_t network_repeats = 2; ///< Network Transmit Count
    Time network_interval = 20 * millisecond;
    std::uint8_t relay_repeats = 2; ///< Relay Retransmit Count
    Time relay_interval = 20 * millisecond;
    Time relay_jitter = 20 * millisecond; ///< a relay waits 0 to this before its first event
    Time processing = 0;                  ///< and this, to decrypt and to encrypt again
};

/// What a node is to the flooding.
struct FloodNode {
    std::uint8_t role = 0;     ///< index into the roles
    std::uint16_t network = 0; ///< nodes understand those of their own network only
};

/// Managed flooding and nothing else: message cache, TTL, relays, edge nodes joined over IP. Frames
/// have the sizes of unsegmented access messages of Bluetooth Mesh, but are not encrypted. It
/// shows what the radio does, and measures it; the product's stack is attached in its place.
class FloodDevices final : public Devices {
public:
    static constexpr std::size_t cache_size = 32;
    static constexpr std::size_t payload_max = 11; ///< of an unsegmented access message
    static constexpr Time edge_delay = 5 * millisecond;

    /// in  flows as the simulation has them; a payload over payload_max is sent as payload_max
    FloodDevices(std::vector<FloodRole> roles, std::vector<FloodNode> nodes,
                 std::vector<Flow> flows);

    void on_start(NodeId node, Air& air) override;
    void on_frame(NodeId node, const Reception& reception, Air& air) override;
    void on_timer(NodeId node, Air& air) override;
    void on_demand(NodeId node, const Demand& demand, Air& air) override;
    void on_wire(NodeId node, std::uint64_t note, Air& air) override;

    std::size_t bytes_per_node() const override { return sizeof(State) + sizeof(FloodNode); }

    const FloodRole& role(NodeId node) const { return m_roles[m_nodes[node].role]; }

    std::uint16_t network(NodeId node) const { return m_nodes[node].network; }

    /// Bytes of advertising data of a message with this payload.
    static std::size_t frame_size(std::size_t payload);

private:
    struct State {
        std::array<std::uint32_t, cache_size> cache{};
        std::uint8_t at = 0;
    };

    struct Message {
        MessageKey key;
        std::uint8_t flow = 0;
        std::uint8_t ttl = 0;
        std::uint16_t network = 0;
    };

    bool is_new(NodeId node, const MessageKey& key);
    void arrived(NodeId node, const Message& message, Air& air);
    void send(const Message& message, const Sending& sending, Air& air) const;
    static bool read(ByteView frame, Message& message);

    std::vector<FloodRole> m_roles;
    std::vector<FloodNode> m_nodes;
    std::vector<Flow> m_flows;
    std::vector<State> m_states;
    std::vector<std::vector<NodeId>> m_edges; ///< by network
    std::vector<std::uint32_t> m_network_sizes;
};

} // namespace torgo::radio
