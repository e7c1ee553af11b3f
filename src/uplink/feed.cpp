#include "uplink/feed.hpp"

#include "reading/fhir.hpp"

#include <algorithm>
#include <utility>

namespace torgo::uplink {

namespace {
/// The commonest distance of two readings of one source and profile, and how often it was seen.
struct Distances {
    std::int64_t last_ns = -1;
    std::map<std::int64_t, std::size_t> seen;

    std::int64_t commonest() const {
        const auto most =
            std::ranges::max_element(seen, {}, [](const auto& one) { return one.second; });
        return most == seen.end() ? 0 : most->first;
    }
};

std::pair<std::uint64_t, std::uint8_t> kind_of(const Row& row) {
    return {row.reading.source, row.slot};
}
} // namespace

Result<Feed> Feed::parse(std::string_view text, std::uint64_t source) {
    Feed out;
    out.m_is_csv = !text.starts_with('{');
    CHECK_OK(out.m_is_csv ? out.parse_csv(text, source) : out.parse_fhir(text));
    out.find_periods();
    return out;
}

Result<> Feed::parse_csv(std::string_view text, std::uint64_t source) {
    TRY(auto table, reading::parse_csv(text, rows_max));
    m_layout = std::move(table.layout);
    for (auto& one : table.rows) {
        if (!m_layout.has_source()) one.source = source;
        add(std::move(one));
    }
    return {};
}

Result<> Feed::parse_fhir(std::string_view text) {
    reading::FhirCounts counts;
    for (std::size_t line = 1; !text.empty(); ++line) {
        const auto end = text.find('\n');
        auto readings = reading::parse_fhir_line(text.substr(0, end), counts);
        if (!readings)
            return fail(Errc::invalid_argument,
                        "line " + std::to_string(line) + ": " + readings.error().detail());
        for (auto& one : *readings)
            add(std::move(one));
        if (m_rows.size() > rows_max) return fail(Errc::limit_exceeded, "too many rows");
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    m_left_out = std::move(counts.left_out);
    return {};
}

void Feed::add(reading::Reading reading) {
    if (!std::ranges::contains(m_sources, reading.source)) m_sources.push_back(reading.source);
    Row row;
    row.slot = static_cast<std::uint8_t>(reading.profile - 1);
    row.hash = hash_of(reading);
    row.reading = std::move(reading);
    m_rows.push_back(std::move(row));
}

void Feed::find_periods() {
    std::map<std::pair<std::uint64_t, std::uint8_t>, Distances> distances;
    for (const auto& row : m_rows) {
        auto& place = distances[kind_of(row)];
        const auto ns = row.reading.time.ns;
        if (place.last_ns >= 0 && ns > place.last_ns) ++place.seen[ns - place.last_ns];
        place.last_ns = ns;
    }
    for (auto& row : m_rows) {
        const auto period = distances[kind_of(row)].commonest();
        const auto unit = reading::unit_of(row.reading.time.digits);
        row.period_ns = period % unit == 0 ? period : 0;
    }
}

Digest Feed::hash_of(const reading::Reading& reading) const {
    if (m_is_csv) return reading::row_hash(reading::print_csv_row(reading, m_layout));
    return reading::row_hash(reading::print_fhir_lines(reading));
}

} // namespace torgo::uplink
