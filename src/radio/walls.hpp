#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace torgo::radio {

/// Metres.
struct Point {
    double x = 0;
    double y = 0;

    bool operator==(const Point&) const = default;
};

double distance(const Point& a, const Point& b);

/// A straight wall on one floor.
struct Wall {
    Point from;
    Point to;
    double loss_db = 5;
    std::int16_t floor = 0;
};

/// Do the two segments cross? Touching at an end counts as crossing for one of the two sides only,
/// so that a ray through the corner of a closed room is counted once.
bool cross(const Point& a, const Point& b, const Point& c, const Point& d);

/// Finds the walls between two points without looking at all of them: a grid of cells with the
/// walls that touch each.
class WallIndex {
public:
    WallIndex() = default;
    explicit WallIndex(const std::vector<Wall>& walls);

    /// Sum of the losses of the walls that the straight line from `a` to `b` crosses on a floor.
    double loss_db(const Point& a, const Point& b, std::int16_t floor) const;

    bool empty() const { return m_walls.empty(); }

private:
    struct Range {
        std::int64_t x0, y0, x1, y1;
    };

    struct Columns {
        std::int64_t first, last;
    };

    Range cells(const Point& a, const Point& b) const;
    Columns columns(const Point& a, const Point& b, const Range& range, std::int64_t y) const;
    bool touches(const Point& a, const Point& b, std::int64_t x, std::int64_t y) const;

    std::vector<Wall> m_walls;
    Point m_origin;
    double m_cell = 1;
    std::int64_t m_columns = 0;
    std::int64_t m_rows = 0;
    std::vector<std::uint32_t> m_from;
    std::vector<std::uint32_t> m_indices;
};

} // namespace torgo::radio
