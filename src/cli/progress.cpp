#include "cli/progress.hpp"

#include "cli/format.hpp"

#include <algorithm>
#include <cmath>

namespace torgo::cli {

namespace {

constexpr std::int64_t rate_window_ns = 5'000'000'000;
constexpr double second_ns = 1e9;
constexpr std::size_t bar_width_max = 40;
constexpr std::size_t bar_width_min = 8;
/// A longer forecast is no forecast.
constexpr double left_seconds_max = 100.0 * 3600;

/// Pieces in the order they are shown; those of higher `rank` are dropped first.
struct Piece {
    std::string text;
    int rank;
};

std::string of_total(std::string done, std::string total, bool known) {
    return known ? std::move(done) + " / " + std::move(total) : std::move(done);
}

std::vector<Piece> pieces(const ProgressView& view) {
    const auto& c = view.counts;
    std::vector<Piece> out;
    const auto share = view.share();
    if (share >= 0) {
        // Rounded down: 100 % is said only when all is done.
        out.push_back({std::to_string(static_cast<int>(std::floor(share * 100))) + " %", 0});
    }
    if (c.items_done != 0 || c.items_total != 0) {
        out.push_back(
            {of_total(count_text(c.items_done), count_text(c.items_total), c.items_total != 0) +
                 " " + view.items,
             2});
    }
    out.push_back(
        {of_total(size_text(c.bytes_done), size_text(c.bytes_total), c.bytes_total != 0), 1});
    if (view.bytes_per_second >= 1) {
        out.push_back({size_text(static_cast<std::uint64_t>(view.bytes_per_second)) + "/s", 4});
    }
    const auto left = view.left_ns();
    out.push_back({left >= 0 ? duration_text(left) + " left" : duration_text(view.elapsed_ns), 3});
    return out;
}

std::size_t width_of(const std::vector<Piece>& list) {
    std::size_t width = list.empty() ? 0 : 2 * (list.size() - 1);
    for (const auto& piece : list)
        width += display_width(piece.text);
    return width;
}

std::string joined_pieces(const std::vector<Piece>& list) {
    std::string out;
    for (const auto& piece : list)
        out += (out.empty() ? "" : "  ") + piece.text;
    return out;
}

} // namespace

double ProgressView::share() const noexcept {
    if (counts.bytes_total != 0) {
        return std::min(1.0, static_cast<double>(counts.bytes_done) /
                                 static_cast<double>(counts.bytes_total));
    }
    if (counts.items_total != 0) {
        return std::min(1.0, static_cast<double>(counts.items_done) /
                                 static_cast<double>(counts.items_total));
    }
    return -1;
}

std::int64_t ProgressView::left_ns() const noexcept {
    if (counts.bytes_total == 0 || bytes_per_second < 1) return -1;
    if (counts.bytes_done >= counts.bytes_total) return 0;
    const auto seconds =
        static_cast<double>(counts.bytes_total - counts.bytes_done) / bytes_per_second;
    return seconds > left_seconds_max ? -1 : static_cast<std::int64_t>(seconds * second_ns);
}

std::string progress_bar(double share, std::size_t width) {
    if (width < 4) return {};
    const auto inside = width - 2;
    const auto clamped = std::clamp(share, 0.0, 1.0);
    const auto full = static_cast<std::size_t>(clamped * static_cast<double>(inside));
    std::string body(full, '=');
    if (full < inside) body += '>';
    body.resize(inside, ' ');
    return "[" + body + "]";
}

std::vector<std::string> progress_lines(const ProgressView& view, std::size_t width) {
    if (width == 0) return {};
    auto list = pieces(view);
    while (list.size() > 1 && width_of(list) > width) {
        list.erase(std::ranges::max_element(list, {}, &Piece::rank));
    }
    auto line = joined_pieces(list);
    const auto used = display_width(line);
    if (view.share() >= 0 && used + 2 + bar_width_min <= width) {
        line = progress_bar(view.share(), std::min(bar_width_max, width - used - 2)) + "  " + line;
    }
    std::vector<std::string> out{cut_to_width(line, width)};
    std::string second = view.counts.note;
    if (view.counts.problems != 0) {
        second +=
            (second.empty() ? "" : ", ") + plural(view.counts.problems, "problem", "problems");
    }
    if (!second.empty()) out.push_back(cut_to_width(second, width));
    return out;
}

void Rate::add(std::int64_t time_ns, std::uint64_t bytes_done) {
    m_readings.push_back({time_ns, bytes_done});
    while (m_readings.size() > 2 && time_ns - m_readings.front().time_ns > rate_window_ns) {
        m_readings.pop_front();
    }
}

double Rate::per_second() const noexcept {
    if (m_readings.size() < 2) return 0;
    const auto& first = m_readings.front();
    const auto& last = m_readings.back();
    if (last.time_ns <= first.time_ns || last.bytes_done <= first.bytes_done) return 0;
    return static_cast<double>(last.bytes_done - first.bytes_done) * second_ns /
           static_cast<double>(last.time_ns - first.time_ns);
}

Ticker::Ticker(std::chrono::milliseconds interval, std::function<void()> tick)
    : m_thread([this, interval, tick = std::move(tick)](const std::stop_token& stop) {
          std::unique_lock lock(m_mutex);
          while (!m_wake.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) {
              tick();
          }
      }) {}

Ticker::~Ticker() = default;

} // namespace torgo::cli
