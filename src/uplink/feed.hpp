#pragma once

#include "base/id.hpp"
#include "reading/csv.hpp"
#include "reading/plan.hpp"
#include "reading/reading.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace torgo::uplink {

inline constexpr std::size_t rows_max = 1'000'000;
inline constexpr std::size_t feed_size_max = 256_MiB;

/// One row of a file, as a sensor sends it.
struct Row {
    reading::Reading reading; ///< with its source, without its number
    std::uint8_t slot = 0;
    std::int64_t period_ns = 0; ///< to the next number's time, where that is known; else 0
    Digest hash;                ///< of the line as it stands in the file, or as it is printed
};

/// A file of measurements as rows to send: CSV (docs/spec/readings.md 7) or FHIR Observations, one
/// a line (8).
class Feed {
public:
    /// in      `source` for files that name none
    /// errors  `invalid_argument` with line and column; `limit_exceeded`
    static Result<Feed> parse(std::string_view text, std::uint64_t source);

    const std::vector<Row>& rows() const noexcept { return m_rows; }

    /// In the order in which they come first.
    const std::vector<std::uint64_t>& sources() const noexcept { return m_sources; }

    /// Lines of FHIR that no reading has a place for, by what was left out.
    const std::map<std::string, std::uint64_t>& left_out() const noexcept { return m_left_out; }

    /// The hash of a reading that came back, to be compared with Row::hash.
    Digest hash_of(const reading::Reading& reading) const;

private:
    Result<> parse_csv(std::string_view text, std::uint64_t source);
    Result<> parse_fhir(std::string_view text);
    void add(reading::Reading reading);
    void find_periods();

    bool m_is_csv = true;
    reading::CsvLayout m_layout;
    std::vector<Row> m_rows;
    std::vector<std::uint64_t> m_sources;
    std::map<std::string, std::uint64_t> m_left_out;
};

} // namespace torgo::uplink
