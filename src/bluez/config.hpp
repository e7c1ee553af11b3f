#pragma once

// Messages of the configuration models, as far as a gateway needs them: bytes, no I/O. They travel
// under a device key (Node::ask).
//
// source  Mesh Protocol 1.1, 4.3.2 (messages) and 4.3.4 (opcodes)

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "bluez/types.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace torgo::bluez {

/// A question to a configuration server, and how its answer begins.
struct ConfigMessage {
    Bytes message;
    Bytes answer_opcode;
    bool has_status = false; ///< a status code follows the opcode
};

/// Periodic signs of life of a node, with its distance in hops.
struct HeartbeatPublication {
    Address destination = 0;     ///< 0: none
    std::uint8_t count_log = 0;  ///< 2^(n−1) of them; 0 none; 0xff for ever
    std::uint8_t period_log = 0; ///< every 2^(n−1) seconds
    std::uint8_t ttl = 0;
    std::uint16_t features = 0; ///< also on a change of these: 1 relay, 2 proxy, 4 friend, 8 LPN
    KeyIndex network = 0;
};

struct HeartbeatSubscription {
    Address source = 0;
    Address destination = 0;
    std::uint8_t period_log = 0; ///< listens for 2^(n−1) seconds
};

struct HeartbeatsHeard {
    HeartbeatSubscription subscription;
    std::uint8_t count_log = 0;
    std::uint8_t hops_min = 0;
    std::uint8_t hops_max = 0;
};

/// Lets a model use an application key.
ConfigMessage bind_model(Address element, KeyIndex application_key, const ModelId& model);

/// Lets a model receive what is sent to a group.
ConfigMessage subscribe_model(Address element, Address group, const ModelId& model);

struct Publication {
    Address destination = 0;
    KeyIndex application_key = 0;
    std::uint8_t ttl = 0xff;         ///< 0xff: the node's default
    std::uint8_t period = 0;         ///< steps in the low six bits; 0: only when asked
    std::uint8_t retransmission = 0; ///< count in the low three bits
};

/// Where a model publishes to.
ConfigMessage set_publication(Address element, const Publication& publication,
                              const ModelId& model);

ConfigMessage set_heartbeat_publication(const HeartbeatPublication& publication);
ConfigMessage set_heartbeat_subscription(const HeartbeatSubscription& subscription);
ConfigMessage get_heartbeat_subscription();

/// `retransmissions` 0 … 7 more sends, 10 ms times (`interval_steps` + 1) apart; steps 0 … 31.
ConfigMessage set_relay(bool on, std::uint8_t retransmissions, std::uint8_t interval_steps);

/// The same for what the node sends itself.
ConfigMessage set_network_transmit(std::uint8_t retransmissions, std::uint8_t interval_steps);

ConfigMessage set_default_ttl(std::uint8_t ttl);
ConfigMessage get_composition(std::uint8_t page);

/// What add_application_key and add_network_key of a Node are answered with.
ConfigMessage application_key_answer();
ConfigMessage network_key_answer();

/// The node forgets the network.
ConfigMessage reset_node();

/// True when `answer` begins with the opcode of the answer to `asked`.
bool answers(const ConfigMessage& asked, ByteView answer);

/// The answer behind opcode and status.
/// errors  `corrupt` too short; `permission`, `not_found`, `limit_exceeded`, `io`… by the status
Result<ByteView> check_answer(const ConfigMessage& asked, ByteView answer);

/// Of the answer to one of the two heartbeat subscription messages, behind opcode and status.
Result<HeartbeatsHeard> parse_heartbeats_heard(ByteView payload);

/// "Invalid AppKey Index"… of a status code.
std::string_view status_text(std::uint8_t status) noexcept;

} // namespace torgo::bluez
