#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "mesh/iv_index.hpp"
#include "mesh/node_config.hpp"

// What a node keeps in its store, record by record (docs/spec/mesh-stack.md 6).
namespace torgo::mesh {

Bytes encode_identity(const NodeConfig& config);
Result<> decode_identity(ByteView record, NodeConfig& config);

Bytes encode_states(const NodeStates& states);
Result<NodeStates> decode_states(ByteView record);

Bytes encode_iv(const IvIndex::State& state);
Result<IvIndex::State> decode_iv(ByteView record);

Bytes encode_subnet(const Subnet& subnet);
Result<Subnet> decode_subnet(KeyIndex index, ByteView record);

Bytes encode_application(const Application& application);
Result<Application> decode_application(KeyIndex index, ByteView record);

Bytes encode_model(const ModelSettings& model);
Result<ModelSettings> decode_model(ByteView record);

} // namespace torgo::mesh
