#include "quantum/minimise.hpp"

#include <algorithm>
#include <cmath>

namespace torgo::quantum {

namespace {

constexpr double flat = 1e-12; ///< the simplex's values are the same: done

struct Corner {
    std::vector<double> at;
    double value = 0;
};

/// from + share · (to − from).
std::vector<double> between(const std::vector<double>& from, const std::vector<double>& to,
                            double share) {
    auto out = from;
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] += share * (to[i] - from[i]);
    return out;
}

std::vector<double> centre(const std::vector<Corner>& corners) {
    std::vector<double> out(corners[0].at.size());
    for (std::size_t k = 0; k + 1 < corners.size(); ++k)
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] += corners[k].at[i] / static_cast<double>(corners.size() - 1);
    return out;
}

class Simplex {
public:
    Simplex(const std::function<double(const std::vector<double>&)>& f,
            const std::vector<double>& start, double step)
        : m_f(f) {
        m_corners.push_back(corner(start));
        for (std::size_t i = 0; i < start.size(); ++i) {
            auto at = start;
            at[i] += step;
            m_corners.push_back(corner(at));
        }
        sort();
    }

    bool is_flat() const { return m_corners.back().value - m_corners.front().value < flat; }

    int evaluations() const { return m_evaluations; }

    const Corner& best() const { return m_corners.front(); }

    void step() {
        auto& worst = m_corners.back();
        const auto middle = centre(m_corners);
        auto mirrored = corner(between(middle, worst.at, -1));
        if (mirrored.value < best().value) {
            auto further = corner(between(middle, worst.at, -2));
            worst = std::move(further.value < mirrored.value ? further : mirrored);
        } else if (mirrored.value < m_corners[m_corners.size() - 2].value) {
            worst = std::move(mirrored);
        } else {
            auto nearer = corner(between(middle, worst.at, 0.5));
            if (nearer.value < worst.value)
                worst = std::move(nearer);
            else
                shrink();
        }
        sort();
    }

private:
    Corner corner(std::vector<double> at) {
        ++m_evaluations;
        const auto value = m_f(at);
        return {std::move(at), value};
    }

    void shrink() {
        for (std::size_t k = 1; k < m_corners.size(); ++k)
            m_corners[k] = corner(between(m_corners[0].at, m_corners[k].at, 0.5));
    }

    void sort() { std::ranges::sort(m_corners, {}, &Corner::value); }

    const std::function<double(const std::vector<double>&)>& m_f;
    std::vector<Corner> m_corners;
    int m_evaluations = 0;
};

} // namespace

Minimum minimise(const std::function<double(const std::vector<double>&)>& f,
                 const std::vector<double>& start, double step, int evaluations_max,
                 const std::stop_token& stop) {
    Simplex simplex(f, start, step);
    while (!simplex.is_flat() && simplex.evaluations() < evaluations_max && !stop.stop_requested())
        simplex.step();
    return {simplex.best().at, simplex.best().value, simplex.evaluations()};
}

} // namespace torgo::quantum
