#pragma once

#include "reading/reading.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace torgo::reading {

/// One value of a profile and how it is packed: mantissa = offset + step * q, q in `bits` bits of
/// which all ones mean that the value is missing.
struct Field {
    std::string_view name;
    std::string_view unit; ///< UCUM
    std::string_view loinc;
    std::uint8_t digits = 0; ///< of offset, step and every packed value
    std::int64_t offset = 0;
    std::int64_t step = 1;
    std::uint8_t bits = 0;

    std::uint32_t missing() const noexcept { return (1U << bits) - 1; }

    /// The q of a value; nothing where the field cannot give back exactly this value.
    std::optional<std::uint32_t> quantise(const std::optional<Decimal>& value) const noexcept;

    /// Nothing for missing().
    std::optional<Decimal> expand(std::uint32_t q) const noexcept;
};

inline constexpr unsigned packed_bits = 24;
using Packed = std::array<std::uint8_t, 3>;

/// Which values a reading has. Numbers are stable. (docs/spec/readings.md 2)
struct Profile {
    std::uint8_t id = 0;
    std::string_view name;
    std::span<const Field> fields;

    unsigned bits() const noexcept;

    /// Whether its readings can be packed at all.
    bool is_small() const noexcept { return bits() <= packed_bits; }

    /// The values in 24 bits; nothing where they would not come back exactly. [READING-6]
    std::optional<Packed> pack(const Reading& reading) const noexcept;

    /// Fills in profile and values.
    void unpack(const Packed& packed, Reading& reading) const noexcept;
};

std::span<const Profile> profiles() noexcept;

const Profile* find_profile(std::uint8_t id) noexcept;
const Profile* find_profile(std::string_view name) noexcept;

} // namespace torgo::reading
