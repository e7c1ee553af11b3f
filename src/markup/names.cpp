#include "markup/names.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace torgo::markup {

namespace {

constexpr std::string_view urn_prefix = "urn:uuid:";
constexpr std::string_view hash_prefix = "sha256:";
constexpr std::string_view origin_prefix = "torgo:peer:";
constexpr std::string_view none = "none";
constexpr std::array<std::size_t, 4> dashes{8, 13, 18, 23}; ///< in the text of a UUID
constexpr std::size_t uuid_text = 36;
constexpr std::string_view time_form = "dddd-dd-ddTdd:dd:dd.dddddddddZ";
constexpr std::int64_t second_ns = 1'000'000'000;

template <class IdType>
Result<IdType> id_of(std::string_view hex, std::string_view what) {
    auto id = IdType::parse(hex);
    if (!id) return fail(Errc::corrupt, std::string(what) + " of a wrong form");
    return id;
}

bool fits_form(std::string_view text) {
    if (text.size() != time_form.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (time_form[i] == 'd' ? !digit : text[i] != time_form[i]) return false;
    }
    return true;
}

/// in  digits only
std::int64_t number_at(std::string_view text, std::size_t at, std::size_t size) {
    std::int64_t value = 0;
    std::from_chars(text.data() + at, text.data() + at + size, value);
    return value;
}

} // namespace

std::string urn_of(const Uuid& id) {
    auto hex = id.hex();
    for (const auto at : dashes)
        hex.insert(at, 1, '-');
    return std::string(urn_prefix) + hex;
}

Result<Uuid> parse_urn(std::string_view text) {
    if (!text.starts_with(urn_prefix) || text.size() != urn_prefix.size() + uuid_text)
        return fail(Errc::corrupt, "an id that is no UUID");
    std::string hex(text.substr(urn_prefix.size()));
    for (auto at = dashes.rbegin(); at != dashes.rend(); ++at) {
        if (hex[*at] != '-') return fail(Errc::corrupt, "an id that is no UUID");
        hex.erase(*at, 1);
    }
    return id_of<Uuid>(hex, "an id");
}

std::string hash_text(const Digest& digest) {
    return digest.is_zero() ? std::string(none) : std::string(hash_prefix) + digest.hex();
}

Result<Digest> parse_hash(std::string_view text) {
    if (text == none) return Digest{};
    if (!text.starts_with(hash_prefix)) return fail(Errc::corrupt, "a hash of an unknown form");
    return id_of<Digest>(text.substr(hash_prefix.size()), "a hash");
}

std::string origin_of(const PeerId& author) {
    return std::string(origin_prefix) + author.hex();
}

Result<PeerId> parse_origin(std::string_view text) {
    if (!text.starts_with(origin_prefix)) return fail(Errc::corrupt, "an origin that is no peer");
    return id_of<PeerId>(text.substr(origin_prefix.size()), "an origin");
}

std::string time_text(std::int64_t wall_ns) {
    using namespace std::chrono;
    auto seconds_part = wall_ns / second_ns;
    auto rest = wall_ns % second_ns;
    if (rest < 0) {
        rest += second_ns;
        --seconds_part;
    }
    const sys_seconds moment{seconds{seconds_part}};
    const auto day = floor<days>(moment);
    const year_month_day date{day};
    const hh_mm_ss time{moment - day};
    std::array<char, 64> out{};
    const auto size =
        std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%09dZ",
                      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                      static_cast<int>(time.minutes().count()),
                      static_cast<int>(time.seconds().count()), static_cast<int>(rest));
    return {out.data(), static_cast<std::size_t>(size)};
}

Result<std::int64_t> parse_time(std::string_view text) {
    using namespace std::chrono;
    const auto wrong = fail(Errc::corrupt, "a time of a wrong form");
    if (!fits_form(text)) return wrong;
    const auto part = [&](std::size_t at, std::size_t size) {
        return number_at(text, at, size);
    };
    const year_month_day date{year{static_cast<int>(part(0, 4))},
                              month{static_cast<unsigned>(part(5, 2))},
                              day{static_cast<unsigned>(part(8, 2))}};
    constexpr int least_year = 1678; // what 64 bits of nanoseconds hold whole
    constexpr int most_year = 2261;
    const auto year_number = static_cast<int>(date.year());
    if (!date.ok() || year_number < least_year || year_number > most_year) return wrong;
    if (part(11, 2) > 23 || part(14, 2) > 59 || part(17, 2) > 59) return wrong;
    const auto since = sys_days{date}.time_since_epoch() + hours{part(11, 2)} +
                       minutes{part(14, 2)} + seconds{part(17, 2)};
    return duration_cast<seconds>(since).count() * second_ns + part(20, 9);
}

} // namespace torgo::markup
