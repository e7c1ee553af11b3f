#include "reading/profile.hpp"

#include <algorithm>

namespace torgo::reading {

namespace {
constexpr Field heart_rate{"heart_rate", "/min", "8867-4", 0, 0, 1, 8};
constexpr Field spo2{"spo2", "%", "59408-5", 0, 0, 1, 7};
constexpr Field body_temperature{"temperature", "Cel", "8310-5", 1, 250, 1, 9};
constexpr Field respiration{"respiration", "/min", "9279-1", 0, 0, 1, 7};
constexpr Field systolic{"systolic", "mm[Hg]", "8480-6", 0, 0, 1, 9};
constexpr Field diastolic{"diastolic", "mm[Hg]", "8462-4", 0, 0, 1, 8};
constexpr Field room_temperature{"temperature", "Cel", "", 1, -400, 1, 10};
constexpr Field humidity{"humidity", "%", "", 1, 0, 1, 10};
constexpr Field co2{"co2", "[ppm]", "", 0, 0, 1, 14};
constexpr Field pressure{"pressure", "hPa", "", 1, 0, 1, 14};

constexpr std::array vitals{heart_rate, spo2, body_temperature, respiration, systolic, diastolic};
constexpr std::array pulse{heart_rate, spo2, body_temperature};
constexpr std::array breath{respiration, systolic, diastolic};
constexpr std::array room{room_temperature, humidity, co2, pressure};
constexpr std::array air{room_temperature, co2};
constexpr std::array weather{humidity, pressure};

/// [READING-5]
constexpr std::array<Profile, 6> all{{
    {.id = 1, .name = "vitals", .fields = vitals},
    {.id = 2, .name = "vitals-pulse", .fields = pulse},
    {.id = 3, .name = "vitals-breath", .fields = breath},
    {.id = 4, .name = "room", .fields = room},
    {.id = 5, .name = "room-air", .fields = air},
    {.id = 6, .name = "room-weather", .fields = weather},
}};
} // namespace

std::optional<Moment> Line::at(std::uint64_t other) const noexcept {
    if (other < number) return std::nullopt;
    const auto steps = other - number;
    const auto room_left = static_cast<std::uint64_t>(moment_max - time.ns);
    if (period_ns != 0 && steps >= room_left / static_cast<std::uint64_t>(period_ns))
        return std::nullopt;
    return Moment{.ns = time.ns + static_cast<std::int64_t>(steps) * period_ns,
                  .digits = time.digits};
}

std::optional<std::uint32_t> Field::quantise(const std::optional<Decimal>& value) const noexcept {
    if (!value) return missing();
    if (value->digits != digits || value->mantissa < offset) return std::nullopt;
    const auto above =
        static_cast<std::uint64_t>(value->mantissa) - static_cast<std::uint64_t>(offset);
    const auto width = static_cast<std::uint64_t>(step);
    if (above % width != 0 || above / width >= missing()) return std::nullopt;
    return static_cast<std::uint32_t>(above / width);
}

std::optional<Decimal> Field::expand(std::uint32_t q) const noexcept {
    if (q >= missing()) return std::nullopt;
    return Decimal{.mantissa = offset + step * std::int64_t{q}, .digits = digits};
}

unsigned Profile::bits() const noexcept {
    unsigned sum = 0;
    for (const auto& field : fields)
        sum += field.bits;
    return sum;
}

std::optional<Packed> Profile::pack(const Reading& reading) const noexcept {
    if (!is_small() || reading.quality != Quality::good) return std::nullopt;
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto q = fields[i].quantise(reading.values[i]);
        if (!q) return std::nullopt;
        word = word << fields[i].bits | *q;
    }
    word <<= packed_bits - bits();
    return Packed{static_cast<std::uint8_t>(word >> 16U), static_cast<std::uint8_t>(word >> 8U),
                  static_cast<std::uint8_t>(word)};
}

void Profile::unpack(const Packed& packed, Reading& reading) const noexcept {
    const auto word = std::uint32_t{packed[0]} << 16U | std::uint32_t{packed[1]} << 8U | packed[2];
    auto left = packed_bits;
    reading.profile = id;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        left -= fields[i].bits;
        reading.values[i] = fields[i].expand(word >> left & fields[i].missing());
    }
}

std::span<const Profile> profiles() noexcept {
    return all;
}

const Profile* find_profile(std::uint8_t id) noexcept {
    const auto* const found = std::ranges::find(all, id, &Profile::id);
    return found == all.end() ? nullptr : found;
}

const Profile* find_profile(std::string_view name) noexcept {
    const auto* const found = std::ranges::find(all, name, &Profile::name);
    return found == all.end() ? nullptr : found;
}

} // namespace torgo::reading
