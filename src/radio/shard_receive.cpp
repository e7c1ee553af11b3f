#include "radio/shard.hpp"
#include "radio/shard_air.hpp"

#include <algorithm>
#include <cmath>

// What reaches the receivers. One packet of a burst after another: packet_start(), packet_end().
namespace torgo::radio {

namespace {

constexpr std::uint64_t noise_salt = 0x6e6f'6973'65;
constexpr std::uint64_t burst_salt = 0x6275'7273'74;
/// Preamble and access address: until they have passed, a receiver goes over to what is stronger.
constexpr Time sync_time = 40;
/// Receivers of a packet whose devices are brought into the processor's cache meanwhile.
constexpr std::size_t look_ahead = 4;
constexpr std::uint64_t received_salt = 0x7265'6376;

} // namespace

std::span<const Link> Shard::my_part(std::span<const Link> links) const {
    if (m_shared.shards() == 1) return links;
    const auto before = [](const Link& link, NodeId to) {
        return link.to() < to;
    };
    const auto from = std::lower_bound(links.begin(), links.end(), m_low, before);
    const auto to = std::lower_bound(from, links.end(), m_high, before);
    return {from, to};
}

void Shard::packet_start(std::uint32_t slot) {
    const auto burst = m_bursts[slot];
    if (m_shared.alive[burst.from] == 0) {
        m_free_bursts.push_back(slot);
        return;
    }
    if (mine(burst.from)) own_packet(burst);
    for (std::size_t i = 0; i < m_scan_at.size(); ++i)
        m_scan_at[i] = static_cast<std::uint32_t>(burst.start % m_shared.scans[i].cycle);
    hear(burst, slot, my_part(m_shared.field.fixed_links(burst.from)));
    if (m_shared.field.has_moving())
        hear(burst, slot, my_part(m_shared.field.moving_links(burst.from)));
    m_queue.push(
        {burst.start + air_time(burst.frame.size()), who(Kind::packet_end, burst.from), slot});
}

/// The sender is deaf from its first packet to the end of its last one.
void Shard::own_packet(const Burst& burst) {
    auto& own = receiver(burst.from);
    ++count(burst.from).packets;
    m_trace += mix(burst.start, burst.from, burst.hash + burst.channel);
    if (burst.channel != 0) return;
    const auto air = air_time(burst.frame.size());
    const auto& profile = m_shared.field.profiles()[burst.profile];
    own.sends_until = burst.start + channel_count * air + (channel_count - 1) * profile.channel_gap;
    if (own.lock == none) return;
    own.lock = none;
    own.lock_end = 0;
    ++count(burst.from).deaf_tx;
}

/// Which receivers listen on the channel of the packet now?
void Shard::hear(const Burst& burst, std::uint32_t slot, std::span<const Link> links) {
    const auto air = static_cast<std::uint32_t>(air_time(burst.frame.size()));
    const auto& power = m_shared.powers[burst.profile];
    m_totals.checks += links.size();
    std::uint64_t elsewhere = 0;
    for (const auto link : links) {
        const auto tune = m_tunes[link.to() - m_low];
        const auto& scan = m_shared.scans[tune >> phase_bits];
        auto position = (tune & ((1U << phase_bits) - 1)) + m_scan_at[tune >> phase_bits];
        if (position >= scan.cycle) position -= scan.cycle;
        const auto channel =
            std::uint32_t{position >= scan.interval} + std::uint32_t{position >= 2 * scan.interval};
        const auto offset = position - channel * scan.interval;
        if (channel != burst.channel) {
            ++elsewhere;
            // It may come to this channel while the packet lasts: too late to receive it.
            if (offset + air > scan.interval && (channel + 1) % channel_count == burst.channel)
                disturb(receiver(link.to()), burst, power.mw[link.level()]);
            continue;
        }
        auto& at = receiver(link.to());
        if (!at.on) continue;
        if (offset < scan.blind || offset >= scan.window) {
            if (power.can_lock && link.level() <= power.lock_level) ++count(link.to()).deaf_scan;
            disturb(at, burst, power.mw[link.level()]);
            continue;
        }
        arrive(link.to(), at, burst, slot, link);
    }
    m_totals.other_channel += elsewhere;
}

/// A packet begins at a receiver that listens on its channel.
void Shard::arrive(NodeId node, Receiver& at, const Burst& burst, std::uint32_t slot, Link link) {
    const auto& power = m_shared.powers[burst.profile];
    const auto mw = power.mw[link.level()];
    const bool strong = power.can_lock && link.level() <= power.lock_level;
    if (at.sends_until > burst.start) {
        if (strong) ++count(node).deaf_tx;
        disturb(at, burst, mw);
    } else if (at.lock_end > burst.start) {
        overlap(node, at, burst, slot, link);
    } else if (strong) {
        lock(node, at, burst, slot, link);
    } else {
        ++count(node).noise;
        disturb(at, burst, mw);
    }
}

/// The receiver is busy with another packet.
void Shard::overlap(NodeId node, Receiver& at, const Burst& burst, std::uint32_t slot, Link link) {
    const auto& power = m_shared.powers[burst.profile];
    const auto mw = power.mw[link.level()];
    const bool strong = power.can_lock && link.level() <= power.lock_level;
    const bool early = burst.start < m_bursts[at.lock].start + sync_time;
    const bool takes_over = strong && (early || m_shared.field.phy().capture_late) &&
                            mw >= m_shared.capture_ratio * at.lock_mw;
    if (takes_over) {
        ++count(node).collided; // the packet that was there
        const auto before = at.lock_mw;
        const auto end = at.lock_end;
        lock(node, at, burst, slot, link);
        at.overlapped = true;
        at.noise_mw = before;
        at.noise_end = std::max(at.noise_end, end);
        at.noise_channel = burst.channel;
        return;
    }
    if (strong) ++count(node).collided;
    disturb(at, burst, mw);
    at.overlapped = true;
    if (at.lock_mw < m_shared.capture_ratio * at.noise_mw) at.bad = true;
}

/// The receiver finds the start of a packet, and is busy with it to its end.
void Shard::lock(NodeId node, Receiver& at, const Burst& burst, std::uint32_t slot, Link link) {
    at.lock_mw = m_shared.powers[burst.profile].mw[link.level()];
    at.lock_level = link.level();
    at.lock_end = burst.start + air_time(burst.frame.size());
    at.lock = slot;
    at.overlapped = at.noise_end > burst.start && at.noise_channel == burst.channel;
    at.bad = at.overlapped && at.lock_mw < m_shared.capture_ratio * at.noise_mw;
    m_lockers[slot].push_back(node);
}

/// A packet that is not received is noise for others as long as it lasts. Powers add up until the
/// air is free again: a little too much when packets follow each other without a pause.
void Shard::disturb(Receiver& at, const Burst& burst, float mw) {
    if (at.noise_end <= burst.start || at.noise_channel != burst.channel) at.noise_mw = 0;
    at.noise_mw += mw;
    at.noise_end = std::max(at.noise_end, burst.start + air_time(burst.frame.size()));
    at.noise_channel = burst.channel;
}

void Shard::packet_end(std::uint32_t slot) {
    // Devices that are called may send, and so move m_bursts.
    auto burst = m_bursts[slot];
    auto lockers = std::move(m_lockers[slot]);
    for (std::size_t i = 0; i < lockers.size(); ++i) {
        const auto last = lockers.size() - 1;
        m_shared.devices.expect(lockers[std::min(i + look_ahead, last)],
                                lockers[std::min(i + look_ahead / 2, last)]);
        const auto node = lockers[i];
        auto& at = receiver(node);
        if (at.lock != slot) continue;
        at.lock = none;
        resolve(node, at, burst);
    }
    lockers.clear();
    m_lockers[slot] = std::move(lockers);
    if (burst.channel + 1U == channel_count) {
        m_free_bursts.push_back(slot);
        return;
    }
    ++burst.channel;
    burst.start = m_now + m_shared.field.profiles()[burst.profile].channel_gap;
    m_bursts[slot] = burst;
    m_queue.push({burst.start, who(Kind::packet_start, burst.from), slot});
}

/// Was the packet received? If so the node gets it.
void Shard::resolve(NodeId node, Receiver& at, const Burst& burst) {
    auto& counters = count(node);
    const auto size = burst.frame.size();
    const auto& power = m_shared.powers[burst.profile];
    const auto error = m_shared.error[size][power.snr[at.lock_level]];
    const auto pair = std::uint64_t{burst.from} << 32U | node;
    const auto seed = m_shared.field.seed();
    if (at.bad) {
        ++counters.collided;
        return;
    }
    if (error > 1e-7F &&
        unit(mix(seed ^ noise_salt, pair, burst.start)) < static_cast<double>(error)) {
        ++counters.noise;
        return;
    }
    if (m_shared.has_bursts && unit(mix(seed ^ burst_salt, pair, burst.start)) >=
                                   static_cast<double>(m_shared.clear[burst.channel][size])) {
        ++counters.bursts;
        return;
    }
    ++counters.received;
    if (at.overlapped) ++counters.captured;
    m_trace += mix(m_now ^ received_salt, pair, burst.hash);
    const auto rssi = m_shared.field.profiles()[burst.profile].tx_power_dbm - Link::loss_min_db -
                      at.lock_level * 0.5;
    NodeAir air(*this, node);
    m_shared.devices.on_frame(node,
                              {burst.frame.view(),
                               static_cast<std::int8_t>(std::clamp(std::round(rssi), -127.0, 20.0)),
                               burst.channel},
                              air);
}

} // namespace torgo::radio
