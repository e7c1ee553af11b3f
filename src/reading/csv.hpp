#pragma once

#include "base/error.hpp"
#include "base/id.hpp"
#include "reading/profile.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Readings as lines of text with commas (docs/spec/readings.md 7).
namespace torgo::reading {

inline constexpr std::size_t csv_line_max = 1024;
inline constexpr std::size_t csv_columns_max = 16;

/// What the columns of a file hold, and how they are called there.
struct CsvLayout {
    enum class Column : std::uint8_t { time, source, value };

    struct Place {
        Column column{};
        std::uint8_t field = 0; ///< of a value
        std::string name;       ///< as in the file
    };

    const Profile* profile = nullptr;
    std::vector<Place> places;

    bool has_source() const noexcept;

    /// time, source and the profile's own names.
    static CsvLayout standard(const Profile& profile);
};

/// Reads a header; names may be those of the profiles or common others (hr, temp_c, sys, …). The
/// profile is the smallest that has all values. errors  `invalid_argument`, with the column
Result<CsvLayout> parse_csv_header(std::string_view line);

std::string print_csv_header(const CsvLayout& layout);

/// A row: its reading has no number yet, and source 0 where the file names none. A source is 16
/// hexadecimal digits, or a decimal number without leading zeros of at most 15.
///
/// errors  `invalid_argument`, with column; everything that print_csv_row would not give back
///         byte for byte
Result<Reading> parse_csv_row(std::string_view line, const CsvLayout& layout);

/// The line without its end. parse_csv_row and this are each other's inverse. [READING-20]
std::string print_csv_row(const Reading& reading, const CsvLayout& layout);

struct CsvTable {
    CsvLayout layout;
    std::vector<Reading> rows;
};

/// A whole file: a header, rows, each ended by one line feed. errors  `invalid_argument`, with line
/// and column; `limit_exceeded` for more than `rows_max`
Result<CsvTable> parse_csv(std::string_view text, std::size_t rows_max);

/// Names a row for the proof that none is lost, doubled or changed: SHA-256 of the line.
Digest row_hash(std::string_view line);

} // namespace torgo::reading
