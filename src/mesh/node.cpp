// A node's beginning, its timers, and what it keeps.

#include "mesh/node.hpp"

#include "base/codec.hpp"
#include "mesh/config_server.hpp"
#include "mesh/node_records.hpp"
#include "mesh/wiped_bytes.hpp"

#include <algorithm>
#include <ranges>
#include <set>

namespace torgo::mesh {

Node::Node(NodeConfig config, const IvIndex::State& iv_index, const NodeLimits& limits, Host& host,
           env::Random& random, Store* store, Time now)
    : m_host(host),
      m_random(random),
      m_store(store),
      m_limits(limits),
      m_config(std::move(config)),
      m_iv(iv_index, now),
      m_cache(limits.cache_entries),
      m_replay(limits.replay_entries),
      m_beacon_due(now) {
    // [MESH-5] A number is stored as used before it is: a block of none would never be.
    m_limits.sequence_block = std::max<std::uint16_t>(m_limits.sequence_block, 1);
    ENSURE(m_config.composition != nullptr && !m_config.composition->elements.empty());
    ENSURE(is_unicast(m_config.address) &&
           m_config.address + m_config.element_count() - 1 <= unicast_max);
    // [MESH-43] A key that everybody knows would let everybody configure this node.
    if (m_config.device_key == Key128{}) m_random.fill(m_config.device_key);
    time_publications(now);
}

bool Node::save(RecordKind kind, std::uint16_t which, Bytes record) {
    const WipedBytes ended(std::move(record));
    if (m_store == nullptr) return true;
    if (m_store->save(record_key(kind, which), ended.bytes)) return true;
    m_host.event(*this, NodeEvent::store_failed);
    return false;
}

bool Node::save_config() {
    if (m_store == nullptr) return true;
    std::set<RecordKey> wanted;
    bool good = true;
    const auto keep = [&](RecordKind kind, std::size_t which, Bytes record) {
        const auto low = static_cast<std::uint16_t>(which);
        wanted.insert(record_key(kind, low));
        WipedBytes ended(std::move(record));
        if (good) good = save(kind, low, std::move(ended.bytes));
    };
    for (const auto& subnet : m_config.keys->subnets)
        keep(RecordKind::subnet, subnet.index, encode_subnet(subnet));
    for (const auto& application : m_config.keys->applications)
        keep(RecordKind::application, application.index, encode_application(application));
    for (std::size_t i = 0; i < m_config.models->size(); ++i)
        keep(RecordKind::models, i, encode_model((*m_config.models)[i]));
    keep(RecordKind::states, 0, encode_states(m_config.states));
    std::vector<RecordKey> gone;
    m_store->each([&](RecordKey key, ByteView) {
        const auto kind = static_cast<RecordKind>(key >> 16U);
        const bool ours = kind == RecordKind::subnet || kind == RecordKind::application ||
                          kind == RecordKind::models;
        if (ours && !wanted.contains(key)) gone.push_back(key);
    });
    // What points goes before what is pointed to: an AppKey before its network.
    for (const auto key : std::views::reverse(gone))
        good = good && save(static_cast<RecordKind>(key >> 16U),
                            static_cast<std::uint16_t>(key & 0xFFFFU), {});
    return good;
}

Result<> Node::save_all() {
    if (m_store == nullptr) return fail(Errc::invalid_argument, "this node has no store");
    CHECK_OK(m_store->save(record_key(RecordKind::iv_index), encode_iv(m_iv.state())));
    if (!save_config()) return fail(Errc::io, "the node's store refuses");
    // Last: a store without it holds no node.
    const WipedBytes identity(encode_identity(m_config));
    return m_store->save(record_key(RecordKind::identity), identity.bytes);
}

Result<> Node::load(RecordKey key, ByteView record) {
    const auto which = static_cast<std::uint16_t>(key & 0xFFFFU);
    switch (static_cast<RecordKind>(key >> 16U)) {
    case RecordKind::sequence: {
        Reader in(record);
        TRY(m_sequence, in.get<std::uint32_t>());
        m_sequence_stored = m_sequence;
        return in.done();
    }
    case RecordKind::states: {
        TRY(m_config.states, decode_states(record));
        return {};
    }
    case RecordKind::subnet: {
        TRY(auto subnet, decode_subnet(which, record));
        m_config.change_keys().subnets.push_back(std::move(subnet));
        return {};
    }
    case RecordKind::application: {
        TRY(auto application, decode_application(which, record));
        m_config.change_keys().applications.push_back(std::move(application));
        return {};
    }
    case RecordKind::models: {
        TRY(auto model, decode_model(record));
        m_config.change_models().push_back(std::move(model));
        return {};
    }
    case RecordKind::replay: {
        Reader in(record);
        ReplayMark mark{.src = which};
        TRY(mark.iv_index, in.get<std::uint32_t>());
        TRY(mark.seq, in.get<std::uint32_t>());
        TRY(const auto first, in.get<std::uint32_t>());
        if (first != sequence_max) mark.segmented = first;
        m_replay.restore(mark);
        return in.done();
    }
    default:
        return {};
    }
}

Result<std::unique_ptr<Node>> Node::restore(std::shared_ptr<const Composition> composition,
                                            const NodeLimits& limits, Host& host,
                                            env::Random& random, Store& store, Time now) {
    std::optional<WipedBytes> identity;
    std::optional<Bytes> iv;
    store.each([&](RecordKey key, ByteView record) {
        if (key == record_key(RecordKind::identity)) identity.emplace(joined({record}));
        if (key == record_key(RecordKind::iv_index)) iv.emplace(record.begin(), record.end());
    });
    if (!identity || !iv) return fail(Errc::not_found, "the store holds no mesh node");
    NodeConfig config{.composition = std::move(composition)};
    CHECK_OK(decode_identity(identity->bytes, config));
    TRY(const auto state, decode_iv(*iv));
    if (config.address + config.element_count() - 1 > unicast_max)
        return fail(Errc::corrupt, "a node's elements have no addresses");
    const bool is_keyless = config.device_key == Key128{};
    auto node = std::make_unique<Node>(std::move(config), state, limits, host, random, &store, now);
    if (is_keyless) {
        const WipedBytes drawn(encode_identity(node->m_config));
        CHECK_OK(store.save(record_key(RecordKind::identity), drawn.bytes));
    }
    Result<> loaded;
    store.each([&](RecordKey key, ByteView record) {
        if (loaded) loaded = node->load(key, record);
    });
    if (!loaded) return std::unexpected(loaded.error());
    // What no number can be taken for any more would only take the places of new sources.
    if (state.index > 0) node->m_replay.forget_before(state.index - 1);
    // A change of keys is several records: a power cut may have come between them. [MESH-42]
    if (settle_keys(node->m_config) && !node->save_config())
        return fail(Errc::io, "the node's store refuses");
    auto& heartbeat = node->m_config.states.heartbeat;
    if (heartbeat.is_periodic()) heartbeat.publish_due = now;
    node->time_publications(now);
    return node;
}

void Node::on_wake(Time now) {
    if (m_reset) return;
    const auto keys = m_config.keys;
    wake_incoming(now);
    wake_outgoing(now);
    if (m_friends) m_friends->on_wake(now);
    if (m_low_power) m_low_power->on_wake(now);
    if (m_directed) m_directed->on_wake(now);
    wake_publications(now);
    wake_heartbeat(now);
    wake_beacons(now);
    apply(m_iv.pass(now, may_complete_iv()));
    if (should_begin_iv_update()) (void)begin_iv_update(now);
}

void Node::start_low_power(Time now, const LowPowerOptions& options) {
    m_low_power = std::make_unique<LowPowerRole>(*this, options, now);
}

Result<> Node::keep_path(Time now, KeyIndex net_index, Address destination) {
    if (!ready_directed()) return fail(Errc::unavailable, "directed forwarding is off");
    if (!m_directed->want(now, net_index, destination))
        return fail(Errc::limit_exceeded, "no more paths can be kept");
    return {};
}

Time Node::next_wake() const {
    if (m_reset) return never;
    auto next = std::min(m_iv.next_wake(), m_config.states.heartbeat.publish_due);
    if (m_config.states.secure_beacons || m_config.states.private_beacons)
        next = std::min(next, m_beacon_due);
    if (m_friends) next = std::min(next, m_friends->next_wake());
    if (m_low_power) next = std::min(next, m_low_power->next_wake());
    if (m_directed) next = std::min(next, m_directed->next_wake());
    next = std::min(next, next_publication());
    for (const auto& message : m_outgoing)
        next = std::min(next, message->due);
    for (const auto& message : m_incoming)
        next = std::min({next, message->ack_due, message->discard_due});
    return next;
}

std::size_t Node::heap_bytes() const {
    auto bytes = m_cache.heap_bytes() + m_replay.heap_bytes();
    bytes += m_outgoing.heap_bytes() + m_outgoing.size() * sizeof(OutgoingMessage);
    bytes += m_waiting.heap_bytes() + m_waiting.size() * sizeof(Waiting);
    bytes += m_incoming.heap_bytes() + m_incoming.size() * sizeof(IncomingMessage);
    if (m_publishing)
        bytes += sizeof(Publishing) + m_publishing->periodic.capacity() * sizeof(Periodic) +
                 m_publishing->repeats.size() * (sizeof(Repeat) + sizeof(void*));
    return bytes + m_completed.heap_bytes();
}

} // namespace torgo::mesh
