#include "cli/top_lines.hpp"

#include "cli/format.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace torgo::cli::top {

namespace {

constexpr std::int64_t us_ns = 1'000;
constexpr std::int64_t ms_ns = 1'000'000;
constexpr std::int64_t second_ns = 1'000'000'000;

std::string fixed(double value, int digits) {
    std::array<char, 64> text{};
    const auto size = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return {text.data(), static_cast<std::size_t>(std::max(0, size))};
}

std::string three_digits(double value) {
    return fixed(value, value < 9.95 ? 1 : 0);
}

std::string plain_share(double share) {
    return share < 0 ? "" : fixed(std::floor(share * 100), 0) + " %";
}

/// "14 circuits, 2 being built"
std::string circuits_text(std::uint64_t built, std::uint64_t building) {
    return plural(built, "circuit", "circuits") +
           (building == 0 ? "" : ", " + std::to_string(building) + " being built");
}

Line work_line(const WorkView& view, std::size_t width) {
    const auto& work = view.work;
    const bool heals = work.command == "heal";
    Line out{{" " + left_in(work.command, 9), heals ? Tone::fair : Tone::strong}};
    const std::size_t bar_width = width >= very_wide ? 40 : width >= wide ? 24 : 12;
    const auto share = work.share();
    if (share >= 0) {
        out.push_back({"▕" + bar(share, bar_width) + "▏", heals ? Tone::fair : Tone::accent});
        out.push_back({right_in(plain_share(share), 6), Tone::strong});
    }
    const bool finishing = share >= 1; // all is read, and on its way
    const auto rate = finishing ? view.traffic : view.bytes_per_second;
    out.push_back({"  " + right_in(rate_text(rate), 11), Tone::up});
    if (finishing) out.push_back({"  finishing", Tone::fair});
    if (!finishing && view.left_ns >= 0)
        out.push_back({"  " + duration_text(view.left_ns) + " left"});
    if (width >= wide) {
        out.push_back({"  " + count_text(work.items_done) +
                           (work.items_total == 0 ? "" : " of " + count_text(work.items_total)) +
                           " " + printable(work.items),
                       Tone::faint});
        out.push_back({"  " + size_text(work.bytes_done) +
                           (work.bytes_total == 0 ? "" : " of " + size_text(work.bytes_total)),
                       Tone::faint});
    }
    if (width >= very_wide && !work.note.empty())
        out.push_back({"  " + printable(work.note), Tone::faint});
    if (work.circuits + work.circuits_building != 0)
        out.push_back({"  " + circuits_text(work.circuits, work.circuits_building), Tone::faint});
    if (work.problems != 0)
        out.push_back({"  " + plural(work.problems, "problem", "problems"), Tone::bad});
    return out;
}

Line node_traffic(const NodeView& node, std::size_t width) {
    const auto seconds = [](double value) {
        return value < 0 ? std::string("-") : latency_text(static_cast<std::int64_t>(value * 1e9));
    };
    Line out{{" ↑ " + right_in(rate_text(node.up), 10), Tone::up},
             {"  ↓ " + right_in(rate_text(node.down), 10), Tone::down},
             {"  " + three_digits(node.requests) + " req/s"},
             {"  p50 " + seconds(node.p50_s), Tone::faint}};
    if (width >= wide) out.push_back({"  p99 " + seconds(node.p99_s), Tone::faint});
    if (node.failures >= 0.05)
        out.push_back({"  " + three_digits(node.failures) + " refused/s", Tone::bad});
    if (width >= wide)
        out.push_back({"  " + sparkline(node.history, width >= very_wide ? 48 : 20), Tone::up});
    return out;
}

Line node_store(const NodeView& node, std::size_t width) {
    const auto share = node.quota_bytes == 0 ? 0
                                             : static_cast<double>(node.stored_bytes) /
                                                   static_cast<double>(node.quota_bytes);
    const std::size_t bar_width = width >= wide ? 20 : 8;
    const auto promised = node.quota_bytes - std::min(node.quota_bytes, node.stored_bytes);
    Line out{{" ▕" + bar(share, bar_width) + "▏ " + size_text(node.stored_bytes) + " of " +
              size_text(node.quota_bytes)},
             {"  " + size_text(node.free_bytes) + " free",
              node.free_bytes < promised ? Tone::fair : Tone::faint}};
    if (width >= wide)
        out.push_back({"  " + plural(node.repositories, "repository", "repositories") + ", " +
                           plural(node.segments, "segment", "segments"),
                       Tone::faint});
    return out;
}

Line node_care(const NodeView& node) {
    Line out{
        {" " + plural(node.connections, "connection", "connections") + ", " +
         std::to_string(node.open) + " in use"},
        {"  scrub " + (node.scrubbing >= 1 ? rate_text(node.scrubbing) : "rests"), Tone::faint}};
    if (node.circuits + node.circuits_building != 0)
        out.push_back({"  " + circuits_text(node.circuits, node.circuits_building)});
    if (node.rebuilding >= 1)
        out.push_back({"  rebuilds " + rate_text(node.rebuilding), Tone::fair});
    if (node.audits_passed + node.audits_missed != 0)
        out.push_back({"  audits " + count_text(node.audits_passed) + " passed, " +
                           count_text(node.audits_missed) + " missed",
                       node.audits_missed == 0 ? Tone::good : Tone::fair});
    if (node.damaged != 0)
        out.push_back(
            {"  " + plural(node.damaged, "damaged segment", "damaged segments"), Tone::bad});
    if (node.lost_heads != 0)
        out.push_back(
            {"  " + plural(node.lost_heads, "head taken over", "heads taken over"), Tone::fair});
    return out;
}

} // namespace

std::string left_in(std::string text, std::size_t width) {
    auto out = cut_to_width(text, width);
    if (const auto cut = display_width(text) > width; cut && width > 1)
        out = cut_to_width(text, width - 1) + "…";
    out.append(width - std::min(width, display_width(out)), ' ');
    return out;
}

std::string right_in(const std::string& text, std::size_t width) {
    const auto size = display_width(text);
    return std::string(width - std::min(width, size), ' ') + cut_to_width(text, width);
}

std::vector<Line> work_lines(const Frame& frame, std::size_t width) {
    std::vector<Line> out;
    for (const auto& view : frame.work) {
        out.push_back(work_line(view, width));
        if (width < wide) continue;
        const auto room = std::min<std::size_t>(width - 12, history_max);
        out.push_back({{std::string(10, ' ') + sparkline(view.history, room), Tone::up}});
    }
    if (frame.work.empty()) out.push_back({{" nothing runs on this machine", Tone::faint}});
    return out;
}

/// "2 of 4: any 2 restore it" and how the packs stand.
Line redundancy_line(const Redundancy& redundancy) {
    std::size_t weakest = redundancy.packs_with.size();
    for (std::size_t i = redundancy.packs_with.size(); i-- > 0;)
        if (redundancy.packs_with[i] != 0) weakest = i;
    Line out;
    if (weakest == redundancy.packs_with.size())
        out.push_back({" nothing is stored yet", Tone::faint});
    else if (weakest < redundancy.k)
        out.push_back({" ● cannot be restored now: bring heads back", Tone::bad});
    else if (weakest >= redundancy.n)
        out.push_back({" ● full redundancy", Tone::good});
    else
        out.push_back({" ● " + std::to_string(weakest - redundancy.k) + " more may be lost",
                       weakest == redundancy.k ? Tone::bad : Tone::fair});
    for (std::size_t i = redundancy.packs_with.size(); i-- > 0;)
        if (redundancy.packs_with[i] != 0)
            out.push_back({"   " + plural(redundancy.packs_with[i], "pack", "packs") + " on " +
                               std::to_string(i),
                           i >= redundancy.n ? Tone::plain : Tone::fair});
    out.push_back({"   " + plural(redundancy.snapshots, "snapshot", "snapshots"), Tone::faint});
    return out;
}

std::vector<Line> node_lines(const Frame& frame, std::size_t width) {
    if (!frame.node) return {{{" no node runs here, or its metrics are elsewhere", Tone::faint}}};
    return {node_traffic(*frame.node, width), node_store(*frame.node, width),
            node_care(*frame.node)};
}

std::string latency_text(std::int64_t duration_ns) {
    const auto value = static_cast<double>(duration_ns);
    if (duration_ns <= 0) return "-";
    if (duration_ns < ms_ns) return fixed(value / us_ns, 0) + " µs";
    if (duration_ns < second_ns) return three_digits(value / ms_ns) + " ms";
    return three_digits(value / second_ns) + " s";
}

std::string rate_text(double bytes_per_second) {
    if (bytes_per_second < 1) return "";
    return size_text(static_cast<std::uint64_t>(bytes_per_second)) + "/s";
}

} // namespace torgo::cli::top
