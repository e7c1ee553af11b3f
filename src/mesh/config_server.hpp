#pragma once

#include "mesh/access.hpp"
#include "mesh/node_config.hpp"

#include <optional>

// Foundation models, served: Config, Health (basic), SAR Configuration (Mesh Protocol 1.1, 4).
namespace torgo::mesh {

/// Status codes (4.3.15).
enum class ConfigStatus : std::uint8_t {
    success = 0x00,
    invalid_address = 0x01,
    invalid_model = 0x02,
    invalid_app_key_index = 0x03,
    invalid_net_key_index = 0x04,
    insufficient_resources = 0x05,
    key_index_already_stored = 0x06,
    invalid_publish_parameters = 0x07,
    not_a_subscribe_model = 0x08,
    storage_failure = 0x09,
    feature_not_supported = 0x0A,
    cannot_update = 0x0B,
    cannot_remove = 0x0C,
    cannot_bind = 0x0D,
    temporarily_unable_to_change_state = 0x0E,
    cannot_set = 0x0F,
    unspecified_error = 0x10,
    invalid_binding = 0x11,
};

/// Opcodes (4.3.4).
namespace op {
inline constexpr Opcode app_key_add = 0x00;
inline constexpr Opcode app_key_update = 0x01;
inline constexpr Opcode composition_status = 0x02;
inline constexpr Opcode publication_set = 0x03;
inline constexpr Opcode health_fault_status = 0x05;
inline constexpr Opcode heartbeat_publication_status = 0x06;
inline constexpr Opcode app_key_delete = 0x8000;
inline constexpr Opcode app_key_get = 0x8001;
inline constexpr Opcode app_key_list = 0x8002;
inline constexpr Opcode app_key_status = 0x8003;
inline constexpr Opcode attention_get = 0x8004;
inline constexpr Opcode attention_set = 0x8005;
inline constexpr Opcode attention_set_unacknowledged = 0x8006;
inline constexpr Opcode attention_status = 0x8007;
inline constexpr Opcode composition_get = 0x8008;
inline constexpr Opcode beacon_get = 0x8009;
inline constexpr Opcode beacon_set = 0x800A;
inline constexpr Opcode beacon_status = 0x800B;
inline constexpr Opcode default_ttl_get = 0x800C;
inline constexpr Opcode default_ttl_set = 0x800D;
inline constexpr Opcode default_ttl_status = 0x800E;
inline constexpr Opcode friend_get = 0x800F;
inline constexpr Opcode friend_set = 0x8010;
inline constexpr Opcode friend_status = 0x8011;
inline constexpr Opcode proxy_get = 0x8012;
inline constexpr Opcode proxy_set = 0x8013;
inline constexpr Opcode proxy_status = 0x8014;
inline constexpr Opcode key_refresh_get = 0x8015;
inline constexpr Opcode key_refresh_set = 0x8016;
inline constexpr Opcode key_refresh_status = 0x8017;
inline constexpr Opcode publication_get = 0x8018;
inline constexpr Opcode publication_status = 0x8019;
inline constexpr Opcode publication_virtual_set = 0x801A;
inline constexpr Opcode subscription_add = 0x801B;
inline constexpr Opcode subscription_delete = 0x801C;
inline constexpr Opcode subscription_delete_all = 0x801D;
inline constexpr Opcode subscription_overwrite = 0x801E;
inline constexpr Opcode subscription_status = 0x801F;
inline constexpr Opcode subscription_virtual_add = 0x8020;
inline constexpr Opcode subscription_virtual_delete = 0x8021;
inline constexpr Opcode subscription_virtual_overwrite = 0x8022;
inline constexpr Opcode network_transmit_get = 0x8023;
inline constexpr Opcode network_transmit_set = 0x8024;
inline constexpr Opcode network_transmit_status = 0x8025;
inline constexpr Opcode relay_get = 0x8026;
inline constexpr Opcode relay_set = 0x8027;
inline constexpr Opcode relay_status = 0x8028;
inline constexpr Opcode sig_subscription_get = 0x8029;
inline constexpr Opcode sig_subscription_list = 0x802A;
inline constexpr Opcode vendor_subscription_get = 0x802B;
inline constexpr Opcode vendor_subscription_list = 0x802C;
inline constexpr Opcode poll_timeout_get = 0x802D;
inline constexpr Opcode poll_timeout_status = 0x802E;
inline constexpr Opcode health_fault_get = 0x8031;
inline constexpr Opcode directed_control_get = 0x807B;
inline constexpr Opcode directed_control_set = 0x807C;
inline constexpr Opcode directed_control_status = 0x807D;
inline constexpr Opcode heartbeat_publication_get = 0x8038;
inline constexpr Opcode heartbeat_publication_set = 0x8039;
inline constexpr Opcode heartbeat_subscription_get = 0x803A;
inline constexpr Opcode heartbeat_subscription_set = 0x803B;
inline constexpr Opcode heartbeat_subscription_status = 0x803C;
inline constexpr Opcode model_app_bind = 0x803D;
inline constexpr Opcode model_app_status = 0x803E;
inline constexpr Opcode model_app_unbind = 0x803F;
inline constexpr Opcode net_key_add = 0x8040;
inline constexpr Opcode net_key_delete = 0x8041;
inline constexpr Opcode net_key_get = 0x8042;
inline constexpr Opcode net_key_list = 0x8043;
inline constexpr Opcode net_key_status = 0x8044;
inline constexpr Opcode net_key_update = 0x8045;
inline constexpr Opcode node_identity_get = 0x8046;
inline constexpr Opcode node_identity_set = 0x8047;
inline constexpr Opcode node_identity_status = 0x8048;
inline constexpr Opcode node_reset = 0x8049;
inline constexpr Opcode node_reset_status = 0x804A;
inline constexpr Opcode sig_app_get = 0x804B;
inline constexpr Opcode sig_app_list = 0x804C;
inline constexpr Opcode vendor_app_get = 0x804D;
inline constexpr Opcode vendor_app_list = 0x804E;
inline constexpr Opcode sar_transmitter_get = 0x806C;
inline constexpr Opcode sar_transmitter_set = 0x806D;
inline constexpr Opcode sar_transmitter_status = 0x806E;
inline constexpr Opcode sar_receiver_get = 0x806F;
inline constexpr Opcode sar_receiver_set = 0x8070;
inline constexpr Opcode sar_receiver_status = 0x8071;
} // namespace op

struct FoundationAnswer {
    std::optional<AccessPayload> reply{};
    bool changed = false; ///< the configuration: to be stored before the reply is sent
    bool reset = false;   ///< the node leaves its network, after the reply
};

/// Whether an opcode is a request that serve_foundation knows.
bool is_foundation_request(Opcode opcode);

/// Whether it is one for the Health server, which has an application's key.
constexpr bool is_health_request(Opcode opcode) {
    return opcode == op::health_fault_get ||
           (opcode >= op::attention_get && opcode <= op::attention_set_unacknowledged);
}

/// Does what a request asks for. Malformed requests get no reply (3.7.4.4).
///
/// in      `net_index`: the network the request came by, which it may not delete
FoundationAnswer serve_foundation(NodeConfig& config, Opcode opcode, ByteView parameters,
                                  KeyIndex net_index, Time now);

/// Moves a subnet's key refresh on, by a message or by a beacon (3.11.4). True where it moved.
bool enter_key_refresh_phase(NodeConfig& config, KeyIndex index, std::uint8_t phase);

/// Ends what a power cut left half done in the records: the old AppKeys of a subnet whose refresh
/// is over go, and so do AppKeys without a subnet. True where something was.
bool settle_keys(NodeConfig& config);

/// Two key indexes in three bytes (4.3.1.1), and one in two.
struct KeyIndexPair {
    KeyIndex first = 0;
    KeyIndex second = 0;
};

KeyIndexPair decode_key_indexes(Fields& in);
Buffer<3> encode_key_indexes(KeyIndexPair indexes);

} // namespace torgo::mesh
