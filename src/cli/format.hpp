#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// How numbers, times and names look to people. JSON has its own, exact forms (json.hpp).
namespace torgo::cli {

/// "0 B", "512 B", "1.50 KiB", "12.3 MiB", "4.00 GiB": three digits, binary units.
std::string size_text(std::uint64_t bytes);

/// "1,234,567".
std::string count_text(std::uint64_t count);

/// "1,234 files", "1 file".
std::string plural(std::uint64_t count, std::string_view one, std::string_view many);

/// "0:07", "12:34", "1:02:03". Negative counts as zero.
std::string duration_text(std::int64_t duration_ns);

/// Local time, "2025-03-09 14:05:59".
std::string local_time(std::int64_t wall_ns);

/// RFC 3339 in UTC with nanoseconds, "2025-03-09T13:05:59.000000001Z".
std::string utc_time(std::int64_t wall_ns);

/// "-rw-r--r--" with set-user-id, set-group-id and sticky; `kind` is the first letter.
std::string mode_text(char kind, std::uint32_t mode);

/// A name as a terminal may see it: control characters and bytes that are no UTF-8 as \xNN, so
/// that a file name can neither move the cursor nor hide.
std::string printable(std::string_view raw);

/// The parts with `between` between them.
std::string joined(const std::vector<std::string>& parts, std::string_view between);

/// Columns that a terminal needs for it: code points, combining marks not counted.
std::size_t display_width(std::string_view utf8) noexcept;

/// The first `width` columns.
std::string cut_to_width(std::string_view utf8, std::size_t width);

/// Rows of cells under headings, columns as wide as their widest cell, two spaces between.
class Table {
public:
    enum class Align : std::uint8_t { left, right };

    void column(std::string heading, Align align = Align::left);
    void row(std::vector<std::string> cells);

    bool empty() const noexcept { return m_rows.empty(); }

    /// Headings, a rule, the rows; no spaces at line ends.
    std::vector<std::string> lines() const;

private:
    std::string line(const std::vector<std::string>& cells,
                     const std::vector<std::size_t>& widths) const;

    std::vector<std::string> m_headings;
    std::vector<Align> m_aligns;
    std::vector<std::vector<std::string>> m_rows;
};

/// Words put into lines of at most `width` columns; lines of the text that begin with a space are
/// left as they are, empty lines part paragraphs. A word longer than the line stands alone.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

} // namespace torgo::cli
