#include "radio/shard.hpp"

#include "radio/shard_air.hpp"

#include <algorithm>
#include <cmath>

namespace torgo::radio {

namespace {

constexpr std::uint64_t phase_salt = 0x7068'6173'65;
constexpr std::uint64_t draw_salt = 0x6472'6177;
constexpr std::uint64_t demand_salt = 0x6465'6d61'6e64;

} // namespace

Shard::Shard(Shared& shared, std::size_t index)
    : m_shared(shared),
      m_index(index),
      m_low(shared.first[index]),
      m_high(shared.first[index + 1]),
      m_tunes(m_high - m_low),
      m_receivers(m_high - m_low),
      m_senders(m_high - m_low),
      m_counters(m_high - m_low),
      m_scan_at(shared.scans.size()) {
    for (auto& out : m_out)
        out.resize(shared.shards());
    for (NodeId node = m_low; node < m_high; ++node) {
        const auto& place = shared.field.place(node);
        const auto phase = below(mix(shared.field.seed() ^ phase_salt, place.number),
                                 shared.scans[place.profile].cycle);
        m_tunes[node - m_low] = std::uint32_t{place.profile} << phase_bits | phase;
    }
}

void Shard::begin() {
    const std::size_t nodes = m_high - m_low;
    m_queue.reserve(nodes + nodes / 6); // some beside the one that wakes each node
    for (NodeId node = m_low; node < m_high; ++node)
        m_queue.push({0, who(Kind::wake, node), 0});
    for (std::uint32_t f = 0; f < m_shared.flows.size(); ++f)
        for (const auto node : m_shared.flows[f].sources) {
            if (!mine(node)) continue;
            const auto& flow = m_shared.flows[f];
            const auto bits =
                mix(m_shared.field.seed() ^ demand_salt, m_shared.field.place(node).number, f);
            const auto wait = static_cast<Time>(unit(bits) * static_cast<double>(flow.period));
            const auto first = flow.from + (flow.at_once ? 0 : wait);
            if (first < flow.until) m_queue.push({first, who(Kind::demand, node), f});
        }
}

Chance Shard::chance(NodeId node) {
    const auto number = m_shared.field.place(node).number;
    return {mix(m_shared.field.seed() ^ draw_salt, number), sender(node).draws};
}

Time Shard::next_time() {
    return std::min(m_queue.next_time(), m_out_next);
}

void Shard::run(Time end, std::uint64_t window, std::vector<Shard>& all) {
    m_filling = window % 2;
    m_out_next = never;
    for (auto& out : m_out[m_filling]) {
        out.bursts.clear();
        out.wires.clear();
    }
    for (const auto& other : all) {
        const auto& in = other.m_out[1 - m_filling][m_index];
        for (const auto& burst : in.bursts)
            take(burst);
        for (const auto& wire : in.wires)
            post(wire.to, wire.time, wire.note);
    }
    while (m_queue.next_time() < end) {
        const auto event = m_queue.pop();
        m_now = event.time;
        ++m_totals.queue_events;
        handle(event);
    }
}

void Shard::handle(const Event& event) {
    const NodeId node = event.who & nodes_max;
    switch (static_cast<Kind>(event.who >> node_bits)) {
    case Kind::packet_end:
        return packet_end(event.what);
    case Kind::packet_start:
        return packet_start(event.what);
    case Kind::wire:
        return deliver_wires(event);
    case Kind::wake:
        return wake(node);
    case Kind::demand:
        return demand(node, event.what);
    case Kind::timer:
        if (auto& sender = this->sender(node); sender.timer == m_now) {
            sender.timer = never;
            NodeAir air(*this, node);
            m_shared.devices.on_timer(node, air);
        }
        return;
    case Kind::plan:
        if (sender(node).plan == m_now) plan(node);
        return;
    }
}

void Shard::wake(NodeId node) {
    if (m_shared.alive[node] == 0) return;
    NodeAir air(*this, node);
    m_shared.devices.on_start(node, air);
}

void Shard::demand(NodeId node, std::uint32_t flow) {
    if (m_shared.alive[node] != 0) {
        NodeAir air(*this, node);
        const MessageKey key{node, sender(node).messages++};
        m_shared.devices.on_demand(node, {key, flow, m_shared.flows[flow].size}, air);
    }
    demand_later(node, flow, m_now);
}

void Shard::demand_later(NodeId node, std::uint32_t f, Time after) {
    const auto& flow = m_shared.flows[f];
    auto pause = static_cast<double>(flow.period);
    if (flow.poisson) pause *= -std::log(1 - chance(node).unit());
    const auto time = after + std::max<Time>(1, static_cast<Time>(pause));
    if (time < flow.until) m_queue.push({time, who(Kind::demand, node), f});
}

/// All notes of one moment to one node, in the order of their content: the order in which they came
/// here depends on the shards.
void Shard::deliver_wires(const Event& first) {
    const NodeId node = first.who & nodes_max;
    std::vector<std::uint64_t> notes;
    auto event = first;
    for (;;) {
        notes.push_back(m_wires[event.what].note);
        m_free_wires.push_back(event.what);
        if (m_queue.next_time() != m_now) break;
        event = m_queue.pop();
        if (event.who == first.who) continue;
        m_queue.push(event);
        break;
    }
    std::ranges::sort(notes);
    if (m_shared.alive[node] == 0) return;
    NodeAir air(*this, node);
    for (const auto note : notes)
        m_shared.devices.on_wire(node, note, air);
}

void Shard::fail(NodeId node) {
    m_shared.alive[node] = 0;
    auto& at = receiver(node);
    at.on = false;
    at.lock = none;
    at.lock_end = 0;
    auto& sender = this->sender(node);
    drop_all(sender);
    sender.plan = never;
    sender.timer = never;
}

void Shard::recover(NodeId node, Time now) {
    if (m_shared.alive[node] != 0) return;
    m_shared.alive[node] = 1;
    receiver(node).on = true;
    m_queue.push({now, who(Kind::wake, node), 0});
}

std::size_t Shard::memory() const {
    auto bytes = sizeof *this + m_queue.memory() + m_tunes.capacity() * sizeof(std::uint32_t);
    bytes += m_receivers.capacity() * sizeof(Receiver) + m_senders.capacity() * sizeof(Sender);
    bytes += m_counters.capacity() * sizeof(Counters) + m_entries.capacity() * sizeof(Entry);
    bytes += m_bursts.capacity() * (sizeof(Burst) + sizeof(std::vector<NodeId>));
    for (const auto& lockers : m_lockers)
        bytes += lockers.capacity() * sizeof(NodeId);
    return bytes + m_wires.capacity() * sizeof(Wire);
}

} // namespace torgo::radio
