#include "cli/top_model.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace torgo::cli::top {

namespace {

constexpr double second_ns = 1e9;
/// A longer forecast is no forecast.
constexpr double left_seconds_max = 100.0 * 3600;
constexpr std::array<const char*, 9> heights{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<const char*, 9> widths{" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
/// Of a sample; no counter grows so large, and a sum of so many as fit into memory stays a number.
constexpr double value_max = 1e18;
/// Of a sum. Two of them are still less than 2^64.
constexpr double count_max = 4e18;
constexpr std::size_t steps = heights.size() - 1;

/// "name{labels} value" → the two parts.
std::optional<std::pair<std::string_view, double>> parse_line(std::string_view line) {
    if (line.empty() || line.front() == '#') return std::nullopt;
    const auto space = line.rfind(' ');
    if (space == std::string_view::npos || space == 0) return std::nullopt;
    const auto number = line.substr(space + 1);
    double value = 0;
    const auto [stopped, problem] =
        std::from_chars(number.data(), number.data() + number.size(), value);
    if (problem != std::errc{} || stopped != number.data() + number.size()) return std::nullopt;
    if (!std::isfinite(value) || std::abs(value) > value_max) return std::nullopt;
    return std::pair(line.substr(0, space), value);
}

bool is_of(std::string_view sample, std::string_view metric) {
    return sample.starts_with(metric) &&
           (sample.size() == metric.size() || sample[metric.size()] == '{');
}

/// The value of `le` in a sample's labels, +Inf as infinity.
std::optional<double> bound_of(std::string_view sample) {
    constexpr std::string_view mark = "le=\"";
    const auto at = sample.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    const auto text = sample.substr(at + mark.size());
    if (text.starts_with("+Inf")) return std::numeric_limits<double>::infinity();
    double value = 0;
    const auto [stopped, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || !std::isfinite(value) || value < 0) return std::nullopt;
    return value;
}

} // namespace

void CounterRate::add(std::int64_t time_ns, std::uint64_t value) {
    if (m_last && time_ns <= m_last->time_ns) return;
    if (m_last) {
        const auto grown = value >= m_last->value ? value - m_last->value : value;
        m_history.push_back(static_cast<double>(grown) * second_ns /
                            static_cast<double>(time_ns - m_last->time_ns));
        if (m_history.size() > history_max) m_history.pop_front();
    }
    m_last = Reading{time_ns, value};
}

void Latencies::add(std::int64_t duration_ns) {
    m_values.push_back(duration_ns);
    if (m_values.size() > kept) m_values.pop_front();
}

std::int64_t Latencies::percentile_ns(double share) const {
    if (m_values.empty()) return 0;
    std::vector<std::int64_t> sorted(m_values.begin(), m_values.end());
    std::ranges::sort(sorted);
    const auto rank = std::ceil(share * static_cast<double>(sorted.size()));
    const auto index = static_cast<std::size_t>(std::max(1.0, rank)) - 1;
    return sorted[std::min(index, sorted.size() - 1)];
}

Samples parse_samples(std::string_view text) {
    Samples out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (const auto sample = parse_line(text.substr(0, end)))
            out.insert_or_assign(std::string(sample->first), sample->second);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

double sum_of(const Samples& samples, std::string_view metric, std::string_view label) {
    double sum = 0;
    for (auto one = samples.lower_bound(metric);
         one != samples.end() && one->first.starts_with(metric); ++one)
        if (is_of(one->first, metric) && one->first.contains(label)) sum += one->second;
    return sum;
}

std::uint64_t count_of(const Samples& samples, std::string_view metric, std::string_view label) {
    return static_cast<std::uint64_t>(std::clamp(sum_of(samples, metric, label), 0.0, count_max));
}

double quantile_of(const Samples& samples, const Samples& before, std::string_view metric,
                   double share) {
    const auto name = std::string(metric) + "_bucket";
    // A node that was started again counts from 0 in all buckets.
    const bool is_reset = std::ranges::any_of(before, [&](const auto& old) {
        const auto found = samples.find(old.first);
        return old.first.starts_with(name) &&
               (found == samples.end() || found->second < old.second);
    });
    std::map<double, double> below; // cumulative, over all labels
    for (auto one = samples.lower_bound(name); one != samples.end(); ++one) {
        if (!one->first.starts_with(name)) break;
        const auto bound = bound_of(one->first);
        if (!bound) continue;
        const auto old = before.find(one->first);
        const auto past = old == before.end() || is_reset ? 0 : old->second;
        below[*bound] += one->second - past;
    }
    if (below.empty() || below.rbegin()->second <= 0) return -1;
    const auto wanted = share * below.rbegin()->second;
    double lower = 0;
    double counted = 0;
    for (const auto& [bound, count] : below) {
        if (count >= wanted && count > counted) {
            if (std::isinf(bound)) return lower;
            return lower + (bound - lower) * (wanted - counted) / (count - counted);
        }
        lower = std::isinf(bound) ? lower : bound;
        counted = count;
    }
    return lower;
}

double Work::share() const noexcept {
    const auto of = [](std::uint64_t done, std::uint64_t total) {
        return std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    };
    if (bytes_total != 0) return of(bytes_done, bytes_total);
    return items_total != 0 ? of(items_done, items_total) : -1;
}

std::int64_t time_left_ns(const Work& work, double bytes_per_second) {
    if (work.bytes_total == 0) return -1;
    if (work.bytes_done >= work.bytes_total) return 0;
    if (bytes_per_second < 1) return -1;
    const auto seconds = static_cast<double>(work.bytes_total - work.bytes_done) / bytes_per_second;
    return seconds > left_seconds_max ? -1 : static_cast<std::int64_t>(seconds * second_ns);
}

std::string sparkline(const std::vector<double>& values, std::size_t width) {
    const auto shown = std::min(width, values.size());
    std::string out(width - shown, ' ');
    const auto first = values.end() - static_cast<std::ptrdiff_t>(shown);
    const auto most = shown == 0 ? 0 : *std::max_element(first, values.end());
    for (auto value = first; value != values.end(); ++value) {
        const auto part = most <= 0 ? 0 : *value / most;
        // What is more than nothing is seen.
        const auto step = static_cast<std::size_t>(std::ceil(part * static_cast<double>(steps)));
        out += heights[std::min(step, steps)];
    }
    return out;
}

std::string bar(double share, std::size_t width) {
    const auto eighths = static_cast<std::size_t>(
        std::floor(std::clamp(share, 0.0, 1.0) * static_cast<double>(width * steps)));
    std::string out;
    for (std::size_t i = 0; i < width; ++i)
        out += widths[std::min(eighths - std::min(eighths, i * steps), steps)];
    return out;
}

} // namespace torgo::cli::top
