#pragma once

#include "radio/histogram.hpp"
#include "radio/shard.hpp"

#include <unordered_map>
#include <vector>

namespace torgo::radio {

/// Which messages arrived, and how late. Messages older than `lifetime` are forgotten: what arrives
/// later counts as lost.
class Ledger {
public:
    explicit Ledger(Time lifetime = 30 * second) : m_lifetime(lifetime) {}

    /// Takes what a shard has noted since the last time, and empties it. An arrival may be
    /// taken before the message's origin, but within one call of settle().
    void take(std::vector<MessageNote>& notes);

    /// Joins all that was taken. To be called when every shard's notes of a window are there.
    void settle(Time now);

    /// Also what is still on its way counts, as lost where it has not arrived.
    void finish();

    std::uint64_t originated() const { return m_originated; }

    /// Arrivals that were expected, and that came. A message to everyone expects many.
    std::uint64_t expected() const { return m_expected; }

    std::uint64_t arrived() const { return m_latency.count(); }

    /// Arrivals beyond those expected: the second edge node that hears a message.
    std::uint64_t surplus() const { return m_surplus; }

    const Histogram& latency() const { return m_latency; }

    /// By sender: messages and arrivals, for pictures and tables.
    struct Sent {
        std::uint32_t expected = 0;
        std::uint32_t arrived = 0;
    };

    const std::unordered_map<NodeId, Sent>& by_source() const { return m_by_source; }

    std::size_t waiting() const { return m_open.size(); }

private:
    struct Open {
        Time born = 0;
        std::uint32_t expected = 0;
        std::uint32_t arrived = 0;
    };

    static std::uint64_t packed(const MessageKey& key) {
        return std::uint64_t{key.source} << 32U | key.number;
    }

    void arrive(const MessageNote& note);

    Time m_lifetime;
    Time m_swept = 0;
    std::unordered_map<std::uint64_t, Open> m_open;
    std::unordered_map<NodeId, Sent> m_by_source;
    std::vector<MessageNote> m_arrivals;
    Histogram m_latency;
    std::uint64_t m_originated = 0;
    std::uint64_t m_expected = 0;
    std::uint64_t m_surplus = 0;
};

} // namespace torgo::radio
