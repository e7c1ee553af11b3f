#include "radio/phy.hpp"

#include "radio/chance.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace torgo::radio {

double normal(std::uint64_t bits, double limit) {
    const auto u = 1 - unit(mix(bits, 1)); // never 0
    const auto angle = 2 * std::numbers::pi * unit(mix(bits, 2));
    return std::clamp(std::sqrt(-2 * std::log(u)) * std::cos(angle), -limit, limit);
}

double bit_error(double snr_db) {
    return 0.5 * std::exp(-to_mw(snr_db) / 2);
}

double packet_error(double snr_db, std::size_t advertising_data) {
    // The preamble may be damaged; all else must be right.
    const auto bits = static_cast<double>(air_time(advertising_data)) - 8;
    return -std::expm1(bits * std::log1p(-bit_error(snr_db)));
}

double snr_for(double error, std::size_t advertising_data) {
    double low = -20;
    double high = 40;
    for (int i = 0; i < 60; ++i) {
        const auto middle = (low + high) / 2;
        (packet_error(middle, advertising_data) > error ? low : high) = middle;
    }
    return high;
}

double clear_of(const Bursts& bursts, Time air) {
    if (bursts.duty <= 0) return 1;
    const auto pause = bursts.length_us * (1 - bursts.duty) / bursts.duty;
    return (1 - bursts.duty) * std::exp(-static_cast<double>(air) / pause);
}

double to_mw(double dbm) {
    return std::pow(10, dbm / 10);
}

double to_db(double ratio) {
    return 10 * std::log10(ratio);
}

} // namespace torgo::radio
