#include "radio/walls.hpp"

#include <algorithm>
#include <cmath>

namespace torgo::radio {

namespace {

constexpr std::int64_t cells_a_side = 128;
/// Half the diagonal of a cell of side 1, and a little for rounding.
constexpr double near_cell = 0.708;

/// Twice the area of the triangle; its sign tells on which side of a→b the point c lies.
double side(const Point& a, const Point& b, const Point& c) {
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

} // namespace

double distance(const Point& a, const Point& b) {
    return std::hypot(a.x - b.x, a.y - b.y);
}

bool cross(const Point& a, const Point& b, const Point& c, const Point& d) {
    return (side(a, b, c) > 0) != (side(a, b, d) > 0) && (side(c, d, a) > 0) != (side(c, d, b) > 0);
}

WallIndex::WallIndex(const std::vector<Wall>& walls) : m_walls(walls) {
    if (walls.empty()) return;
    Point low = walls[0].from;
    Point high = low;
    for (const auto& wall : walls)
        for (const auto& p : {wall.from, wall.to}) {
            low = {std::min(low.x, p.x), std::min(low.y, p.y)};
            high = {std::max(high.x, p.x), std::max(high.y, p.y)};
        }
    m_origin = low;
    m_cell = std::max({(high.x - low.x) / cells_a_side, (high.y - low.y) / cells_a_side, 0.5});
    m_columns = static_cast<std::int64_t>((high.x - low.x) / m_cell) + 1;
    m_rows = static_cast<std::int64_t>((high.y - low.y) / m_cell) + 1;
    std::vector<std::vector<std::uint32_t>> lists(static_cast<std::size_t>(m_columns * m_rows));
    for (std::uint32_t i = 0; i < walls.size(); ++i) {
        const auto range = cells(walls[i].from, walls[i].to);
        for (auto y = range.y0; y <= range.y1; ++y)
            for (auto x = range.x0; x <= range.x1; ++x)
                if (touches(walls[i].from, walls[i].to, x, y))
                    lists[static_cast<std::size_t>(y * m_columns + x)].push_back(i);
    }
    for (const auto& list : lists) {
        m_from.push_back(static_cast<std::uint32_t>(m_indices.size()));
        m_indices.insert(m_indices.end(), list.begin(), list.end());
    }
    m_from.push_back(static_cast<std::uint32_t>(m_indices.size()));
}

WallIndex::Range WallIndex::cells(const Point& a, const Point& b) const {
    const auto column = [&](double x) {
        const auto at = std::floor((x - m_origin.x) / m_cell);
        return static_cast<std::int64_t>(std::clamp(at, 0.0, static_cast<double>(m_columns - 1)));
    };
    const auto row = [&](double y) {
        const auto at = std::floor((y - m_origin.y) / m_cell);
        return static_cast<std::int64_t>(std::clamp(at, 0.0, static_cast<double>(m_rows - 1)));
    };
    return {column(std::min(a.x, b.x)), row(std::min(a.y, b.y)), column(std::max(a.x, b.x)),
            row(std::max(a.y, b.y))};
}

/// The columns of a row that a line may touch: all that touches() would say yes to, and few more.
WallIndex::Columns WallIndex::columns(const Point& a, const Point& b, const Range& range,
                                      std::int64_t y) const {
    const auto rise = b.y - a.y;
    if (std::abs(rise) < m_cell * 1e-3) return {range.x0, range.x1};
    const auto middle = m_origin.y + (static_cast<double>(y) + 0.5) * m_cell;
    const auto at = a.x + (middle - a.y) * (b.x - a.x) / rise;
    const auto aside = m_cell * near_cell * distance(a, b) / std::abs(rise);
    const auto column = [&](double x) {
        const auto in = std::floor((x - m_origin.x) / m_cell);
        return static_cast<std::int64_t>(std::clamp(in, -2.0, static_cast<double>(m_columns) + 1));
    };
    return {std::max(range.x0, column(at - aside) - 1), std::min(range.x1, column(at + aside) + 1)};
}

/// Does the line come near the cell? Never false for a line that touches it.
bool WallIndex::touches(const Point& a, const Point& b, std::int64_t x, std::int64_t y) const {
    const Point middle{m_origin.x + (static_cast<double>(x) + 0.5) * m_cell,
                       m_origin.y + (static_cast<double>(y) + 0.5) * m_cell};
    const auto length = distance(a, b);
    return length == 0 || std::abs(side(a, b, middle)) / length <= m_cell * near_cell;
}

double WallIndex::loss_db(const Point& a, const Point& b, std::int16_t floor) const {
    if (m_walls.empty()) return 0;
    std::vector<std::uint32_t> seen; // a wall may lie in several cells
    double loss = 0;
    const auto range = cells(a, b);
    for (auto y = range.y0; y <= range.y1; ++y) {
        const auto [first, last] = columns(a, b, range, y);
        for (auto x = first; x <= last; ++x) {
            if (!touches(a, b, x, y)) continue;
            const auto cell = static_cast<std::size_t>(y * m_columns + x);
            for (auto i = m_from[cell]; i < m_from[cell + 1]; ++i) {
                const auto& wall = m_walls[m_indices[i]];
                if (wall.floor != floor || !cross(a, b, wall.from, wall.to)) continue;
                if (std::ranges::find(seen, m_indices[i]) != seen.end()) continue;
                seen.push_back(m_indices[i]);
                loss += wall.loss_db;
            }
        }
    }
    return loss;
}

} // namespace torgo::radio
