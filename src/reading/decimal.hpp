#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace torgo::reading {

/// A decimal number as it was written: 36.60 is not 36.6.
struct Decimal {
    std::int64_t mantissa = 0;
    std::uint8_t digits = 0; ///< after the point

    bool operator==(const Decimal&) const = default;
};

inline constexpr std::size_t decimal_digits_max = 18; ///< in all; a mantissa of them fits 64 bits

/// Only the one spelling that print() gives back: no plus, no leading zeros, no exponent, no minus
/// before zero. [READING-2]
///
/// errors  `invalid_argument`
Result<Decimal> parse_decimal(std::string_view text);

std::string print(const Decimal& value);

/// Whether print() gives a spelling that parse_decimal takes back as the same.
bool is_valid(const Decimal& value) noexcept;

/// A moment and how many digits of a second it was told with.
struct Moment {
    std::int64_t ns = 0; ///< since 1970-01-01T00:00:00Z
    std::uint8_t digits = 0;

    bool operator==(const Moment&) const = default;
};

inline constexpr std::uint8_t moment_digits_max = 9;
inline constexpr std::int64_t moment_max = 7'258'118'400'000'000'000; ///< 2200-01-01T00:00:00Z

/// Nanoseconds of the last digit.
std::int64_t unit_of(std::uint8_t digits) noexcept;

bool is_valid(const Moment& moment) noexcept;

/// RFC 3339 in UTC: 2026-11-22T19:06:45Z, with 0 to 9 digits of a second; 1970 to 2199. With
/// `offsets` also +01:00 instead of Z, which print() does not give back.
///
/// errors  `invalid_argument`
Result<Moment> parse_moment(std::string_view text, bool offsets = false);

std::string print(const Moment& moment);

} // namespace torgo::reading
