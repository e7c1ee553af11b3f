#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string_view>

/// Times and durations as people type them.
namespace torgo::cli {

/// "2027-01-31" (the beginning of that day), "2027-01-31T12:00:00Z": UTC, in nanoseconds since
/// 1970. errors  `invalid_argument`
Result<std::int64_t> parse_moment(std::string_view text);

/// "12h", "30d", "6w", "1y" (365 days), in nanoseconds; 1 hour to 100 years.
/// errors  `invalid_argument`
Result<std::int64_t> parse_span(std::string_view text);

/// The moment that --until or --for mean; `both_empty` where neither is given.
/// errors  `invalid_argument`, also for both, and for what is past
Result<std::int64_t> moment_of(std::string_view until, std::string_view span, std::int64_t now_ns,
                               std::int64_t both_empty);

} // namespace torgo::cli
