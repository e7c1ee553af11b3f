#include "uplink/mesh_setup.hpp"

#include "envelope/wire.hpp"

#include <memory>

namespace torgo::uplink {

namespace {
constexpr mesh::ModelId model{.id = model_number, .company = envelope::test_company};
/// Two repeats, 20 ms apart (Mesh Protocol 1.1, 4.2.20 and 4.2.21).
constexpr std::uint8_t transmit_state = 1U << 3U | 2U;
/// More patience than the standard's default: for some hops and much loss.
constexpr mesh::SarTransmitter patient{.segment_interval_step = 5,
                                       .unicast_retransmissions = 15,
                                       .unicast_without_progress = 7,
                                       .unicast_interval_step = 15,
                                       .unicast_interval_increment = 3};
} // namespace

mesh::NodeConfig mesh_config(const MeshKeys& keys, const MeshRole& role) {
    auto ring = std::make_shared<mesh::KeyRing>();
    ring->subnets.push_back(
        {.index = net_index, .key = std::make_shared<mesh::NetKey>(keys.network)});
    ring->applications.push_back({.index = app_index,
                                  .net = net_index,
                                  .key = std::make_shared<mesh::AppKey>(keys.application)});
    auto models = std::make_shared<mesh::ModelTable>();
    models->push_back({.element = 0, .id = model, .bound = {app_index}});
    mesh::NodeConfig out;
    out.address = role.address;
    out.composition = std::make_shared<mesh::Composition>(
        mesh::Composition{.company = envelope::test_company,
                          .features = mesh::feature_relay,
                          .elements = {{.models = {mesh::config_server, model}}}});
    out.keys = std::move(ring);
    out.models = std::move(models);
    out.states.default_ttl = role.ttl;
    out.states.relay = role.relay;
    out.states.network_transmit = transmit_state;
    out.states.relay_retransmit = transmit_state;
    out.states.sar_transmitter = patient;
    if (role.quick) out.states.sar_transmitter.segment_interval_step = 0;
    return out;
}

Bytes payload_of(mesh::Opcode opcode, ByteView parameters) {
    const auto payload = mesh::encode_access(opcode, parameters);
    return {payload.view().begin(), payload.view().end()};
}

} // namespace torgo::uplink
