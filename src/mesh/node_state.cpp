// What a node says about itself and its network: beacons, heartbeats, IV Index, key refresh.

#include "crypto/secret.hpp"
#include "mesh/config_server.hpp"
#include "mesh/node.hpp"
#include "mesh/node_records.hpp"

#include <algorithm>

namespace torgo::mesh {

namespace {
/// Of one node; the standard's adaptation to the number of neighbours is the bearer's (3.10.3.1).
constexpr std::chrono::seconds beacon_interval{10};
} // namespace

// 3.11.5: an update is not completed while segments of ours are on their way.
bool Node::may_complete_iv() const {
    return m_outgoing.empty();
}

/// Those that wait are not sealed yet, but whoever sent them is told one thing about all.
void Node::abandon_outgoing() {
    std::vector<MessageNumber> numbers;
    for (const auto& message : m_outgoing)
        numbers.push_back(message->number);
    for (const auto& waiting : m_waiting)
        numbers.push_back(waiting->number);
    m_outgoing.clear();
    m_waiting.clear();
    for (const auto number : numbers)
        m_host.ended(*this, number, SendEnd::abandoned);
}

// [MESH-44] Early enough for the four to six days that an update takes, and only by a node of the
// primary subnet whose beacons tell the others.
bool Node::should_begin_iv_update() const {
    constexpr std::uint32_t sequence_low = sequence_max / 4 * 3;
    const auto& states = m_config.states;
    return m_sequence > sequence_low && m_config.keys->subnet(0) != nullptr &&
           (states.secure_beacons || states.private_beacons);
}

void Node::apply(IvIndex::Change change) {
    if (change == IvIndex::Change::none) return;
    const bool stored = save(RecordKind::iv_index, 0, encode_iv(m_iv.state()));
    if (change == IvIndex::Change::hours) return;
    // A node that forgot the new index must not find small numbers under the old one: numbers begin
    // again only when the index is stored. [MESH-10]
    // [MESH-12] What is sealed under the index of before ends first: under it, numbers that begin
    // again would be used a second time.
    if (change == IvIndex::Change::recovered) abandon_outgoing();
    const bool restarts =
        stored && (change == IvIndex::Change::completed || change == IvIndex::Change::recovered);
    if (restarts) {
        m_sequence = 0;
        m_sequence_stored = 0;
    }
    if (m_iv.state().index > 0) m_replay.forget_before(m_iv.state().index - 1);
    m_beacon_due = Time{0};
    if (m_friends) m_friends->security_changed();
    m_host.event(*this, NodeEvent::iv_index_changed);
}

bool Node::begin_iv_update(Time now) {
    const auto change = m_iv.begin_update(now);
    apply(change);
    return change != IvIndex::Change::none;
}

NetworkState Node::network_state(const Subnet& subnet) const {
    return {.key_refresh = subnet.phase == 2,
            .iv_update = m_iv.state().updating,
            .iv_index = m_iv.state().index};
}

// 3.11.4.3: a beacon under the new key says where the others are.
void Node::move_key_refresh(const Subnet& subnet, bool flag) {
    const auto index = subnet.index;
    if (!enter_key_refresh_phase(m_config, index, flag ? 2 : 3)) return;
    (void)save_config();
    if (m_friends) m_friends->security_changed();
    m_host.event(*this, NodeEvent::key_refresh_moved);
}

void Node::on_beacon(Time now, ByteView frame) {
    if (m_reset || !is_listening(now)) return;
    const auto keys = m_config.keys;
    for (const auto& subnet : keys->subnets) {
        // 3.11.4.3: in phase 2 who speaks under the old key was left behind on purpose.
        const auto* old = subnet.phase == 2 ? nullptr : subnet.key.get();
        for (const auto* key : {old, subnet.next.get()}) {
            if (key == nullptr) continue;
            auto state = open_secure_beacon(frame, *key);
            if (!state) state = open_private_beacon(frame, *key);
            if (!state) continue;
            if (key == subnet.next.get()) move_key_refresh(subnet, state->key_refresh);
            // 3.11.5: on the primary subnet only its own beacons count.
            const bool has_primary = keys->subnet(0) != nullptr;
            if (subnet.index == 0 || !has_primary)
                apply(m_iv.heard(*state, now, may_complete_iv()));
            return;
        }
    }
}

/// From a friend instead of a beacon, which a low power node does not hear. As with beacons, only
/// what comes under the new key moves the key refresh, and what comes under the old one counts no
/// more in phase 2. [MESH-13]
void Node::hear_state(Time now, KeyIndex net_index, const NetworkState& state, bool under_next) {
    const auto keys = m_config.keys;
    const auto* subnet = keys->subnet(net_index);
    if (subnet == nullptr || (subnet->phase == 2 && !under_next)) return;
    if (under_next) move_key_refresh(*subnet, state.key_refresh);
    if (net_index == 0 || keys->subnet(0) == nullptr)
        apply(m_iv.heard(state, now, may_complete_iv()));
}

void Node::wake_beacons(Time now) {
    const auto& states = m_config.states;
    if (m_beacon_due > now || (!states.secure_beacons && !states.private_beacons)) return;
    m_beacon_due = now + beacon_interval;
    for (const auto& subnet : m_config.keys->subnets) {
        if (states.secure_beacons) {
            const auto frame = encode_secure_beacon(network_state(subnet), subnet.transmit());
            m_host.transmit(*this, {.bearing = Bearing::beacon, .frame = frame.view()});
        }
        if (states.private_beacons) {
            BeaconRandom random{};
            m_random.fill(random);
            const auto frame =
                encode_private_beacon(network_state(subnet), random, subnet.transmit());
            m_host.transmit(*this, {.bearing = Bearing::beacon, .frame = frame.view()});
        }
    }
}

std::uint16_t Node::features() const {
    return static_cast<std::uint16_t>((m_config.states.relay ? feature_relay : 0U) |
                                      (m_config.states.friendly ? feature_friend : 0U) |
                                      (m_low_power ? feature_low_power : 0U));
}

void Node::send_heartbeat() {
    const auto& h = m_config.states.heartbeat;
    send_control(m_config.address, h.publish_to, h.net_index, h.ttl, ControlOpcode::heartbeat,
                 encode_heartbeat({.initial_ttl = h.ttl, .features = features()}).view());
}

// 3.6.7.2
void Node::wake_heartbeat(Time now) {
    auto& h = m_config.states.heartbeat;
    if (h.publish_due > now) return;
    send_heartbeat();
    if (h.count_left != 0xFFFF) --h.count_left;
    h.publish_due =
        h.count_left == 0 ? never : now + std::chrono::seconds(1U << (h.period_log - 1U));
}

void Node::reboot(Time now) {
    m_outgoing.clear();
    m_waiting.clear();
    m_incoming.clear();
    m_completed.clear();
    if (m_publishing) m_publishing->repeats.clear();
    m_cache = MessageCache(m_limits.cache_entries);
    const std::uint32_t block = m_limits.sequence_block;
    m_sequence = std::min((m_sequence + block - 1) / block * block, sequence_max + 1);
    m_beacon_due = now;
}

// [MESH-14] Nothing of the network stays behind.
void Node::reset() {
    m_reset = true;
    if (m_store != nullptr && !m_store->clear()) m_host.event(*this, NodeEvent::store_failed);
    m_friends.reset();
    m_low_power.reset();
    m_directed.reset();
    abandon_outgoing();
    m_incoming.clear();
    m_completed.clear();
    m_publishing.reset();
    m_replay.clear();
    crypto::wipe(m_config.device_key);
    m_config.keys = std::make_shared<KeyRing>();
    m_config.models = std::make_shared<ModelTable>();
    m_host.event(*this, NodeEvent::reset);
}

} // namespace torgo::mesh
