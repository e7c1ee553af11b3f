#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "cli/command.hpp"
#include "head/rate_plan.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::cli {

/// What goes to heads behind onion services at most where nobody says otherwise, in bytes a second:
/// every byte crosses six or seven relays of volunteers. A restore is rare and urgent, so that way
/// there is no limit.
inline constexpr std::uint64_t default_onion_upload = 512_KiB;

/// How fast this program sends and receives, all its heads or peers together. Rates in bytes a
/// second, 0: no limit; nothing: not said.
struct Rates {
    std::optional<std::uint64_t> upload;
    std::optional<std::uint64_t> download;
    std::optional<head::DayWindow> off_peak;
    std::optional<std::uint64_t> off_peak_limit;

    /// A rate with the hours at which another holds.
    head::RatePlan plan(const std::optional<std::uint64_t>& rate) const;

    head::RatePlan up() const { return plan(upload); }

    head::RatePlan down() const { return plan(download); }
};

/// "500" is KiB a second; "500K", "2M", "1G" (also KiB, MiB, GiB); "none" or 0: no limit.
/// errors  `invalid_argument`, also for less than 16 KiB a second, as links would break
Result<std::uint64_t> parse_rate(std::string_view text);

Option rate_option(std::optional<std::uint64_t>& target, std::string name, std::string help);

/// Those of every command.
std::vector<Option> rate_options(Rates& rates);

} // namespace torgo::cli
