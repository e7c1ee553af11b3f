#pragma once

// Private to the foundation models: a request on its way to its answer.

#include "mesh/config_server.hpp"

namespace torgo::mesh::foundation {

struct Context {
    NodeConfig& config;
    Opcode opcode = 0;
    KeyIndex net_index = 0;
    Time now{};
    Fields in;
    FoundationAnswer out{};

    AccessPayload& reply(Opcode status) { return out.reply.emplace(encode_access(status, {})); }
};

void app_keys(Context& c);
void net_keys(Context& c);
void key_refresh(Context& c);
void binding(Context& c);
void binding_list(Context& c);
void subscription(Context& c);
void subscription_list(Context& c);
void publication(Context& c);

} // namespace torgo::mesh::foundation
