#pragma once

#include "base/bytes.hpp"
#include "radio/phy.hpp"
#include "radio/time.hpp"

#include <algorithm>
#include <array>

// How a kind of node uses its radio, and what its software is given of it.
namespace torgo::radio {

/// A kind of radio. Nodes that are alike share one.
struct Profile {
    double tx_power_dbm = 0;
    Time scan_interval = 30 * millisecond; ///< one channel each, 37, 38, 39 in turn
    Time scan_window = 30 * millisecond;   ///< listening at the start of each interval; 0: never
    Time blind = 300;                      ///< of each interval, while the channel is switched
    Time channel_gap = 400;                ///< pause between the packets of an advertising event
    Time adv_delay = 10 * millisecond;     ///< the chance delay of each further event: 0 to this
    std::uint8_t adv_sets = 1;             ///< frames that may be on their way at once
    std::uint8_t queue = 32;               ///< frames that wait or are on their way
};

/// Advertising data of one packet.
class Frame {
public:
    Frame() = default;

    /// Bytes over advertising_data_max are a bug of the caller and cut off.
    explicit Frame(ByteView bytes)
        : m_size(static_cast<std::uint8_t>(std::min(bytes.size(), advertising_data_max))) {
        std::copy_n(bytes.begin(), m_size, m_bytes.begin());
    }

    ByteView view() const noexcept { return ByteView(m_bytes).first(m_size); }

    std::size_t size() const noexcept { return m_size; }

private:
    std::array<std::uint8_t, advertising_data_max> m_bytes{};
    std::uint8_t m_size = 0;
};

/// When a frame is sent: once, and `repeats` times more.
struct Sending {
    std::uint8_t repeats = 0;
    Time interval = 20 * millisecond; ///< from event to event; adv_delay comes on top
    Time delay = 0;                   ///< before the first event, at least Phy::turnaround
};

struct Reception {
    ByteView frame;
    std::int8_t rssi_dbm;
    std::uint8_t channel; ///< 0 to 2
};

/// What happened to one node, or to all.
struct Counters {
    std::uint32_t events = 0;    ///< advertising events begun
    std::uint32_t packets = 0;   ///< three for each event, unless the node failed
    std::uint32_t received = 0;  ///< packets decoded
    std::uint32_t captured = 0;  ///< of those, in spite of another at the same time
    std::uint32_t collided = 0;  ///< lost to other packets
    std::uint32_t noise = 0;     ///< lost to noise: too weak, or a bit was wrong
    std::uint32_t bursts = 0;    ///< lost to Wi-Fi
    std::uint32_t deaf_tx = 0;   ///< strong enough, but the node itself was sending
    std::uint32_t deaf_scan = 0; ///< strong enough, but outside the scan window, or while switching
    std::uint32_t dropped = 0;   ///< frames refused by a full queue

    Counters& operator+=(const Counters& other);
};

/// All nodes together; wide enough for long runs.
struct Totals {
    std::uint64_t events = 0, packets = 0, received = 0, captured = 0, collided = 0, noise = 0,
                  bursts = 0, deaf_tx = 0, deaf_scan = 0, dropped = 0;
    std::uint64_t other_channel = 0; ///< the receiver listened on another of the three channels
    std::uint64_t checks = 0;        ///< pairs of packet and audible receiver that were looked at
    std::uint64_t queue_events = 0;  ///< events that the event queues have given out

    Totals& operator+=(const Counters& counters);
};

} // namespace torgo::radio
