#pragma once

#include "crypto/secret.hpp"
#include "mesh/composition.hpp"
#include "mesh/keys.hpp"
#include "mesh/sar_states.hpp"
#include "mesh/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

// What a node has been told: keys, bindings, subscriptions, states. Large parts are shared by
// pointer and copied when one node's change, so that thousands of nodes of one make cost little.
namespace torgo::mesh {

/// A NetKey in its place; during a key refresh with the one to come (Mesh Protocol 1.1, 3.11.4).
struct Subnet {
    KeyIndex index = 0;
    std::uint8_t phase = 0; ///< of the key refresh: 0 none, 1 distribution, 2 switching
    std::shared_ptr<const NetKey> key;
    std::shared_ptr<const NetKey> next{}; ///< in phases 1 and 2

    const NetKey& transmit() const { return phase == 2 ? *next : *key; }
};

struct Application {
    KeyIndex index = 0;
    KeyIndex net = 0;
    std::shared_ptr<const AppKey> key;
    std::shared_ptr<const AppKey> next{};
};

struct KeyRing {
    static constexpr std::size_t subnets_max = 8;
    static constexpr std::size_t applications_max = 16;

    std::vector<Subnet> subnets;
    std::vector<Application> applications;

    const Subnet* subnet(KeyIndex index) const;
    const Application* application(KeyIndex index) const;
    /// The key an application's messages are sent under: the new one once its subnet switched.
    const AppKey& transmit_key(const Application& application) const;
};

struct Subscription {
    Address address = unassigned;
    std::optional<LabelUuid> label{};

    bool operator==(const Subscription&) const = default;
};

/// Where a model publishes (4.2.3).
struct Publication {
    Address address = unassigned;
    std::optional<LabelUuid> label{};
    KeyIndex app_index = 0;
    bool friendship_credentials = false;
    std::uint8_t ttl = 0xFF;     ///< 0xFF: the node's default
    std::uint8_t period = 0;     ///< steps in the low 6 bits, their resolution in the high 2
    std::uint8_t retransmit = 0; ///< count in the low 3 bits, steps of 50 ms in the high 5

    Time interval() const; ///< 0: only when the model has something to say
    Time retransmit_interval() const;

    bool operator==(const Publication&) const = default;
};

struct ModelSettings {
    static constexpr std::size_t bindings_max = 8;
    static constexpr std::size_t subscriptions_max = 16;

    std::uint8_t element = 0;
    ModelId id{};
    std::vector<KeyIndex> bound{};
    std::vector<Subscription> subscriptions{};
    Publication publication{};

    bool is_bound(KeyIndex app_index) const;
    bool is_subscribed(Address address) const;
    bool operator==(const ModelSettings&) const = default;
};

/// Only models that were told something are here.
using ModelTable = std::vector<ModelSettings>;

/// Heartbeat Publication and Subscription (4.2.18, 4.2.19).
struct HeartbeatStates {
    Address publish_to = unassigned;
    std::uint16_t count_left = 0; ///< 0xFFFF: no end
    std::uint8_t period_log = 0;  ///< 2^(n-1) seconds
    std::uint8_t ttl = 0;
    std::uint16_t features = 0; ///< changes of which are published at once
    KeyIndex net_index = 0;

    Address from = unassigned; ///< subscription
    Address to = unassigned;
    std::uint16_t count = 0;
    std::uint8_t hops_least = 0x7F;
    std::uint8_t hops_most = 0;
    Time publish_due = never;
    Time listen_until = Time{0};

    /// Now and then; a change of features is told even where this is off.
    bool is_periodic() const {
        return publish_to != unassigned && count_left != 0 && period_log != 0;
    }
};

struct NodeStates {
    std::uint8_t default_ttl = 5;
    bool relay = false;
    bool directed = false;       ///< knows paths and uses them
    bool directed_relay = false; ///< forwards along paths of others
    bool friendly = false;       ///< takes low power nodes as friends
    bool secure_beacons = false;
    bool private_beacons = false;
    /// Count in the low 3 bits, steps of 10 ms in the high 5.
    std::uint8_t network_transmit = 0;
    std::uint8_t relay_retransmit = 0;
    std::uint8_t attention_seconds = 0;
    SarTransmitter sar_transmitter{};
    SarReceiver sar_receiver{};
    HeartbeatStates heartbeat{};
};

/// All of it.
struct NodeConfig {
    Address address = unassigned;
    Key128 device_key{}; ///< all zero: the node draws one, that nobody but its store knows
    std::shared_ptr<const Composition> composition;
    std::shared_ptr<const KeyRing> keys = std::make_shared<KeyRing>();
    std::shared_ptr<const ModelTable> models = std::make_shared<ModelTable>();
    NodeStates states{};

    ~NodeConfig() { crypto::wipe(device_key); }

    std::uint8_t element_count() const {
        return static_cast<std::uint8_t>(composition->elements.size());
    }

    /// The element of an address, if it is one of ours.
    std::optional<std::uint8_t> element_of(Address a) const;
    bool has_model(std::uint8_t element, ModelId id) const;
    const ModelSettings* model(std::uint8_t element, ModelId id) const;

    /// Copies to change; the change is seen by this node only.
    KeyRing& change_keys();
    /// The settings of a model, made where it has none yet.
    ModelSettings& change_model(std::uint8_t element, ModelId id);
    ModelTable& change_models();
};

} // namespace torgo::mesh
