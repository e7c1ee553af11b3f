#pragma once

#include "mesh/buffer.hpp"
#include "mesh/time.hpp"

#include <cstdint>
#include <optional>

// How patiently segments are sent and acknowledged (Mesh Protocol 1.1, 4.2.47 to 4.2.59). The
// defaults are the standard's.
namespace torgo::mesh {

/// SAR Transmitter. Fields are the states' own codes of 4 bits.
struct SarTransmitter {
    std::uint8_t segment_interval_step = 5;
    std::uint8_t unicast_retransmissions = 2;
    std::uint8_t unicast_without_progress = 2;
    std::uint8_t unicast_interval_step = 7;
    std::uint8_t unicast_interval_increment = 1;
    std::uint8_t multicast_retransmissions = 2;
    std::uint8_t multicast_interval_step = 9;

    Time segment_interval() const { return 10 * milliseconds(segment_interval_step); }

    Time unicast_interval(std::uint8_t ttl) const {
        const auto hops = ttl == 0 ? 0 : ttl - 1;
        return 25 * (milliseconds(unicast_interval_step) +
                     hops * milliseconds(unicast_interval_increment));
    }

    Time multicast_interval() const { return 25 * milliseconds(multicast_interval_step); }

    bool operator==(const SarTransmitter&) const = default;

private:
    static Time milliseconds(std::uint8_t step) { return std::chrono::milliseconds(step + 1); }
};

/// SAR Receiver.
struct SarReceiver {
    std::uint8_t segments_threshold = 3;    ///< 5 bits
    std::uint8_t ack_delay_increment = 1;   ///< 3 bits
    std::uint8_t discard_timeout = 1;       ///< 4 bits
    std::uint8_t segment_interval_step = 5; ///< 4 bits
    std::uint8_t ack_retransmissions = 0;   ///< 2 bits

    Time discard_after() const { return std::chrono::seconds(5 * (discard_timeout + 1)); }

    Time segment_interval() const {
        return std::chrono::milliseconds(10 * (segment_interval_step + 1));
    }

    /// From the last new segment of a message of seg_n + 1 segments to its acknowledgment.
    Time ack_delay(std::uint8_t seg_n) const {
        const auto halves = std::min(2 * seg_n + 1, 2 * ack_delay_increment + 3);
        return segment_interval() * halves / 2;
    }

    bool operator==(const SarReceiver&) const = default;
};

/// As they go over the air (4.3.12).
Buffer<4> encode(const SarTransmitter& states);
std::optional<SarTransmitter> decode_sar_transmitter(ByteView bytes);
Buffer<3> encode(const SarReceiver& states);
std::optional<SarReceiver> decode_sar_receiver(ByteView bytes);

} // namespace torgo::mesh
