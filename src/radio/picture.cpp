#include "base/xml.hpp"
#include "radio/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

// The picture of a run. Few nodes are drawn one by one with their links, many as small squares of
// the plane, so that 32,767 of them can still be looked at and the file stays small.
namespace torgo::radio {

namespace {

constexpr double page_width = 1400;
constexpr double page_height = 1120;
constexpr double map_size = 640;
constexpr double map_top = 120;
constexpr std::array map_left = {40.0, 720.0};
constexpr double chart_top = 850;
constexpr double chart_height = 190;
constexpr double chart_width = 800;
/// More nodes than this are drawn as squares.
constexpr std::size_t single_nodes_max = 2500;
constexpr int squares_a_side = 80;

struct Colour {
    double r, g, b;
};

using Ramp = std::array<Colour, 5>;
/// From good to bad, told apart by those who see no red or green: blue, pale, orange, dark red.
constexpr Ramp loss_ramp = {
    {{49, 104, 163}, {126, 178, 209}, {247, 227, 170}, {233, 140, 66}, {165, 28, 38}}};
/// Viridis, five points of it.
constexpr Ramp load_ramp = {
    {{68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}}};

std::string n(double number) {
    return digits(number, 1);
}

std::string colour(const Ramp& ramp, double share) {
    const auto at = std::clamp(share, 0.0, 1.0) * 4;
    const auto i = std::min<std::size_t>(static_cast<std::size_t>(at), 3);
    const auto mixed = [&](double Colour::* part) {
        return std::lround(
            std::lerp(ramp[i].*part, ramp[i + 1].*part, at - static_cast<double>(i)));
    };
    return "rgb(" + std::to_string(mixed(&Colour::r)) + "," + std::to_string(mixed(&Colour::g)) +
           "," + std::to_string(mixed(&Colour::b)) + ")";
}

std::string words(double x, double y, double size, const std::string& text,
                  const std::string& more = "") {
    return "<text x=\"" + n(x) + "\" y=\"" + n(y) + "\" font-size=\"" + n(size) + "\" " + more +
           ">" + xml_text(text) + "</text>\n";
}

std::string segment(const Point& a, const Point& b, const std::string& more) {
    return "<line x1=\"" + n(a.x) + "\" y1=\"" + n(a.y) + "\" x2=\"" + n(b.x) + "\" y2=\"" +
           n(b.y) + "\" " + more + "/>\n";
}

std::string box(double x, double y, double width, double height, const std::string& more) {
    return "<rect x=\"" + n(x) + "\" y=\"" + n(y) + "\" width=\"" + n(width) + "\" height=\"" +
           n(height) + "\" " + more + "/>\n";
}

/// Where the metres of all floors come to lie on a map; floors lie side by side.
class Frame2d {
public:
    explicit Frame2d(const Report& report) {
        Point low{1e18, 1e18};
        Point high{-1e18, -1e18};
        const auto add = [&](const Point& p) {
            low = {std::min(low.x, p.x), std::min(low.y, p.y)};
            high = {std::max(high.x, p.x), std::max(high.y, p.y)};
        };
        for (const auto& node : report.nodes) {
            add(node.at);
            m_floors.emplace(node.floor, 0);
        }
        for (const auto& wall : report.walls) {
            add(wall.from);
            add(wall.to);
        }
        int index = 0;
        for (auto& [floor, place] : m_floors)
            place = index++;
        if (m_floors.empty()) low = high = {};
        m_low = low;
        m_width = std::max(high.x - low.x, 1e-3) * 1.04;
        m_height = std::max(high.y - low.y, 1e-3) * 1.04;
        const auto count = static_cast<double>(std::max<std::size_t>(m_floors.size(), 1));
        m_columns = std::max(1, static_cast<int>(std::ceil(std::sqrt(count * m_height / m_width))));
        m_columns = std::min(m_columns, static_cast<int>(count));
        const auto rows = std::ceil(count / m_columns);
        m_scale = std::min(map_size / (m_width * m_columns), map_size / (m_height * rows));
    }

    Point operator()(const Point& p, int floor) const {
        const auto found = m_floors.find(floor);
        const auto place = found == m_floors.end() ? 0 : found->second;
        return {(p.x - m_low.x + m_width * (0.02 + place % m_columns)) * m_scale,
                (p.y - m_low.y + m_height * (0.02 + static_cast<double>(place / m_columns))) *
                    m_scale};
    }

    bool has(int floor) const { return m_floors.contains(floor); }

    const std::map<int, int>& floors() const { return m_floors; }

    double scale() const { return m_scale; }

    Point origin(int floor) const { return (*this)(m_low, floor); }

private:
    Point m_low;
    double m_width = 1;
    double m_height = 1;
    double m_scale = 1;
    int m_columns = 1;
    std::map<int, int> m_floors;
};

/// What a map shows of a node: loss of its messages, or packets on the air around it.
struct Measure {
    const char* title;
    const Ramp* ramp;
    double full; ///< value at the end of the ramp
    std::string unit;
    bool loss;

    /// Below 0: nothing is known of this node.
    double value(const NodeReport& node, double seconds) const {
        if (!loss) {
            const auto& c = node.counters;
            const auto heard = static_cast<double>(c.received) + c.collided + c.noise + c.bursts +
                               c.deaf_tx + c.deaf_scan + c.packets;
            return heard / seconds;
        }
        if (node.expected == 0) return -1;
        return 100 - 100.0 * node.arrived / node.expected;
    }
};

std::string one_node(const NodeReport& node, const Point& at, double radius,
                     const std::string& fill) {
    const auto style =
        "fill=\"" + fill + "\" stroke=\"" +
        (node.alive ? (node.relay ? "#222\" stroke-width=\"1.1\"" : "#fff\" stroke-width=\"0.5\"")
                    : "#d00\" stroke-width=\"1.5\" stroke-dasharray=\"2 2\"");
    if (node.edge)
        return box(at.x - radius * 1.5, at.y - radius * 1.5, radius * 3, radius * 3,
                   style + " transform=\"rotate(45 " + n(at.x) + " " + n(at.y) + ")\"");
    return "<circle cx=\"" + n(at.x) + "\" cy=\"" + n(at.y) + "\" r=\"" + n(radius) + "\" " +
           style + "/>\n";
}

std::string links(const Report& report, const Frame2d& frame) {
    std::string out = "<g stroke=\"#8a94a0\" stroke-opacity=\"0.35\" stroke-width=\"0.6\">\n";
    for (const auto& node : report.nodes)
        for (const auto other : node.neighbours) {
            const auto& peer = report.nodes[other];
            if (!node.relay && !peer.relay && !node.edge && !peer.edge) continue;
            out += segment(frame(node.at, node.floor), frame(peer.at, peer.floor), "");
        }
    return out + "</g>\n";
}

std::string walls(const Report& report, const Frame2d& frame) {
    std::string out = "<g stroke=\"#333b45\" stroke-width=\"1.6\" stroke-linecap=\"square\">\n";
    for (const auto& wall : report.walls)
        if (frame.has(wall.floor))
            out += segment(frame(wall.from, wall.floor), frame(wall.to, wall.floor), "");
    return out + "</g>\n";
}

std::string single_nodes(const Report& report, const Frame2d& frame, const Measure& measure) {
    std::string out;
    const auto count = static_cast<double>(std::max<std::size_t>(report.nodes.size(), 1));
    const auto radius = std::clamp(map_size / std::sqrt(count) / 5, 1.8, 9.0);
    for (const bool edges : {false, true})
        for (const auto& node : report.nodes) {
            if (node.edge != edges) continue;
            const auto value = measure.value(node, report.virtual_s);
            const auto fill = value < 0 ? "#c9ced6" : colour(*measure.ramp, value / measure.full);
            out += one_node(node, frame(node.at, node.floor), radius, fill);
        }
    return out;
}

/// Means over squares of the map.
std::string squares(const Report& report, const Frame2d& frame, const Measure& measure) {
    struct Sum {
        double value = 0;
        int count = 0; ///< nodes of which something is known
        int nodes = 0;
    };
    constexpr double side = map_size / squares_a_side;
    std::vector<Sum> sums(squares_a_side * squares_a_side);
    for (const auto& node : report.nodes) {
        const auto at = frame(node.at, node.floor);
        const auto cell = [](double d) {
            return std::clamp(static_cast<int>(d / side), 0, squares_a_side - 1);
        };
        auto& sum = sums[static_cast<std::size_t>(cell(at.y) * squares_a_side + cell(at.x))];
        ++sum.nodes;
        const auto value = measure.value(node, report.virtual_s);
        if (value < 0) continue;
        sum.value += value;
        ++sum.count;
    }
    std::string out = "<g shape-rendering=\"crispEdges\">\n";
    for (int i = 0; i < squares_a_side * squares_a_side; ++i) {
        const auto& sum = sums[static_cast<std::size_t>(i)];
        if (sum.nodes == 0) continue;
        const auto fill = sum.count == 0
                              ? "#dfe3e8"
                              : colour(*measure.ramp, sum.value / sum.count / measure.full);
        out += box(i % squares_a_side * side, static_cast<double>(i / squares_a_side) * side,
                   side + 0.2, side + 0.2, "fill=\"" + fill + "\"");
    }
    out += "</g>\n";
    for (auto node : report.nodes) {
        node.relay = true; // for the dark rim
        if (node.edge) out += one_node(node, frame(node.at, node.floor), 3, "#ffffff");
    }
    return out;
}

std::string scale_bar(const Frame2d& frame) {
    double metres = 1;
    for (const double step :
         {2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 5000.0, 20'000.0})
        if (step * frame.scale() < map_size / 4) metres = step;
    const auto width = metres * frame.scale();
    return segment({0, map_size + 14}, {width, map_size + 14},
                   "stroke=\"#333\" stroke-width=\"2\"") +
           words(width + 6, map_size + 18, 12, digits(metres, 0) + " m");
}

std::string ramp_legend(const Measure& measure) {
    std::string out;
    constexpr double left = 330;
    constexpr double step = 3.6;
    for (int i = 0; i < 50; ++i)
        out += box(left + i * step, map_size + 8, step + 0.3, 11,
                   "fill=\"" + colour(*measure.ramp, i / 49.0) + "\"");
    out += words(left - 8, map_size + 18, 12, "0", "text-anchor=\"end\"");
    out += words(left + 50 * step + 8, map_size + 18, 12,
                 digits(measure.full, measure.full < 10 ? 1 : 0) + " " + measure.unit);
    return out;
}

std::string map(const Report& report, const Frame2d& frame, const Measure& measure, double left) {
    const bool many = report.nodes.size() > single_nodes_max;
    std::string out = "<g transform=\"translate(" + n(left) + " " + n(map_top) + ")\">\n";
    out += words(0, -12, 16, measure.title, "font-weight=\"600\"");
    out += box(0, 0, map_size, map_size, "fill=\"#f6f7f9\" stroke=\"#d5d9df\"");
    if (!many) out += links(report, frame);
    if (many) out += squares(report, frame, measure);
    out += walls(report, frame);
    if (!many) out += single_nodes(report, frame, measure);
    if (frame.floors().size() > 1)
        for (const auto& [floor, place] : frame.floors()) {
            const auto at = frame.origin(floor);
            out +=
                words(at.x + 2, at.y + 12, 11, "floor " + std::to_string(floor), "fill=\"#555\"");
        }
    return out + scale_bar(frame) + ramp_legend(measure) + "</g>\n";
}

/// Buckets of the histogram joined to 60 bars of equal width on a scale of logarithms.
std::string chart(const Report& report) {
    const auto& h = report.latency;
    std::string out = "<g transform=\"translate(" + n(map_left[0]) + " " + n(chart_top) + ")\">\n";
    out += words(0, -10, 16, "Latency, one way", "font-weight=\"600\"");
    if (h.count() == 0) return out + words(0, 30, 14, "No message has arrived.") + "</g>\n";
    constexpr int bars = 60;
    const auto low = std::log10(std::max(100.0, h.quantile_us(0) * 0.9));
    const auto high = std::max(low + 0.3, std::log10(static_cast<double>(h.max_us()) * 1.1));
    const auto x = [&](double us) {
        return (std::log10(std::max(us, 1.0)) - low) / (high - low) * chart_width;
    };
    std::array<double, bars> sums{};
    for (std::size_t i = 0; i < Histogram::buckets; ++i) {
        if (h.in_bucket(i) == 0) continue;
        const auto middle = std::sqrt(static_cast<double>(Histogram::lower_us(i) + 1) *
                                      static_cast<double>(Histogram::lower_us(i + 1) + 1));
        const auto bar = std::clamp(static_cast<int>(x(middle) / chart_width * bars), 0, bars - 1);
        sums[static_cast<std::size_t>(bar)] += static_cast<double>(h.in_bucket(i));
    }
    const auto most = *std::ranges::max_element(sums);
    for (int i = 0; i < bars; ++i) {
        const auto height = sums[static_cast<std::size_t>(i)] / most * chart_height;
        out += box(i * chart_width / bars + 0.5, chart_height - height, chart_width / bars - 1,
                   height, "fill=\"#3b6ea5\"");
    }
    out += segment({0, chart_height}, {chart_width, chart_height}, "stroke=\"#333\"");
    double last_tick = -100;
    for (double decade = 100; decade < 1e9; decade *= 10)
        for (const double step : {1.0, 2.0, 5.0}) {
            const auto at = x(decade * step);
            if (at < 0 || at > chart_width || at < last_tick + 45) continue;
            last_tick = at;
            const auto ms = decade * step / 1000;
            out += segment({at, chart_height}, {at, chart_height + 5}, "stroke=\"#333\"");
            out +=
                words(at, chart_height + 19, 12,
                      ms >= 1000 ? digits(ms / 1000, 0) + " s" : digits(ms, ms < 1 ? 1 : 0) + " ms",
                      "text-anchor=\"middle\"");
        }
    int row = 0;
    for (const auto& [name, q] : {std::pair("median", 0.5), std::pair("p99", 0.99)}) {
        const auto us = h.quantile_us(q);
        const bool right = x(us) > chart_width - 120;
        out += segment({x(us), 0}, {x(us), chart_height},
                       "stroke=\"#a51c26\" stroke-dasharray=\"4 3\"");
        out += words(x(us) + (right ? -5 : 5), 12 + 16.0 * row++, 12.5,
                     std::string(name) + " " + digits(us / 1000, 1) + " ms",
                     right ? "fill=\"#a51c26\" text-anchor=\"end\"" : "fill=\"#a51c26\"");
    }
    return out + "</g>\n";
}

std::string grouped(std::uint64_t number) {
    auto out = std::to_string(number);
    for (auto at = static_cast<int>(out.size()) - 3; at > 0; at -= 3)
        out.insert(static_cast<std::size_t>(at), ",");
    return out;
}

std::string figures(const Report& report) {
    std::string out = "<g transform=\"translate(900 " + n(chart_top) + ")\">\n";
    out += words(0, -10, 16, "Figures", "font-weight=\"600\"");
    const auto& t = report.totals;
    const auto percent = [](double part, double whole) {
        return whole == 0 ? std::string("-") : digits(100 * part / whole, 2) + " %";
    };
    const auto heard = static_cast<double>(t.received + t.collided + t.noise + t.bursts);
    const std::array<std::pair<std::string, std::string>, 9> lines = {
        {{"delivered", digits(100 * report.delivered(), 2) + " % of " + grouped(report.expected)},
         {"messages", grouped(report.messages) + " in " + digits(report.virtual_s, 0) + " s"},
         {"nodes, networks", grouped(report.nodes.size()) + ", " + grouped(report.networks)},
         {"way to an edge node", percent(static_cast<double>(report.before.reach_edge),
                                         static_cast<double>(report.before.nodes)) +
                                     " (without collisions)"},
         {"packets sent", grouped(t.packets)},
         {"received", percent(static_cast<double>(t.received), heard) + " of those in earshot"},
         {"collided", percent(static_cast<double>(t.collided), heard) + ", captured " +
                          percent(static_cast<double>(t.captured), heard)},
         {"dropped in queues", grouped(t.dropped)},
         {"seed", grouped(report.seed)}}};
    double y = 12;
    for (const auto& [name, value] : lines) {
        out += words(0, y, 13.5, name, "fill=\"#555\"") + words(160, y, 13.5, value);
        y += 22.5;
    }
    return out + "</g>\n";
}

std::string signs(bool many) {
    std::string out = "<g transform=\"translate(720 84)\" font-size=\"12\">\n";
    const auto sign = [&](double x, bool relay, bool edge, bool alive, const std::string& name) {
        NodeReport node;
        node.relay = relay;
        node.edge = edge;
        node.alive = alive;
        out += one_node(node, {x, -4}, 5, "#c9ced6") + words(x + 14, 0, 12, name);
    };
    if (many) {
        sign(8, true, true, true, "edge node");
        out += words(110, 0, 12, "a square: the mean of the nodes in it  ·  grey: sent nothing");
    } else {
        sign(8, false, false, true, "node");
        sign(78, true, false, true, "relay");
        sign(148, true, true, true, "edge node");
        sign(250, true, false, false, "switched off");
        out += words(360, 0, 12, "line: link  ·  grey: sent nothing");
    }
    return out + "</g>\n";
}

/// The value below which nine in ten nodes lie, rounded up: a few hot nodes shall not hide the
/// rest.
double full_scale(const Report& report, const Measure& measure, double least) {
    std::vector<double> values;
    for (const auto& node : report.nodes)
        if (const auto value = measure.value(node, report.virtual_s); value >= 0)
            values.push_back(value);
    if (values.empty()) return least;
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 95 / 100);
    std::nth_element(values.begin(), at, values.end());
    const auto magnitude = std::pow(10, std::floor(std::log10(std::max(*at, 1e-9))));
    for (const double step : {1.0, 2.0, 5.0, 10.0})
        if (step * magnitude >= *at) return std::max(least, step * magnitude);
    return least;
}

} // namespace

std::string picture_svg(const Report& report) {
    const Frame2d frame(report);
    Measure loss{"Loss: messages of a node that did not arrive", &loss_ramp, 100, "%", true};
    loss.full = std::min(100.0, full_scale(report, loss, 5));
    Measure load{"Load: packets on the channel at a node", &load_ramp, 1, "a second", false};
    load.full = full_scale(report, load, 0.1);
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + n(page_width) +
                      " " + n(page_height) + "\" width=\"" + n(page_width) + "\" height=\"" +
                      n(page_height) +
                      "\" font-family=\"DejaVu Sans, Noto Sans, sans-serif\" "
                      "fill=\"#1d232b\">\n";
    out += box(0, 0, page_width, page_height, "fill=\"#ffffff\"");
    out += words(40, 50, 26, report.name, "font-weight=\"700\"");
    out += words(40, 78, 14,
                 "Simulation of Bluetooth Mesh, " + digits(report.virtual_s, 0) +
                     " s of virtual time. Radio is modelled, not measured.",
                 "fill=\"#555\"");
    out += signs(report.nodes.size() > single_nodes_max);
    out += map(report, frame, loss, map_left[0]);
    out += map(report, frame, load, map_left[1]);
    out += chart(report) + figures(report);
    return out + "</svg>\n";
}

} // namespace torgo::radio
