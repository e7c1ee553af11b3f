#pragma once

#include "env/random.hpp"
#include "mesh/node.hpp"
#include "radio/experiment.hpp"

#include <memory>
#include <unordered_map>
#include <vector>

// The product's own mesh stack in the simulator's radio.
namespace torgo::meshsim {

/// Where a message for an edge node of its own network goes: all of them hear it.
inline constexpr mesh::Address edges_group = 0xC000;

/// Messages for another network go to the edge nodes under a group of their flow: this and on.
inline constexpr mesh::Address far_group_first = 0xC001;

/// One mesh::Node for each node of a field, with real keys, real frames and real sequence numbers.
///
/// A network has one NetKey and one AppKey, shared by its nodes; addresses are given in the order
/// of the field. A reading is a Sensor Status of as many bytes as the flow says, segmented
/// above 11. Edge nodes pass readings for other networks on over IP.
class StackDevices final : public radio::Devices, private mesh::Host, private env::Random {
public:
    static constexpr radio::Time edge_delay = radio::FloodDevices::edge_delay;

    /// in  by node id; the scenario's reader has checked that addresses suffice and intervals fit
    StackDevices(std::vector<radio::FloodRole> roles, std::vector<radio::FloodNode> nodes,
                 std::vector<radio::Flow> flows);
    ~StackDevices() override;

    void on_start(radio::NodeId id, radio::Air& air) override;
    void on_frame(radio::NodeId id, const radio::Reception& reception, radio::Air& air) override;
    void on_timer(radio::NodeId id, radio::Air& air) override;
    void on_demand(radio::NodeId id, const radio::Demand& demand, radio::Air& air) override;
    void on_wire(radio::NodeId id, std::uint64_t note, radio::Air& air) override;

    void expect(radio::NodeId soon, radio::NodeId next) const override;

    /// The mean, with what is on the heap now. Not while the simulation runs.
    std::size_t bytes_per_node() const override;

    const mesh::Node& node(radio::NodeId id) const { return m_nodes[id]; }

private:
    struct Network {
        std::shared_ptr<const mesh::KeyRing> keys;
        std::vector<radio::NodeId> members; ///< by address, from 1
        std::vector<radio::NodeId> edges;
        double rate = 0; ///< messages a second
    };

    /// What an edge node has passed on lately: several others may tell it the same.
    struct Passed {
        static constexpr std::size_t kept = 64;

        std::array<std::uint64_t, kept> notes{};
        std::size_t at = 0;
    };

    class Call;

    void transmit(mesh::Node& node, const mesh::Transmission& transmission) override;
    void message(mesh::Node& node, mesh::Time now, const mesh::Received& received) override;
    void fill(ByteSpan out) override;

    void gather();
    void make_nodes();
    void configure(radio::NodeId id, mesh::NodeConfig& config) const;
    mesh::NodeLimits limits_of(radio::NodeId id) const;
    mesh::Address target_of(radio::NodeId id, std::size_t flow) const;
    void wake_later(radio::NodeId id, radio::Air& air);
    void arrived(radio::NodeId id, const mesh::Received& received, radio::Air& air);
    void pass_on(radio::NodeId id, std::uint64_t note, radio::Air& air);
    bool is_far(radio::NodeId id, std::size_t flow) const;

    const radio::FloodRole& role(radio::NodeId id) const { return m_roles[m_kinds[id].role]; }

    Network& network(radio::NodeId id) { return m_networks.at(m_kinds[id].network); }

    const Network& network(radio::NodeId id) const { return m_networks.at(m_kinds[id].network); }

    radio::NodeId id_of(const mesh::Node& node) const {
        return static_cast<radio::NodeId>(&node - m_nodes.data());
    }

    std::vector<radio::FloodRole> m_roles;
    std::vector<radio::FloodNode> m_kinds;
    std::vector<radio::Flow> m_flows;
    std::unordered_map<std::uint16_t, Network> m_networks;
    std::unordered_map<radio::NodeId, Passed> m_passed; ///< of edge nodes; made once
    std::vector<mesh::Node> m_nodes;                    ///< never moved: found by their address
};

/// The devices that a scenario asks for, for radio::run_scenario().
std::unique_ptr<radio::Devices> make_devices(const radio::Field& field,
                                             const radio::Scenario& scenario,
                                             const std::vector<radio::Flow>& flows);

} // namespace torgo::meshsim
