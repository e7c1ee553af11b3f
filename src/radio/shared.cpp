#include "radio/shared.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace torgo::radio {

namespace {

/// `error` has a place for each quarter of a dB from here on.
constexpr double snr_min_db = -10;
constexpr double snr_steps_a_db = 4;

} // namespace

Shared::Shared(Field& the_field, Devices& the_devices, std::vector<Flow> the_flows)
    : field(the_field),
      devices(the_devices),
      flows(std::move(the_flows)),
      alive(the_field.size(), 1) {
    for (const auto& profile : field.profiles()) {
        const auto interval = static_cast<std::uint32_t>(profile.scan_interval);
        scans.push_back({interval, 3 * interval, static_cast<std::uint32_t>(profile.scan_window),
                         static_cast<std::uint32_t>(profile.blind)});
    }
    for (std::size_t size = 0; size <= advertising_data_max; ++size) {
        for (std::size_t i = 0; i < error[size].size(); ++i) {
            const auto snr = snr_min_db + static_cast<double>(i) / snr_steps_a_db;
            error[size][i] = static_cast<float>(packet_error(snr, size));
        }
        for (std::size_t channel = 0; channel < channel_count; ++channel)
            clear[channel][size] =
                static_cast<float>(clear_of(field.phy().bursts[channel], air_time(size)));
    }
    has_bursts = std::ranges::any_of(field.phy().bursts, [](const auto& b) { return b.duty > 0; });
    capture_ratio = field.phy().capture ? static_cast<float>(to_mw(field.phy().capture_db))
                                        : std::numeric_limits<float>::infinity();
    set_noise_rise(0);
}

void Shared::set_noise_rise(double db) {
    powers.clear();
    for (const auto& profile : field.profiles()) {
        Power power;
        power.can_lock = false;
        for (std::size_t level = 0; level < power.mw.size(); ++level) {
            const auto rssi =
                profile.tx_power_dbm - Link::loss_min_db - static_cast<double>(level) * 0.5;
            const auto snr = rssi - field.phy().noise_floor_dbm - db;
            power.mw[level] = static_cast<float>(to_mw(rssi));
            power.snr[level] = static_cast<std::uint8_t>(
                std::clamp(std::round((snr - snr_min_db) * snr_steps_a_db), 0.0, 255.0));
            if (snr >= lock_snr_db) {
                power.lock_level = static_cast<std::uint8_t>(level);
                power.can_lock = true;
            }
        }
        powers.push_back(power);
    }
}

std::size_t Shared::shard_of(NodeId node) const {
    const auto after = std::ranges::upper_bound(first, node);
    return static_cast<std::size_t>(after - first.begin()) - 1;
}

} // namespace torgo::radio
