// Dispatch, node-wide states, and what they share; keys are in config_keys.cpp, models in
// config_models.cpp.

#include "mesh/config_server.hpp"

#include "mesh/config_internal.hpp"

#include <array>

namespace torgo::mesh {

using namespace foundation;

KeyIndexPair decode_key_indexes(Fields& in) {
    const unsigned a = in.u8();
    const unsigned b = in.u8();
    const unsigned c = in.u8();
    return {.first = static_cast<KeyIndex>(a | (b & 0xFU) << 8U),
            .second = static_cast<KeyIndex>(b >> 4U | c << 4U)};
}

Buffer<3> encode_key_indexes(KeyIndexPair indexes) {
    const std::uint32_t both = indexes.first | std::uint32_t{indexes.second} << 12U;
    Buffer<3> out;
    return out.u8(both & 0xFFU).u8(both >> 8U & 0xFFU).u8(both >> 16U);
}

namespace {

/// One byte that may be read and set: `most` is the greatest value that has a meaning.
void byte_state(Context& c, Opcode get, Opcode status, std::uint8_t& state, std::uint8_t most) {
    if (c.opcode != get) {
        const auto value = c.in.u8();
        if (!c.in.done() || value > most) return;
        state = value;
        c.out.changed = true;
    } else if (!c.in.done()) {
        return;
    }
    c.reply(status).u8(state);
}

void flag_state(Context& c, Opcode get, Opcode status, bool& state) {
    std::uint8_t value = state ? 1 : 0;
    byte_state(c, get, status, value, 1);
    state = value != 0;
}

/// A feature this node has not: always "not supported" (2).
void absent_feature(Context& c, Opcode status) {
    c.reply(status).u8(2);
}

void composition(Context& c) {
    (void)c.in.u8(); // whichever page is asked for, page 0 is the greatest there is
    if (!c.in.done()) return;
    const auto page = encode(*c.config.composition);
    if (page) c.reply(op::composition_status).u8(0).append(page->view());
}

void relay(Context& c) {
    auto& states = c.config.states;
    if (c.opcode == op::relay_set) {
        const auto on = c.in.u8();
        const auto retransmit = c.in.u8();
        if (!c.in.done() || on > 1) return;
        states.relay = on == 1 && (c.config.composition->features & feature_relay) != 0;
        states.relay_retransmit = retransmit;
        c.out.changed = true;
    } else if (!c.in.done()) {
        return;
    }
    const bool able = (c.config.composition->features & feature_relay) != 0;
    c.reply(op::relay_status).u8(!able ? 2 : states.relay ? 1 : 0).u8(states.relay_retransmit);
}

void default_ttl(Context& c) {
    if (c.opcode == op::default_ttl_set) {
        const auto value = c.in.u8();
        if (!c.in.done() || value == 1 || value > ttl_max) return;
        c.config.states.default_ttl = value;
        c.out.changed = true;
    } else if (!c.in.done()) {
        return;
    }
    c.reply(op::default_ttl_status).u8(c.config.states.default_ttl);
}

/// Counts go over the air as powers of two (4.1.2).
std::uint8_t log_of(std::uint16_t count) {
    if (count == 0) return 0;
    if (count == 0xFFFF) return 0xFF;
    std::uint8_t log = 1;
    while ((1U << (log - 1U)) < count)
        ++log;
    return log;
}

std::uint16_t count_of(std::uint8_t log) {
    if (log == 0) return 0;
    if (log == 0xFF) return 0xFFFF;
    return static_cast<std::uint16_t>(std::min(1U << (log - 1U), 0xFFFEU));
}

void heartbeat_publication(Context& c) {
    auto& h = c.config.states.heartbeat;
    auto status = ConfigStatus::success;
    if (c.opcode == op::heartbeat_publication_set) {
        auto next = h;
        next.publish_to = c.in.le16();
        const auto count_log = c.in.u8();
        next.period_log = c.in.u8();
        next.ttl = c.in.u8();
        next.features = c.in.le16() & 0xFU;
        next.net_index = c.in.le16();
        if (!c.in.done() || (count_log > 0x11 && count_log != 0xFF) || next.period_log > 0x11 ||
            next.ttl > ttl_max)
            return;
        next.count_left = count_of(count_log);
        if (is_virtual(next.publish_to))
            status = ConfigStatus::invalid_address;
        else if (c.config.keys->subnet(next.net_index) == nullptr)
            status = ConfigStatus::invalid_net_key_index;
        else {
            next.publish_due = next.is_periodic() ? c.now : never;
            h = next;
            c.out.changed = true;
        }
    } else if (!c.in.done()) {
        return;
    }
    c.reply(op::heartbeat_publication_status)
        .u8(static_cast<std::uint8_t>(status))
        .le16(h.publish_to)
        .u8(log_of(h.count_left))
        .u8(h.period_log)
        .u8(h.ttl)
        .le16(h.features)
        .le16(h.net_index);
}

void heartbeat_subscription(Context& c) {
    auto& h = c.config.states.heartbeat;
    auto status = ConfigStatus::success;
    if (c.opcode == op::heartbeat_subscription_set) {
        const auto from = c.in.le16();
        const auto to = c.in.le16();
        const auto period_log = c.in.u8();
        if (!c.in.done() || period_log > 0x11) return;
        const bool fits = (from == unassigned || is_unicast(from)) &&
                          (to == unassigned || is_group(to) || to == c.config.address);
        if (!fits)
            status = ConfigStatus::invalid_address;
        else {
            const bool on = from != unassigned && to != unassigned && period_log != 0;
            h.from = on ? from : unassigned;
            h.to = on ? to : unassigned;
            h.count = 0;
            h.hops_least = 0x7F;
            h.hops_most = 0;
            h.listen_until = on ? c.now + std::chrono::seconds(1U << (period_log - 1U)) : Time{0};
        }
    } else if (!c.in.done()) {
        return;
    }
    const auto left = h.listen_until > c.now
                          ? std::chrono::ceil<std::chrono::seconds>(h.listen_until - c.now).count()
                          : 0;
    c.reply(op::heartbeat_subscription_status)
        .u8(static_cast<std::uint8_t>(status))
        .le16(h.from)
        .le16(h.to)
        .u8(log_of(static_cast<std::uint16_t>(std::min<std::int64_t>(left, 0xFFFE))))
        .u8(log_of(h.count))
        .u8(h.hops_least)
        .u8(h.hops_most);
}

void sar(Context& c) {
    auto& states = c.config.states;
    const bool transmitter = c.opcode <= op::sar_transmitter_set;
    if (c.opcode == op::sar_transmitter_set) {
        const auto next = decode_sar_transmitter(c.in.rest());
        if (!next) return;
        states.sar_transmitter = *next;
        c.out.changed = true;
    } else if (c.opcode == op::sar_receiver_set) {
        const auto next = decode_sar_receiver(c.in.rest());
        if (!next) return;
        states.sar_receiver = *next;
        c.out.changed = true;
    } else if (!c.in.done()) {
        return;
    }
    if (transmitter)
        c.reply(op::sar_transmitter_status).append(encode(states.sar_transmitter).view());
    else
        c.reply(op::sar_receiver_status).append(encode(states.sar_receiver).view());
}

void node_reset(Context& c) {
    if (!c.in.done()) return;
    (void)c.reply(op::node_reset_status);
    c.out.reset = true;
}

void beacon(Context& c) {
    flag_state(c, op::beacon_get, op::beacon_status, c.config.states.secure_beacons);
}

void network_transmit(Context& c) {
    byte_state(c, op::network_transmit_get, op::network_transmit_status,
               c.config.states.network_transmit, 0xFF);
}

void attention(Context& c) {
    byte_state(c, op::attention_get, op::attention_status, c.config.states.attention_seconds, 0xFF);
    if (c.opcode == op::attention_set_unacknowledged) c.out.reply.reset();
}

/// A health server without faults (4.3.5.8).
void health_faults(Context& c) {
    const auto company = c.in.le16();
    if (!c.in.done() || company != c.config.composition->company) return;
    c.reply(op::health_fault_status).u8(0).le16(company);
}

void friend_state(Context& c) {
    if ((c.config.composition->features & feature_friend) == 0)
        absent_feature(c, op::friend_status);
    else
        flag_state(c, op::friend_get, op::friend_status, c.config.states.friendly);
}

/// Directed Control (4.3.5.1): forwarding and relay; a directed proxy or friend is never on.
void directed_control(Context& c) {
    constexpr std::uint8_t unsupported = 2;
    auto& states = c.config.states;
    const auto index = c.in.le16();
    const bool set = c.opcode == op::directed_control_set;
    const auto directed = set ? c.in.u8() : std::uint8_t{0};
    const auto relayed = set ? c.in.u8() : std::uint8_t{0};
    if (set) (void)c.in.take(3);
    if (!c.in.done() || index > key_index_max || directed > 1 || relayed > 1) return;
    const bool known = c.config.keys->subnet(index) != nullptr;
    // Without forwarding there is no relay (4.2.26.2).
    const auto status = !known                          ? ConfigStatus::invalid_net_key_index
                        : directed == 0 && relayed == 1 ? ConfigStatus::cannot_set
                                                        : ConfigStatus::success;
    if (set && status == ConfigStatus::success) {
        states.directed = directed == 1;
        states.directed_relay = relayed == 1;
        c.out.changed = true;
    }
    auto& reply = c.reply(op::directed_control_status);
    reply.u8(static_cast<std::uint8_t>(status)).le16(index);
    reply.u8(states.directed ? 1U : 0U).u8(states.directed_relay ? 1U : 0U);
    reply.u8(unsupported).u8(unsupported).u8(unsupported);
}

void no_proxy(Context& c) {
    absent_feature(c, op::proxy_status);
}

/// Identities are a proxy's (4.3.2.46): not supported, 2.
void no_identity(Context& c) {
    const auto index = c.in.le16();
    const auto wanted = c.opcode == op::node_identity_set ? c.in.u8() : std::uint8_t{0};
    if (!c.in.done() || index > key_index_max || wanted > 1) return;
    const auto status = c.config.keys->subnet(index) == nullptr
                            ? ConfigStatus::invalid_net_key_index
                        : c.opcode == op::node_identity_set ? ConfigStatus::feature_not_supported
                                                            : ConfigStatus::success;
    c.reply(op::node_identity_status).u8(static_cast<std::uint8_t>(status)).le16(index).u8(2);
}

/// No low power node is a friend of ours: its time is zero (4.3.2.68).
void no_poll_timeout(Context& c) {
    const auto address = c.in.le16();
    if (!c.in.done() || !is_unicast(address)) return;
    c.reply(op::poll_timeout_status).le16(address).le16(0).u8(0);
}

struct Service {
    Opcode first;
    Opcode last;
    void (*serve)(Context&);
};

constexpr std::array services{
    Service{op::app_key_add, op::app_key_update, &app_keys},
    Service{op::publication_set, op::publication_set, &publication},
    Service{op::app_key_delete, op::app_key_get, &app_keys},
    Service{op::attention_get, op::attention_set_unacknowledged, &attention},
    Service{op::composition_get, op::composition_get, &composition},
    Service{op::beacon_get, op::beacon_set, &beacon},
    Service{op::default_ttl_get, op::default_ttl_set, &default_ttl},
    Service{op::friend_get, op::friend_set, &friend_state},
    Service{op::proxy_get, op::proxy_set, &no_proxy},
    Service{op::key_refresh_get, op::key_refresh_set, &key_refresh},
    Service{op::publication_get, op::publication_get, &publication},
    Service{op::publication_virtual_set, op::publication_virtual_set, &publication},
    Service{op::subscription_add, op::subscription_overwrite, &subscription},
    Service{op::subscription_virtual_add, op::subscription_virtual_overwrite, &subscription},
    Service{op::network_transmit_get, op::network_transmit_set, &network_transmit},
    Service{op::relay_get, op::relay_set, &relay},
    Service{op::sig_subscription_get, op::sig_subscription_get, &subscription_list},
    Service{op::vendor_subscription_get, op::vendor_subscription_get, &subscription_list},
    Service{op::poll_timeout_get, op::poll_timeout_get, &no_poll_timeout},
    Service{op::health_fault_get, op::health_fault_get, &health_faults},
    Service{op::heartbeat_publication_get, op::heartbeat_publication_set, &heartbeat_publication},
    Service{op::heartbeat_subscription_get, op::heartbeat_subscription_set,
            &heartbeat_subscription},
    Service{op::model_app_bind, op::model_app_bind, &binding},
    Service{op::model_app_unbind, op::model_app_unbind, &binding},
    Service{op::net_key_add, op::net_key_get, &net_keys},
    Service{op::net_key_update, op::net_key_update, &net_keys},
    Service{op::node_identity_get, op::node_identity_set, &no_identity},
    Service{op::node_reset, op::node_reset, &node_reset},
    Service{op::sig_app_get, op::sig_app_get, &binding_list},
    Service{op::vendor_app_get, op::vendor_app_get, &binding_list},
    Service{op::directed_control_get, op::directed_control_set, &directed_control},
    Service{op::sar_transmitter_get, op::sar_transmitter_set, &sar},
    Service{op::sar_receiver_get, op::sar_receiver_set, &sar},
};

const Service* find(Opcode opcode) {
    for (const auto& service : services) {
        if (opcode >= service.first && opcode <= service.last) return &service;
    }
    return nullptr;
}

} // namespace

bool is_foundation_request(Opcode opcode) {
    return find(opcode) != nullptr;
}

FoundationAnswer serve_foundation(NodeConfig& config, Opcode opcode, ByteView parameters,
                                  KeyIndex net_index, Time now) {
    Context context{.config = config,
                    .opcode = opcode,
                    .net_index = net_index,
                    .now = now,
                    .in = Fields(parameters)};
    if (const auto* service = find(opcode)) service->serve(context);
    return context.out;
}

} // namespace torgo::mesh
