#pragma once

#include "radio/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

// The physical layer: Bluetooth LE 1M on the three advertising channels.
namespace torgo::radio {

inline constexpr unsigned channel_count = 3; ///< 37, 38, 39 are 0, 1, 2 here
inline constexpr std::size_t advertising_data_max = 31;

/// Preamble, access address, header, advertiser's address, data, CRC; 8 µs a byte.
constexpr Time air_time(std::size_t advertising_data) {
    return (1 + 4 + 2 + 6 + advertising_data + 3) * 8;
}

/// Wi-Fi (or a microwave oven) on one channel: bursts with exponentially distributed pauses,
/// independent at every receiver. A packet that a burst touches is lost.
struct Bursts {
    double duty = 0;         ///< share of the time, 0 to below 1
    double length_us = 1000; ///< of one burst
};

struct Phy {
    double noise_floor_dbm = -105; ///< thermal noise of 1 MHz and a noise figure of 9 dB
    double loss_at_1m_db = 40.2;   ///< free space at 2.44 GHz
    double exponent = 3.0;         ///< of the distance: 2 in the open, 3 to 4 indoors
    double shadowing_db = 4;       ///< deviation of the log-normal shadowing; fixed for each pair
    double floor_loss_db = 15;     ///< for each floor between two nodes
    /// How much stronger than all others a packet must be to survive them.
    double capture_db = 8;
    bool capture = true;       ///< false: whatever overlaps is lost
    bool capture_late = false; ///< a receiver leaves a packet for a stronger one that starts later
    /// The shortest time from knowing what to send to the start of its first packet: what a host
    /// and its controller need. Also how far the parts of a run may drift apart in virtual time.
    Time turnaround = 500;
    std::array<Bursts, channel_count> bursts{};
};

/// Below this signal to noise no receiver finds the start of a packet.
inline constexpr double lock_snr_db = 6;

/// Chance of a wrong bit: non-coherent FSK, ½·exp(−γ/2). It is 10⁻³, where Bluetooth defines the
/// sensitivity, at 10.9 dB.
double bit_error(double snr_db);

/// Chance that a packet with so much advertising data has a wrong bit.
double packet_error(double snr_db, std::size_t advertising_data);

/// The signal to noise at which packet_error() falls to `error`.
double snr_for(double error, std::size_t advertising_data);

/// Chance that no burst touches a packet that lasts `air` microseconds.
double clear_of(const Bursts& bursts, Time air);

double to_mw(double dbm);
double to_db(double ratio);

} // namespace torgo::radio
