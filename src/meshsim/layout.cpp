#include "meshsim/layout.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <queue>

namespace torgo::meshsim {

namespace {

using radio::Place;

/// The longest packet's error at which a link is still counted.
constexpr double link_error = 0.1;
/// Above this the channel is so full that each further repeat does more harm than good.
constexpr double load_most = 0.4;
constexpr std::uint8_t repeats_most = 5;
/// Receptions that fail for other reasons: noise on weak links, channels being switched.
constexpr double missed_anyway = 0.1;
/// A second node that hears a sensor helps half as much as a further repeat: what disturbs the one
/// often disturbs the other.
constexpr double second_ear = 0.5;
constexpr double near_m = 0.1;

struct Grid {
    static constexpr double cell_m = 10;

    explicit Grid(const std::vector<Place>& places) {
        for (std::uint32_t i = 0; i < places.size(); ++i)
            cells[key(places[i].at.x, places[i].at.y)].push_back(i);
    }

    static std::pair<int, int> key(double x, double y) {
        return {static_cast<int>(std::floor(x / cell_m)), static_cast<int>(std::floor(y / cell_m))};
    }

    template <class Visit>
    void each_near(const radio::Point& at, double reach_m, const Visit& visit) const {
        const auto low = key(at.x - reach_m, at.y - reach_m);
        const auto high = key(at.x + reach_m, at.y + reach_m);
        for (auto x = low.first; x <= high.first; ++x) {
            auto cell = cells.lower_bound({x, low.second});
            for (; cell != cells.end() && cell->first <= std::pair(x, high.second); ++cell)
                for (const auto index : cell->second)
                    visit(index);
        }
    }

    std::map<std::pair<int, int>, std::vector<std::uint32_t>> cells;
};

double loss_limit(const Survey& survey, double power_dbm, double snr_db) {
    return power_dbm - survey.phy.noise_floor_dbm - snr_db;
}

/// Up to this loss a link counts, with the margin kept back.
double good_loss(const Survey& survey, double power_dbm, double margin_db) {
    return loss_limit(survey, power_dbm, radio::snr_for(link_error, radio::advertising_data_max)) -
           margin_db;
}

/// So many of a list that is sorted by loss are within a limit.
std::span<const Reach::Heard> within(const std::vector<Reach::Heard>& list, double loss_db) {
    const auto end = std::ranges::upper_bound(list, loss_db, {}, &Reach::Heard::loss_db);
    return {list.begin(), end};
}

/// Greedy cover: takes the set with most that is still wanted, until nothing gains.
///
/// in      `wanted` by element, how often; `set_of(i)` the elements of set i
/// cost    each set's elements, some times over: gains only shrink, so a stale one is looked at
///         again only when it leads
template <class SetOf>
std::vector<std::uint32_t> cover(std::vector<std::uint8_t> wanted,
                                 const std::vector<std::uint32_t>& sets, const SetOf& set_of) {
    const auto gain = [&](std::uint32_t set) {
        std::size_t sum = 0;
        for (const auto element : set_of(set))
            sum += wanted[element] != 0;
        return sum;
    };
    using Entry = std::pair<std::size_t, std::uint32_t>;
    // Equal gains: the lower index first, so that a plan does not depend on the library's heap.
    const auto later = [](const Entry& a, const Entry& b) {
        return a.first != b.first ? a.first < b.first : a.second > b.second;
    };
    std::priority_queue<Entry, std::vector<Entry>, decltype(later)> queue(later);
    for (const auto set : sets)
        queue.emplace(gain(set), set);
    std::vector<std::uint32_t> out;
    while (!queue.empty()) {
        const auto [stale, set] = queue.top();
        queue.pop();
        const auto now = gain(set);
        if (now == 0) continue;
        if (now < stale) {
            queue.emplace(now, set);
            continue;
        }
        out.push_back(set);
        for (const auto element : set_of(set))
            if (wanted[element] != 0) --wanted[element];
    }
    return out;
}

/// How often each element can be had at all, at most `most` times.
template <class SetOf>
std::vector<std::uint8_t> possible(std::size_t elements, const std::vector<std::uint32_t>& sets,
                                   const SetOf& set_of, std::uint8_t most) {
    std::vector<std::uint8_t> out(elements);
    for (const auto set : sets)
        for (const auto element : set_of(set))
            if (out[element] < most) ++out[element];
    return out;
}

class Builder {
public:
    Builder(const Survey& survey, const Reach& reach, const Choice& choice)
        : m_survey(survey), m_reach(reach) {
        m_out.choice = choice;
        m_sensor_loss = good_loss(survey, survey.equipment.sensor_power_dbm, choice.margin_db);
        m_relay_loss = good_loss(survey, survey.equipment.relay_power_dbm, choice.margin_db);
    }

    Layout build() {
        choose_access();
        if (m_out.choice.hops == 1)
            m_out.edges = m_access;
        else
            choose_edges();
        make_cells();
        join_relays();
        join_sensors();
        return std::move(m_out);
    }

private:
    std::vector<std::uint32_t> sockets(bool only_network) const {
        std::vector<std::uint32_t> out;
        for (std::uint32_t i = 0; i < m_survey.sockets.size(); ++i)
            if (!only_network || m_survey.sockets[i].network) out.push_back(i);
        return out;
    }

    /// What sensors are heard by.
    void choose_access() {
        const auto candidates = sockets(m_out.choice.hops == 1);
        const auto set_of = [&](std::uint32_t socket) {
            std::vector<std::uint32_t> out;
            for (const auto& heard : within(m_reach.sensors(socket), m_sensor_loss))
                out.push_back(heard.who);
            return out;
        };
        const auto wanted =
            possible(m_survey.sensors.size(), candidates, set_of, m_out.choice.redundancy);
        m_out.unheard = static_cast<std::size_t>(std::ranges::count(wanted, 0));
        m_access = cover(wanted, candidates, set_of);
    }

    /// The access points that reach a socket in `hops` − 1 steps over access points.
    std::vector<std::uint32_t> near(std::uint32_t socket) const {
        std::vector<std::uint8_t> seen(m_survey.sockets.size());
        std::vector<std::uint32_t> out;
        std::vector<std::uint32_t> front{socket};
        seen[socket] = 1;
        if (m_is_access[socket]) out.push_back(socket);
        for (unsigned step = 1; step < m_out.choice.hops; ++step) {
            std::vector<std::uint32_t> next;
            for (const auto from : front)
                for (const auto& heard : within(m_reach.sockets(from), m_relay_loss))
                    if (m_is_access[heard.who] && !seen[heard.who]) {
                        seen[heard.who] = 1;
                        next.push_back(heard.who);
                    }
            out.insert(out.end(), next.begin(), next.end());
            front = std::move(next);
        }
        return out;
    }

    void choose_edges() {
        m_is_access.assign(m_survey.sockets.size(), false);
        for (const auto socket : m_access)
            m_is_access[socket] = true;
        const auto candidates = sockets(true);
        std::map<std::uint32_t, std::vector<std::uint32_t>> sets;
        for (const auto socket : candidates)
            sets[socket] = near(socket);
        const auto set_of = [&](std::uint32_t socket) -> const std::vector<std::uint32_t>& {
            return sets.at(socket);
        };
        const auto wanted = possible(m_survey.sockets.size(), candidates, set_of,
                                     std::min<std::uint8_t>(2, m_out.choice.redundancy));
        m_out.edges = cover(wanted, candidates, set_of);
        for (const auto socket : m_access)
            if (!std::ranges::contains(m_out.edges, socket)) m_out.relays.push_back(socket);
    }

    /// Neighbouring edge nodes, floor by floor and strip by strip, until a cell has enough sensors.
    void make_cells() {
        std::ranges::sort(m_out.edges, {}, [&](std::uint32_t socket) {
            const auto& at = m_survey.sockets[socket].at;
            return std::tuple(at.floor, at.at.x, at.at.y, socket);
        });
        m_out.socket_cell.assign(m_survey.sockets.size(), no_cell);
        const auto each = static_cast<double>(m_survey.sensors.size()) /
                          static_cast<double>(std::max<std::size_t>(m_out.edges.size(), 1));
        const auto size = static_cast<std::size_t>(
            std::max(2.0, std::round(m_survey.equipment.cell_sensors / std::max(each, 1e-9))));
        const auto count = std::max<std::size_t>(1, (m_out.edges.size() + size / 2) / size);
        for (std::size_t i = 0; i < m_out.edges.size(); ++i)
            m_out.socket_cell[m_out.edges[i]] =
                static_cast<std::uint16_t>(i * count / m_out.edges.size());
        m_out.cells = count;
    }

    /// A relay belongs to the cell of the edge node that it reaches in fewest steps.
    void join_relays() {
        std::vector<bool> is_relay(m_survey.sockets.size());
        for (const auto socket : m_out.relays)
            is_relay[socket] = true;
        auto front = m_out.edges;
        while (!front.empty()) {
            std::vector<std::uint32_t> next;
            for (const auto from : front)
                for (const auto& heard : within(m_reach.sockets(from), m_relay_loss))
                    if (is_relay[heard.who] && m_out.socket_cell[heard.who] == no_cell) {
                        m_out.socket_cell[heard.who] = m_out.socket_cell[from];
                        next.push_back(heard.who);
                    }
            front = std::move(next);
        }
        std::erase_if(m_out.relays, [&](auto s) { return m_out.socket_cell[s] == no_cell; });
    }

    /// A sensor joins the cell of which it is heard by most, then best.
    void join_sensors() {
        struct Vote {
            unsigned count = 0;
            float loss_db = 0;
        };

        std::vector<std::map<std::uint16_t, Vote>> votes(m_survey.sensors.size());
        for (const auto& list : {m_out.edges, m_out.relays})
            for (const auto socket : list)
                for (const auto& heard : within(m_reach.sensors(socket), m_sensor_loss)) {
                    auto& vote = votes[heard.who][m_out.socket_cell[socket]];
                    if (vote.count++ == 0 || heard.loss_db < vote.loss_db)
                        vote.loss_db = heard.loss_db;
                }
        m_out.sensor_cell.assign(m_survey.sensors.size(), 0);
        for (std::size_t sensor = 0; sensor < votes.size(); ++sensor) {
            const auto better = [&](const auto& a, const auto& b) {
                const auto worth = [&](const Vote& v) {
                    return std::pair(std::min<unsigned>(v.count, m_out.choice.redundancy),
                                     -v.loss_db);
                };
                return worth(a.second) < worth(b.second);
            };
            if (const auto best = std::ranges::max_element(votes[sensor], better);
                best != votes[sensor].end())
                m_out.sensor_cell[sensor] = best->first;
        }
    }

    const Survey& m_survey;
    const Reach& m_reach;
    Layout m_out;
    double m_sensor_loss;
    double m_relay_loss;
    std::vector<std::uint32_t> m_access;
    std::vector<bool> m_is_access;
};

/// Messages a second that each relay passes on: those of the sensors that it hears, and of relays
/// near it, once for each further step that the TTL allows.
std::vector<double> relayed(const Survey& survey, const Reach& reach, const Layout& layout) {
    std::vector<double> heard(survey.sockets.size());
    std::vector<double> out(survey.sockets.size());
    const auto loss = good_loss(survey, survey.equipment.sensor_power_dbm, 0);
    for (const auto relay : layout.relays)
        for (const auto& sensor : within(reach.sensors(relay), loss))
            if (layout.sensor_cell[sensor.who] == layout.socket_cell[relay])
                heard[relay] += 1 / survey.target.period_s;
    out = heard;
    const auto relay_loss = good_loss(survey, survey.equipment.relay_power_dbm, 0);
    for (unsigned step = 2; step < layout.choice.hops; ++step) {
        auto next = heard;
        for (const auto relay : layout.relays)
            for (const auto& other : within(reach.sockets(relay), relay_loss))
                if (layout.socket_cell[other.who] == layout.socket_cell[relay])
                    next[relay] += heard[other.who] / layout.choice.redundancy;
        out = next;
    }
    return out;
}

/// Packets a second on one channel at the busiest receiver, for one event a message.
double packets_at_worst(const Survey& survey, const Reach& reach, const Layout& layout) {
    const auto rates = relayed(survey, reach, layout);
    const auto sensor_loss = loss_limit(survey, survey.equipment.sensor_power_dbm, 0);
    const auto relay_loss = loss_limit(survey, survey.equipment.relay_power_dbm, 0);
    double worst = 0;
    for (const auto& list : {layout.edges, layout.relays})
        for (const auto socket : list) {
            const auto sensors = within(reach.sensors(socket), sensor_loss).size();
            auto packets = static_cast<double>(sensors) / survey.target.period_s + rates[socket];
            for (const auto& other : within(reach.sockets(socket), relay_loss))
                packets += rates[other.who];
            worst = std::max(worst, packets);
        }
    return worst;
}

} // namespace

Reach::Reach(const Survey& survey)
    : m_sensors(survey.sockets.size()), m_sockets(survey.sockets.size()) {
    const radio::WallIndex walls(survey.walls);
    const auto power =
        std::max(survey.equipment.sensor_power_dbm, survey.equipment.relay_power_dbm);
    const auto limit = loss_limit(survey, power, 0);
    const auto reach_m =
        std::pow(10, (limit - survey.phy.loss_at_1m_db) / (10 * survey.phy.exponent)) + near_m;
    const auto loss = [&](const Place& a, const Place& b) {
        auto db = radio::mean_loss_db(survey.phy, survey.floor_height_m, a, b);
        if (db > limit || walls.empty()) return db;
        db += walls.loss_db(a.at, b.at, a.floor);
        return a.floor == b.floor ? db : db + walls.loss_db(a.at, b.at, b.floor);
    };
    std::vector<Place> places;
    for (const auto& socket : survey.sockets)
        places.push_back(socket.at);
    const auto gather = [&](const std::vector<Place>& others, bool same, auto& lists) {
        const Grid grid(others);
        for (std::uint32_t socket = 0; socket < places.size(); ++socket) {
            grid.each_near(places[socket].at, reach_m, [&](std::uint32_t other) {
                if (same && other == socket) return;
                const auto db = loss(places[socket], others[other]);
                if (db <= limit) lists[socket].push_back({other, static_cast<float>(db)});
            });
            std::ranges::sort(lists[socket], {}, [](const Heard& heard) {
                return std::pair(heard.loss_db, heard.who);
            });
        }
    };
    gather(survey.sensors, false, m_sensors);
    gather(places, true, m_sockets);
}

Layout lay_out(const Survey& survey, const Reach& reach, const Choice& choice) {
    return Builder(survey, reach, choice).build();
}

std::optional<std::uint8_t> repeats_for(const Survey& survey, const Reach& reach, Layout& layout) {
    const auto packets = packets_at_worst(survey, reach, layout);
    const auto air =
        static_cast<double>(radio::air_time(radio::FloodDevices::frame_size(survey.target.size))) /
        static_cast<double>(radio::second);
    const auto wanted = 1 - survey.target.delivered;
    const auto ears = layout.choice.redundancy > 1 ? 1 + second_ear : 1;
    for (std::uint8_t repeats = 0; repeats <= repeats_most; ++repeats) {
        const auto load = packets * (repeats + 1) * air;
        const auto heard = (1 - missed_anyway) * std::exp(-2 * load);
        layout.busiest = load;
        layout.lost_estimate = std::pow(1 - heard, (repeats + 1) * ears);
        if (load > load_most) return std::nullopt;
        if (layout.lost_estimate <= wanted) return repeats;
    }
    return std::nullopt;
}

} // namespace torgo::meshsim
