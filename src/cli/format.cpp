#include "cli/format.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace torgo::cli {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::size_t column_gap = 2;

template <class... Arguments>
std::string print(const char* form, Arguments... arguments) {
    std::array<char, 64> buffer{};
    const auto length = std::snprintf(buffer.data(), buffer.size(), form, arguments...);
    return {buffer.data(), static_cast<std::size_t>(length)};
}

bool is_combining(char32_t value) noexcept {
    return (value >= 0x300 && value <= 0x36F) || (value >= 0x200B && value <= 0x200F) ||
           (value >= 0xFE00 && value <= 0xFE0F);
}

bool is_control(char32_t value) noexcept {
    // C0, DEL, C1, and the marks that turn the direction of writing around.
    return value < 0x20 || (value >= 0x7F && value < 0xA0) ||
           (value >= 0x202A && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069);
}

struct Split {
    std::time_t seconds;
    std::int64_t nanoseconds;
};

Split split(std::int64_t wall_ns) noexcept {
    auto seconds = wall_ns / second_ns;
    auto rest = wall_ns % second_ns;
    if (rest < 0) {
        rest += second_ns;
        --seconds;
    }
    return {static_cast<std::time_t>(seconds), rest};
}

} // namespace

std::string size_text(std::uint64_t bytes) {
    static constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) return print("%u B", static_cast<unsigned>(bytes));
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    // 1023.5 would be shown as "1024": the next unit begins below that.
    while (value >= 1023.5 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return print("%.*f %s", decimals, value, units.at(unit));
}

std::string count_text(std::uint64_t count) {
    auto out = std::to_string(count);
    for (auto at = static_cast<std::ptrdiff_t>(out.size()) - 3; at > 0; at -= 3) {
        out.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return out;
}

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
    return count_text(count) + " " + std::string(count == 1 ? one : many);
}

std::string duration_text(std::int64_t duration_ns) {
    const auto seconds = std::max<std::int64_t>(0, duration_ns) / second_ns;
    const auto minutes = seconds / 60 % 60;
    const auto hours = seconds / 3600;
    if (hours == 0)
        return print("%d:%02d", static_cast<int>(minutes), static_cast<int>(seconds % 60));
    return print("%lld:%02d:%02d", static_cast<long long>(hours), static_cast<int>(minutes),
                 static_cast<int>(seconds % 60));
}

std::string local_time(std::int64_t wall_ns) {
    const auto parts = split(wall_ns);
    std::tm local{};
    if (::localtime_r(&parts.seconds, &local) == nullptr) return "?";
    std::array<char, 64> buffer{};
    const auto size = std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S", &local);
    return {buffer.data(), size};
}

std::string utc_time(std::int64_t wall_ns) {
    const auto parts = split(wall_ns);
    std::tm utc{};
    if (::gmtime_r(&parts.seconds, &utc) == nullptr) return "?";
    std::array<char, 64> buffer{};
    const auto size = std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    return std::string(buffer.data(), size) +
           print(".%09lldZ", static_cast<long long>(parts.nanoseconds));
}

std::string mode_text(char kind, std::uint32_t mode) {
    std::string out(1, kind);
    for (unsigned shift = 9; shift > 0; shift -= 3) {
        const auto bits = mode >> (shift - 3);
        out += (bits & 4U) != 0 ? 'r' : '-';
        out += (bits & 2U) != 0 ? 'w' : '-';
        out += (bits & 1U) != 0 ? 'x' : '-';
    }
    const auto mark = [&](std::size_t at, std::uint32_t bit, char with_x, char without_x) {
        if ((mode & bit) != 0) out[at] = out[at] == 'x' ? with_x : without_x;
    };
    mark(3, 04000, 's', 'S');
    mark(6, 02000, 's', 'S');
    mark(9, 01000, 't', 'T');
    return out;
}

std::string printable(std::string_view raw) {
    std::string out;
    while (!raw.empty()) {
        const auto point = next_code_point(raw);
        const auto bytes = raw.substr(0, point.size);
        raw.remove_prefix(point.size);
        if (point.valid && !is_control(point.value)) {
            out += bytes;
            continue;
        }
        for (const char byte : bytes) {
            out += print("\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
        }
    }
    return out;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i != 0) out += between;
        out += parts[i];
    }
    return out;
}

std::size_t display_width(std::string_view utf8) noexcept {
    std::size_t width = 0;
    while (!utf8.empty()) {
        const auto point = next_code_point(utf8);
        width += point.valid && is_combining(point.value) ? 0U : 1U;
        utf8.remove_prefix(point.size);
    }
    return width;
}

std::string cut_to_width(std::string_view utf8, std::size_t width) {
    std::string out;
    std::size_t used = 0;
    while (!utf8.empty()) {
        const auto point = next_code_point(utf8);
        const std::size_t columns = point.valid && is_combining(point.value) ? 0U : 1U;
        if (used + columns > width) break;
        used += columns;
        out += utf8.substr(0, point.size);
        utf8.remove_prefix(point.size);
    }
    return out;
}

void Table::column(std::string heading, Align align) {
    m_headings.push_back(std::move(heading));
    m_aligns.push_back(align);
}

void Table::row(std::vector<std::string> cells) {
    cells.resize(m_headings.size());
    m_rows.push_back(std::move(cells));
}

std::string Table::line(const std::vector<std::string>& cells,
                        const std::vector<std::size_t>& widths) const {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string space(widths[i] - display_width(cells[i]), ' ');
        if (i != 0) out.append(column_gap, ' ');
        out += m_aligns[i] == Align::left ? cells[i] + space : space + cells[i];
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
}

std::vector<std::string> Table::lines() const {
    std::vector<std::size_t> widths;
    for (const auto& heading : m_headings)
        widths.push_back(display_width(heading));
    for (const auto& cells : m_rows) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            widths[i] = std::max(widths[i], display_width(cells[i]));
        }
    }
    std::size_t whole = widths.empty() ? 0 : (widths.size() - 1) * column_gap;
    for (const auto width : widths)
        whole += width;
    std::vector<std::string> out{line(m_headings, widths), std::string(whole, '-')};
    for (const auto& cells : m_rows)
        out.push_back(line(cells, widths));
    return out;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> out;
    std::string current;
    const auto flush = [&] {
        if (!current.empty()) out.push_back(std::move(current));
        current.clear();
    };
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.front() == ' ') {
            flush();
            out.emplace_back(line);
            continue;
        }
        while (!line.empty()) {
            const auto space = line.find(' ');
            const auto word = line.substr(0, space);
            line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
            if (word.empty()) continue;
            if (!current.empty() && display_width(current) + 1 + display_width(word) > width)
                flush();
            current += (current.empty() ? "" : " ") + std::string(word);
        }
    }
    flush();
    return out;
}

} // namespace torgo::cli
