#include "radio/shard.hpp"

#include <algorithm>

// What a node sends: its queue, and the advertising events made of it.
namespace torgo::radio {

namespace {

/// Two events never overlap, nor follow each other without a pause.
constexpr Time pause_after_event = 150;

std::uint64_t hash(ByteView bytes) {
    std::uint64_t sum = bytes.size();
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
        std::uint64_t word = 0;
        for (std::size_t k = i; k < std::min(i + 8, bytes.size()); ++k)
            word = word << 8U | bytes[k];
        sum = mix(sum, word);
    }
    return sum;
}

/// From the first packet's start to the last one's end.
Time event_time(std::size_t size, const Profile& profile) {
    return channel_count * air_time(size) + (channel_count - 1) * profile.channel_gap;
}

} // namespace

/// Appends a frame to the node's queue; false when that is full.
bool Shard::enqueue(NodeId node, ByteView bytes, const Sending& sending) {
    auto& sender = this->sender(node);
    if (sender.queued >= m_shared.field.profile(node).queue) {
        ++count(node).dropped;
        return false;
    }
    auto slot = m_free_entry;
    if (slot == none) {
        slot = static_cast<std::uint32_t>(m_entries.size());
        m_entries.emplace_back();
    } else {
        m_free_entry = m_entries[slot].next;
    }
    auto& entry = m_entries[slot];
    entry.frame = Frame(bytes);
    entry.left = static_cast<std::uint8_t>(std::min<unsigned>(sending.repeats + 1U, 255));
    entry.begun = false;
    entry.due = m_now + std::max(sending.delay, m_shared.field.phy().turnaround);
    entry.interval = sending.interval;
    entry.next = none;
    (sender.head == none ? sender.head : m_entries[sender.tail].next) = slot;
    sender.tail = slot;
    ++sender.queued;
    replan(node);
    return true;
}

/// The frame whose event comes next, of those that may be on their way at once.
std::uint32_t Shard::due_first(const Sender& sender, const Profile& profile) const {
    auto best = sender.head;
    auto slot = sender.head;
    for (unsigned set = 0; set < profile.adv_sets && slot != none;
         ++set, slot = m_entries[slot].next)
        if (m_entries[slot].due < m_entries[best].due) best = slot;
    return best;
}

/// Chooses again when the next event is to be announced.
void Shard::replan(NodeId node) {
    auto& sender = this->sender(node);
    const auto best = due_first(sender, m_shared.field.profile(node));
    if (best == none) {
        sender.plan = never;
        return;
    }
    const auto start = std::max(m_entries[best].due, sender.radio_free);
    const auto turnaround = m_shared.field.phy().turnaround;
    const auto at = start > m_now + turnaround ? start - turnaround : m_now;
    if (at == sender.plan) return;
    sender.plan = at;
    m_queue.push({at, who(Kind::plan, node), 0});
}

/// Announces the next event of a node.
void Shard::plan(NodeId node) {
    auto& sender = this->sender(node);
    sender.plan = never;
    const auto& profile = m_shared.field.profile(node);
    const auto best = due_first(sender, profile);
    if (best == none) return;
    auto& entry = m_entries[best];
    const auto turnaround = m_shared.field.phy().turnaround;
    const auto start = std::max({entry.due, sender.radio_free, m_now + turnaround});
    announce(node, entry, start);
    sender.radio_free = start + event_time(entry.frame.size(), profile) + pause_after_event;
    if (--entry.left == 0) {
        remove(sender, best);
    } else {
        const auto most = static_cast<std::uint32_t>(profile.adv_delay);
        entry.due = start + entry.interval + chance(node).below(most + 1);
    }
    replan(node);
}

void Shard::announce(NodeId node, const Entry& entry, Time start) {
    ++count(node).events;
    Burst burst;
    burst.frame = entry.frame;
    burst.from = node;
    burst.profile = m_shared.field.place(node).profile;
    burst.start = start;
    burst.hash = hash(entry.frame.view());
    take(burst);
    if (m_shared.shards() == 1) return;
    const auto end = start + event_time(entry.frame.size(), m_shared.field.profile(node));
    if (end >= m_shared.next_change) return announce_everywhere(burst);
    for (const auto links : {m_shared.field.fixed_links(node), m_shared.field.moving_links(node)}) {
        for (auto link = links.begin(); link != links.end();) {
            const auto shard = m_shared.shard_of(link->to());
            put_out(shard, burst);
            link = std::lower_bound(link, links.end(), m_shared.first[shard + 1],
                                    [](const Link& l, NodeId to) { return l.to() < to; });
        }
    }
}

/// Who will hear it is not known yet: the field changes before it has ended.
void Shard::announce_everywhere(const Burst& burst) {
    for (std::size_t shard = 0; shard < m_shared.shards(); ++shard)
        put_out(shard, burst);
}

void Shard::put_out(std::size_t shard, const Burst& burst) {
    if (shard == m_index) return;
    auto& out = m_out[m_filling][shard].bursts;
    // The same one only once; a node may begin two within one window.
    if (!out.empty() && out.back().from == burst.from && out.back().start == burst.start) return;
    out.push_back(burst);
    m_out_next = std::min(m_out_next, burst.start);
}

/// Puts a burst, of this shard or another, before this shard's receivers.
void Shard::take(const Burst& burst) {
    std::uint32_t slot = 0;
    if (m_free_bursts.empty()) {
        slot = static_cast<std::uint32_t>(m_bursts.size());
        m_bursts.push_back(burst);
        m_lockers.emplace_back();
    } else {
        slot = m_free_bursts.back();
        m_free_bursts.pop_back();
        m_bursts[slot] = burst;
    }
    m_queue.push({burst.start, who(Kind::packet_start, burst.from), slot});
}

void Shard::post(NodeId to, Time time, std::uint64_t note) {
    if (!mine(to)) {
        m_out[m_filling][m_shared.shard_of(to)].wires.push_back({time, to, note});
        m_out_next = std::min(m_out_next, time);
        return;
    }
    std::uint32_t slot = 0;
    if (m_free_wires.empty()) {
        slot = static_cast<std::uint32_t>(m_wires.size());
        m_wires.push_back({time, to, note});
    } else {
        slot = m_free_wires.back();
        m_free_wires.pop_back();
        m_wires[slot] = {time, to, note};
    }
    m_queue.push({time, who(Kind::wire, to), slot});
}

void Shard::remove(Sender& sender, std::uint32_t entry) {
    if (sender.head == entry) {
        sender.head = m_entries[entry].next;
        if (sender.head == none) sender.tail = none;
    } else {
        auto before = sender.head;
        while (m_entries[before].next != entry)
            before = m_entries[before].next;
        m_entries[before].next = m_entries[entry].next;
        if (sender.tail == entry) sender.tail = before;
    }
    m_entries[entry].next = m_free_entry;
    m_free_entry = entry;
    --sender.queued;
}

void Shard::drop_all(Sender& sender) {
    while (sender.head != none)
        remove(sender, sender.head);
}

} // namespace torgo::radio
