#include "radio/field.hpp"

#include "radio/chance.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace torgo::radio {

namespace {

/// Shadowing stronger than this many deviations does not occur: it bounds who must be looked at.
constexpr double shadowing_limit = 2.5;
constexpr double distance_min_m = 0.1;
constexpr std::uint64_t shadowing_salt = 0x7368'6164'6f77;

/// Position along a Hilbert curve of 2^10 × 2^10 cells.
std::uint64_t hilbert(std::uint32_t x, std::uint32_t y) {
    std::uint64_t along = 0;
    for (std::uint32_t s = 512; s > 0; s /= 2) {
        const std::uint32_t rx = (x & s) != 0 ? 1 : 0;
        const std::uint32_t ry = (y & s) != 0 ? 1 : 0;
        along += std::uint64_t{s} * s * ((3 * rx) ^ ry);
        if (ry == 0) {
            if (rx == 1) {
                x = 1023 - x;
                y = 1023 - y;
            }
            std::swap(x, y);
        }
    }
    return along;
}

struct Box {
    Point low{1e18, 1e18};
    Point high{-1e18, -1e18};

    void add(const Point& p) {
        low = {std::min(low.x, p.x), std::min(low.y, p.y)};
        high = {std::max(high.x, p.x), std::max(high.y, p.y)};
    }
};

} // namespace

Link::Link(NodeId to, double loss_db) {
    const auto level = std::clamp(std::round((loss_db - loss_min_db) * 2), 0.0, 255.0);
    m_bits = to << 8U | static_cast<std::uint32_t>(level);
}

Links Links::from(std::size_t nodes, const std::vector<Pair>& pairs) {
    Links out;
    out.m_from.assign(nodes + 1, 0);
    for (const auto& pair : pairs) {
        ++out.m_from[pair.a + 1];
        ++out.m_from[pair.b + 1];
    }
    std::partial_sum(out.m_from.begin(), out.m_from.end(), out.m_from.begin());
    out.m_links.assign(pairs.size() * 2, Link(0, 0));
    auto at = out.m_from;
    for (const auto& pair : pairs) {
        out.m_links[at[pair.a]++] = Link(pair.b, pair.loss_db);
        out.m_links[at[pair.b]++] = Link(pair.a, pair.loss_db);
    }
    for (std::size_t node = 0; node < nodes; ++node)
        std::sort(out.m_links.begin() + out.m_from[node],
                  out.m_links.begin() + out.m_from[node + 1]);
    return out;
}

/// Nodes by square cells of the plane.
struct Field::Grid {
    Grid(const std::vector<Place>& places, double cell) : cell_m(cell) {
        Box box;
        for (const auto& place : places)
            box.add(place.at);
        low = box.low;
        // More cells than nodes only cost memory.
        const auto side_max = std::max(1.0, std::sqrt(static_cast<double>(places.size()) * 4));
        cell_m =
            std::max({cell_m, (box.high.x - low.x) / side_max, (box.high.y - low.y) / side_max});
        columns = static_cast<std::int64_t>((box.high.x - low.x) / cell_m) + 1;
        rows = static_cast<std::int64_t>((box.high.y - low.y) / cell_m) + 1;
        from.assign(static_cast<std::size_t>(columns * rows) + 1, 0);
        for (const auto& place : places)
            ++from[index(place.at) + 1];
        std::partial_sum(from.begin(), from.end(), from.begin());
        nodes.resize(places.size());
        auto at = from;
        for (NodeId node = 0; node < places.size(); ++node)
            nodes[at[index(places[node].at)]++] = node;
    }

    std::int64_t column(double x) const {
        return std::clamp(static_cast<std::int64_t>((x - low.x) / cell_m), std::int64_t{0},
                          columns - 1);
    }

    std::int64_t row(double y) const {
        return std::clamp(static_cast<std::int64_t>((y - low.y) / cell_m), std::int64_t{0},
                          rows - 1);
    }

    std::size_t index(const Point& p) const {
        return static_cast<std::size_t>(row(p.y) * columns + column(p.x));
    }

    Point low;
    double cell_m;
    std::int64_t columns = 0;
    std::int64_t rows = 0;
    std::vector<std::uint32_t> from;
    std::vector<NodeId> nodes;
};

Field::Field(Plan plan)
    : m_plan(std::move(plan)), m_walls(m_plan.walls), m_limit_db(loss_limit_db()) {}

Result<Field> Field::make(Plan plan) {
    if (plan.places.empty()) return fail(Errc::invalid_argument, "a field without nodes");
    if (plan.places.size() >= nodes_max)
        return fail(Errc::invalid_argument, "too many nodes for one run");
    if (plan.profiles.size() > profiles_max)
        return fail(Errc::invalid_argument, "too many radio profiles for one run");
    for (auto& place : plan.places)
        if (place.profile >= plan.profiles.size())
            return fail(Errc::invalid_argument, "a node's radio profile is not there");
    Field field(std::move(plan));
    field.put_in_order();
    CHECK_OK(field.find_fixed());
    CHECK_OK(field.update());
    return field;
}

void Field::put_in_order() {
    auto& places = m_plan.places;
    Box box;
    for (const auto& place : places)
        box.add(place.at);
    const auto size = std::max({box.high.x - box.low.x, box.high.y - box.low.y, 1e-9});
    const auto key = [&](const Place& place) {
        const auto cell = [&](double d) {
            return static_cast<std::uint32_t>(d / size * 1023);
        };
        return std::tuple(hilbert(cell(place.at.x - box.low.x), cell(place.at.y - box.low.y)),
                          place.floor, place.number);
    };
    std::ranges::sort(places, {}, key);
    m_by_number.assign(places.size(), no_node);
    for (NodeId node = 0; node < places.size(); ++node)
        m_by_number[places[node].number] = node;
    m_is_moving.assign(places.size(), false);
    for (std::uint32_t number = 0; number < m_plan.moving.size(); ++number)
        if (m_plan.moving[number]) m_is_moving[m_by_number[number]] = true;
    for (NodeId node = 0; node < places.size(); ++node)
        if (m_is_moving[node]) m_moving.push_back(node);
}

double Field::loss_limit_db() const {
    double power = -1000;
    for (const auto& profile : m_plan.profiles)
        power = std::max(power, profile.tx_power_dbm);
    const auto& phy = m_plan.phy;
    // A packet that arrives in every second case, and what is weaker by the capture ratio.
    const auto snr = std::min(lock_snr_db, snr_for(0.5, advertising_data_max) - phy.capture_db);
    const auto weakest = phy.noise_floor_dbm + snr - m_plan.disturb_margin_db;
    return std::min(power - weakest, Link::loss_max_db);
}

double Field::reach_m() const {
    const auto& phy = m_plan.phy;
    const auto margin = m_limit_db - phy.loss_at_1m_db + shadowing_limit * phy.shadowing_db;
    return std::max(distance_min_m, std::pow(10, margin / (10 * phy.exponent)));
}

double mean_loss_db(const Phy& phy, double floor_height_m, const Place& a, const Place& b) {
    const auto floors = std::abs(a.floor - b.floor);
    const auto far = std::hypot(distance(a.at, b.at), floors * floor_height_m);
    return phy.loss_at_1m_db + floors * phy.floor_loss_db +
           10 * phy.exponent * std::log10(std::max(far, distance_min_m));
}

double Field::loss_db(NodeId a, NodeId b) const {
    double loss = 0;
    return hears(a, b, loss) ? loss : Link::loss_max_db + 1;
}

/// Is the loss small enough for a link? Cheap refusals first.
bool Field::hears(NodeId a, NodeId b, double& loss) const {
    const auto& phy = m_plan.phy;
    const auto& p = m_plan.places[a];
    const auto& q = m_plan.places[b];
    // Two that never listen have nothing to do with each other: most sensors of a building.
    if (m_plan.profiles[p.profile].scan_window == 0 && m_plan.profiles[q.profile].scan_window == 0)
        return false;
    if (!m_part.empty() && m_part[p.group] != m_part[q.group]) return false;
    const auto limit = m_limit_db;
    loss = mean_loss_db(phy, m_plan.floor_height_m, p, q);
    if (loss - shadowing_limit * phy.shadowing_db > limit) return false;
    if (phy.shadowing_db > 0) {
        // By the scenario's numbers: the order in memory must not matter.
        const auto pair = std::minmax(p.number, q.number);
        const auto bits =
            mix(m_plan.seed ^ shadowing_salt, std::uint64_t{pair.first} << 32U | pair.second);
        loss += phy.shadowing_db * normal(bits, shadowing_limit);
    }
    if (loss > limit) return false;
    if (!m_walls.empty()) {
        loss += m_walls.loss_db(p.at, q.at, p.floor);
        if (p.floor != q.floor) loss += m_walls.loss_db(p.at, q.at, q.floor);
    }
    return loss <= limit;
}

/// Appends the pairs of `node` with the nodes around it; of two moving nodes the pair comes once.
void Field::pair_up(const Grid& grid, NodeId node, bool only_later,
                    std::vector<Links::Pair>& out) const {
    const auto reach = reach_m();
    const auto& at = m_plan.places[node].at;
    for (auto row = grid.row(at.y - reach); row <= grid.row(at.y + reach); ++row)
        for (auto column = grid.column(at.x - reach); column <= grid.column(at.x + reach);
             ++column) {
            const auto cell = static_cast<std::size_t>(row * grid.columns + column);
            for (auto i = grid.from[cell]; i < grid.from[cell + 1]; ++i) {
                const auto other = grid.nodes[i];
                const auto once = only_later ? !m_is_moving[other] && other > node
                                             : !m_is_moving[other] || other > node;
                double loss = 0;
                if (other != node && once && hears(node, other, loss))
                    out.push_back({node, other, static_cast<float>(loss)});
            }
        }
}

Result<> Field::find_fixed() {
    const Grid grid(m_plan.places, reach_m() / 2);
    std::vector<Links::Pair> pairs;
    for (NodeId node = 0; node < size(); ++node) {
        if (m_is_moving[node]) continue;
        pair_up(grid, node, true, pairs);
        if (pairs.size() > links_max / 2)
            return fail(Errc::limit_exceeded, "too many links: the nodes are too dense");
    }
    m_fixed = Links::from(size(), pairs);
    return {};
}

Result<> Field::update() {
    if (m_moving.empty()) return {};
    const Grid grid(m_plan.places, reach_m() / 2);
    std::vector<Links::Pair> pairs;
    for (const auto node : m_moving) {
        pair_up(grid, node, false, pairs);
        if (pairs.size() > links_max / 2)
            return fail(Errc::limit_exceeded, "too many links: the nodes are too dense");
    }
    m_moving_links = Links::from(size(), pairs);
    return {};
}

Result<> Field::cut(std::vector<std::uint32_t> part_of_group) {
    m_part = std::move(part_of_group);
    CHECK_OK(find_fixed());
    return update();
}

double Field::link_error(NodeId from, const Link& link, std::size_t advertising_data) const {
    const auto rssi = profile(from).tx_power_dbm - link.loss_db();
    const auto snr = rssi - m_plan.phy.noise_floor_dbm;
    return snr < lock_snr_db ? 1 : packet_error(snr, advertising_data);
}

double Field::links_per_node() const {
    const auto count = m_fixed.count() + m_moving_links.count();
    return static_cast<double>(count) / static_cast<double>(std::max<std::size_t>(size(), 1));
}

std::size_t Field::memory() const {
    return m_fixed.memory() + m_moving_links.memory() + m_plan.places.capacity() * sizeof(Place) +
           m_by_number.capacity() * sizeof(NodeId);
}

} // namespace torgo::radio
