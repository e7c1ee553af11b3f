#pragma once

#include "radio/devices.hpp"
#include "radio/field.hpp"
#include "radio/phy.hpp"
#include "radio/traffic.hpp"

#include <array>
#include <vector>

namespace torgo::radio {

/// What all shards of a run read. It changes only while none of them runs.
struct Shared {
    /// A profile's scanning in numbers that the inner loop can use at once.
    struct Scan {
        std::uint32_t interval, cycle, window, blind;
    };

    /// What a sender's power makes of a link's level.
    struct Power {
        std::array<float, 256> mw{};         ///< at the receiver
        std::uint8_t lock_level = 0;         ///< the weakest level that a receiver can find
        bool can_lock = true;                ///< false: not even the strongest
        std::array<std::uint8_t, 256> snr{}; ///< index into `error`
    };

    Shared(Field& the_field, Devices& the_devices, std::vector<Flow> the_flows);

    /// Raises the noise everywhere, by 0 or more dB.
    void set_noise_rise(double db);

    std::size_t shards() const { return first.size() - 1; }

    std::size_t shard_of(NodeId node) const;

    Field& field;
    Devices& devices;
    std::vector<Flow> flows;
    std::vector<std::uint8_t> alive;
    std::vector<Scan> scans;
    std::vector<Power> powers; ///< by profile of the sender
    std::array<std::array<float, 256>, advertising_data_max + 1> error{}; ///< by length and SNR
    std::array<std::array<float, advertising_data_max + 1>, channel_count> clear{};
    bool has_bursts = false;
    float capture_ratio = 1;
    std::vector<NodeId> first; ///< of each shard, and one past the last
    Time next_change = 0;      ///< of the field, or later; links are as they are until then
};

} // namespace torgo::radio
