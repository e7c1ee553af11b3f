#pragma once

#include "uplink/feed.hpp"

#include <cstdint>
#include <string>

// Files of measurements for tests.
namespace torgo::uplink {

/// A monitor's file: one row a second, with a gap, odd digits and missing values here and there.
inline std::string monitor_csv(std::size_t rows, std::uint64_t from = 0) {
    std::string out = "time,heart_rate,spo2,temperature\n";
    for (std::uint64_t i = from; i < from + rows; ++i) {
        const auto second = i + (i > 40 ? 9 : 0);
        const reading::Moment time{
            .ns = (1'767'225'600 + static_cast<std::int64_t>(second)) * 1'000'000'000, .digits = 0};
        out += reading::print(time) + "," + std::to_string(60 + i * 7 % 40) + ",";
        if (i % 31 != 3) out += std::to_string(94 + i % 6);
        out += i % 29 == 5 ? ",36.60\n" : ",36." + std::to_string(i % 10) + "\n";
    }
    return out;
}

} // namespace torgo::uplink
