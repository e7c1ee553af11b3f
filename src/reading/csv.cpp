#include "reading/csv.hpp"

#include "crypto/hash.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace torgo::reading {

namespace {
struct Alias {
    std::string_view other;
    std::string_view name;
};

/// Names that monitors and data sets use; compared without case.
constexpr std::array<Alias, 29> aliases{{
    {"timestamp", "time"},
    {"datetime", "time"},
    {"ts", "time"},
    {"patient", "source"},
    {"patient_id", "source"},
    {"sensor", "source"},
    {"sensor_id", "source"},
    {"device", "source"},
    {"device_id", "source"},
    {"hr", "heart_rate"},
    {"heartrate", "heart_rate"},
    {"pulse", "heart_rate"},
    {"o2sat", "spo2"},
    {"spo2_pct", "spo2"},
    {"temp", "temperature"},
    {"temp_c", "temperature"},
    {"body_temperature", "temperature"},
    {"resp", "respiration"},
    {"rr", "respiration"},
    {"resp_rate", "respiration"},
    {"respiratory_rate", "respiration"},
    {"sbp", "systolic"},
    {"sys", "systolic"},
    {"bp_sys", "systolic"},
    {"dbp", "diastolic"},
    {"dia", "diastolic"},
    {"bp_dia", "diastolic"},
    {"rh", "humidity"},
    {"hpa", "pressure"},
}};

std::string canonical(std::string_view name) {
    std::string lower(name);
    for (auto& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const auto* const found = std::ranges::find(aliases, std::string_view(lower), &Alias::other);
    return found == aliases.end() ? lower : std::string(found->name);
}

std::unexpected<Error> wrong(std::size_t column, const std::string& what) {
    return fail(Errc::invalid_argument, "column " + std::to_string(column + 1) + ": " + what);
}

Result<std::vector<std::string_view>> split(std::string_view line) {
    if (line.size() > csv_line_max) return fail(Errc::invalid_argument, "the line is too long");
    std::vector<std::string_view> out;
    while (true) {
        const auto comma = line.find(',');
        out.push_back(line.substr(0, comma));
        if (out.size() > csv_columns_max)
            return fail(Errc::invalid_argument, "the line has too many columns");
        if (comma == std::string_view::npos) return out;
        line.remove_prefix(comma + 1);
    }
}

std::optional<std::uint8_t> field_of(const Profile& profile, std::string_view name) {
    const auto found = std::ranges::find(profile.fields, name, &Field::name);
    if (found == profile.fields.end()) return std::nullopt;
    return static_cast<std::uint8_t>(found - profile.fields.begin());
}

/// The smallest profile that has all these values.
const Profile* profile_for(const std::vector<std::string>& names) {
    const Profile* best = nullptr;
    for (const auto& profile : profiles()) {
        const bool has_all = std::ranges::all_of(names, [&](const std::string& name) {
            return name == "time" || name == "source" || field_of(profile, name).has_value();
        });
        if (has_all && (best == nullptr || profile.fields.size() < best->fields.size()))
            best = &profile;
    }
    return best;
}

bool is_known(std::string_view name) {
    return name == "time" || name == "source" ||
           std::ranges::any_of(profiles(), [&](const Profile& profile) {
               return field_of(profile, name).has_value();
           });
}

constexpr std::size_t hex_source_size = 16;
constexpr std::uint64_t decimal_source_max = 999'999'999'999'999;

std::optional<std::uint64_t> parse_source(std::string_view text) {
    const bool is_hex = text.size() == hex_source_size;
    std::uint64_t out = 0;
    const auto* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, out, is_hex ? 16 : 10);
    if (error != std::errc() || at != end || text.empty()) return std::nullopt;
    const bool upper = std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'F'; });
    // What fits the decimal form is written in it, so that each source has one spelling.
    if (is_hex ? upper || out <= decimal_source_max : out > decimal_source_max || out == 0)
        return std::nullopt;
    if (!is_hex && text[0] == '0') return std::nullopt;
    return out;
}

std::string print_source(std::uint64_t source) {
    if (source <= decimal_source_max) return std::to_string(source);
    std::array<char, hex_source_size> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), source, 16).ptr;
    const std::string digits(text.data(), end);
    return std::string(hex_source_size - digits.size(), '0') + digits;
}

/// [READING-20] What other programs put around rows is named, as nobody sees it.
Result<> check_encoding(std::string_view line) {
    if (line.starts_with("\xEF\xBB\xBF"))
        return fail(Errc::invalid_argument,
                    "a byte order mark: save the file as UTF-8 without one");
    if (line.ends_with('\r'))
        return fail(Errc::invalid_argument,
                    "ends with a carriage return: save the file with line feeds alone (dos2unix)");
    return {};
}
} // namespace

bool CsvLayout::has_source() const noexcept {
    return std::ranges::any_of(places, [](const auto& p) { return p.column == Column::source; });
}

CsvLayout CsvLayout::standard(const Profile& profile) {
    CsvLayout out{.profile = &profile, .places = {}};
    out.places.push_back({.column = Column::time, .field = 0, .name = "time"});
    out.places.push_back({.column = Column::source, .field = 0, .name = "source"});
    for (std::uint8_t i = 0; i < profile.fields.size(); ++i)
        out.places.push_back(
            {.column = Column::value, .field = i, .name = std::string(profile.fields[i].name)});
    return out;
}

Result<CsvLayout> parse_csv_header(std::string_view line) {
    TRY(const auto texts, split(line));
    std::vector<std::string> names;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto name = canonical(texts[i]);
        if (!is_known(name))
            return wrong(i, "\"" + std::string(texts[i]) + "\" is no value that is known");
        if (std::ranges::find(names, name) != names.end()) return wrong(i, name + " comes twice");
        names.push_back(std::move(name));
    }
    CsvLayout out{.profile = profile_for(names), .places = {}};
    if (out.profile == nullptr)
        return fail(Errc::invalid_argument, "no profile has all these columns");
    if (std::ranges::find(names, "time") == names.end())
        return fail(Errc::invalid_argument, "no column has the time");
    for (std::size_t i = 0; i < names.size(); ++i) {
        CsvLayout::Place place{
            .column = CsvLayout::Column::value, .field = 0, .name = std::string(texts[i])};
        if (names[i] == "time")
            place.column = CsvLayout::Column::time;
        else if (names[i] == "source")
            place.column = CsvLayout::Column::source;
        else
            place.field = field_of(*out.profile, names[i]).value_or(0);
        out.places.push_back(std::move(place));
    }
    if (out.places.size() < 2 || (out.places.size() == 2 && out.has_source()))
        return fail(Errc::invalid_argument, "no column has a value");
    return out;
}

std::string print_csv_header(const CsvLayout& layout) {
    std::string out;
    for (const auto& place : layout.places)
        out += (out.empty() ? "" : ",") + place.name;
    return out;
}

Result<Reading> parse_csv_row(std::string_view line, const CsvLayout& layout) {
    TRY(const auto texts, split(line));
    if (texts.size() != layout.places.size())
        return wrong(texts.size() - 1, std::to_string(texts.size()) + " columns, not " +
                                           std::to_string(layout.places.size()));
    Reading out;
    out.profile = layout.profile->id;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto& place = layout.places[i];
        if (place.column == CsvLayout::Column::time) {
            const auto time = parse_moment(texts[i]);
            if (!time) return wrong(i, time.error().detail());
            out.time = *time;
        } else if (place.column == CsvLayout::Column::source) {
            const auto source = parse_source(texts[i]);
            if (!source) return wrong(i, "not a source's number");
            out.source = *source;
        } else if (!texts[i].empty()) {
            const auto value = parse_decimal(texts[i]);
            if (!value) return wrong(i, value.error().detail());
            out.values[place.field] = *value;
        }
    }
    return out;
}

std::string print_csv_row(const Reading& reading, const CsvLayout& layout) {
    std::string out;
    bool first = true;
    for (const auto& place : layout.places) {
        if (!std::exchange(first, false)) out += ',';
        if (place.column == CsvLayout::Column::time)
            out += print(reading.time);
        else if (place.column == CsvLayout::Column::source)
            out += print_source(reading.source);
        else if (const auto& value = reading.values[place.field])
            out += print(*value);
    }
    return out;
}

Result<CsvTable> parse_csv(std::string_view text, std::size_t rows_max) {
    CsvTable out;
    for (std::size_t line = 1; !text.empty(); ++line) {
        const auto end = text.find('\n');
        const auto where = "line " + std::to_string(line);
        if (end == std::string_view::npos)
            return fail(Errc::invalid_argument, where + ": the last line does not end");
        const auto content = text.substr(0, end);
        text.remove_prefix(end + 1);
        CHECK_OK_WITH(where, check_encoding(content));
        if (line == 1) {
            auto layout = parse_csv_header(content);
            if (!layout) return std::unexpected(std::move(layout).error().with(where));
            out.layout = std::move(*layout);
            continue;
        }
        if (out.rows.size() == rows_max) return fail(Errc::limit_exceeded, "too many rows");
        auto row = parse_csv_row(content, out.layout);
        if (!row) return std::unexpected(std::move(row).error().with(where));
        out.rows.push_back(std::move(*row));
    }
    if (out.layout.profile == nullptr) return fail(Errc::invalid_argument, "line 1: no header");
    return out;
}

Digest row_hash(std::string_view line) {
    return crypto::sha256(as_bytes(line));
}

} // namespace torgo::reading
