#include "radio/scenario.hpp"

#include <algorithm>
#include <cmath>

namespace torgo::radio {

namespace {

constexpr double year_s = 3.2e7;

bool is_place(double metres) {
    return std::abs(metres) <= scenario_size_max; // not a number is none either
}

Time from_s(double s) {
    return static_cast<Time>(std::llround(s * static_cast<double>(second)));
}

Time from_ms(double ms) {
    return static_cast<Time>(std::llround(ms * static_cast<double>(millisecond)));
}

/// Builds a Scenario part by part, in the order in which the parts name each other.
class Builder {
public:
    Result<Scenario> read(const Value& document) {
        Keys keys(document, "the scenario");
        m_out.name = keys.text("name", "scenario");
        m_out.plan.seed = static_cast<std::uint64_t>(keys.whole("seed", 1, 0, INT64_MAX));
        m_out.run.duration = from_s(keys.number("duration_s", 60, 0.001, year_s));
        m_out.run.move_step = from_s(keys.number("move_step_s", 1, 0.01, 3600));
        m_out.link_error_max = keys.number("link_error_max", 0.1, 0.0001, 0.9999);
        m_out.device = static_cast<Scenario::Device>(keys.word("device", {"stack", "flooding"}));
        if (const auto* value = keys.table("radio")) CHECK_OK(radio(*value));
        CHECK_OK(each(keys, "role", [&](const Value& value) { return role(value); }));
        if (m_out.roles.empty()) keys.refuse("role", "a scenario needs at least one [[role]]");
        CHECK_OK(each(keys, "wall", [&](const Value& value) { return wall(value); }));
        CHECK_OK(each(keys, "room", [&](const Value& value) { return room(value); }));
        CHECK_OK(each(keys, "nodes", [&](const Value& value) { return nodes(value); }));
        if (m_out.nodes.empty()) keys.refuse("nodes", "a scenario needs at least one node");
        check_addresses(keys);
        CHECK_OK(each(keys, "traffic", [&](const Value& value) { return traffic(value); }));
        CHECK_OK(each(keys, "event", [&](const Value& value) { return event(value); }));
        CHECK_OK(keys.done());
        return std::move(m_out);
    }

private:
    template <class Read>
    static Result<> each(Keys& keys, std::string_view key, const Read& read) {
        const auto& list = keys.list(key);
        if (list.size() > scenario_walls_max) keys.refuse(key, "too many of them");
        for (const auto& value : list)
            CHECK_OK(read(value));
        return {};
    }

    Result<> radio(const Value& value) {
        Keys keys(value, "[radio]");
        auto& phy = m_out.plan.phy;
        phy.noise_floor_dbm = keys.number("noise_floor_dbm", phy.noise_floor_dbm, -130, -40);
        phy.loss_at_1m_db = keys.number("loss_at_1m_db", phy.loss_at_1m_db, 20, 100);
        phy.exponent = keys.number("exponent", phy.exponent, 1.5, 8);
        phy.shadowing_db = keys.number("shadowing_db", phy.shadowing_db, 0, 20);
        phy.floor_loss_db = keys.number("floor_loss_db", phy.floor_loss_db, 0, 100);
        m_out.plan.floor_height_m = keys.number("floor_height_m", 3.5, 0.1, 100);
        phy.capture_db = keys.number("capture_db", phy.capture_db, 0, 40);
        const auto capture = keys.word("capture", {"first", "stronger", "none"});
        phy.capture = capture != 2;
        phy.capture_late = capture == 1;
        phy.turnaround = static_cast<Time>(keys.whole("turnaround_us", 500, 150, 1'000'000));
        m_out.plan.disturb_margin_db = keys.number("disturb_margin_db", 0, 0, 40);
        CHECK_OK(each(keys, "wifi", [&](const Value& item) { return wifi(item); }));
        return keys.done();
    }

    Result<> wifi(const Value& value) {
        Keys keys(value, "[[radio.wifi]]");
        const auto channel = static_cast<std::size_t>(keys.whole("channel", 37, 37, 39) - 37);
        auto& bursts = m_out.plan.phy.bursts[channel];
        bursts.duty = keys.number("duty", 0, 0, 0.99);
        bursts.length_us = keys.number("burst_us", 1000, 10, 1e6);
        return keys.done();
    }

    /// Each role has a radio of its own, at the same index.
    Result<> role(const Value& value) {
        Keys keys(value, "[[role]]");
        const auto name = keys.text("name", "");
        if (name.empty()) keys.refuse("name", "a role needs a \"name\"");
        if (std::ranges::contains(m_out.role_names, name))
            keys.refuse("name", "this role is there already");
        if (m_out.roles.size() >= profiles_max) keys.refuse("name", "too many roles");
        FloodRole role;
        role.relay = keys.flag("relay", false);
        role.edge = keys.flag("edge", false);
        role.ttl = static_cast<std::uint8_t>(keys.whole("ttl", 10, 0, 127));
        role.network_repeats = static_cast<std::uint8_t>(keys.whole("network_repeats", 2, 0, 7));
        role.network_interval = interval(keys, "network_interval_ms");
        role.relay_repeats = static_cast<std::uint8_t>(keys.whole("relay_repeats", 2, 0, 7));
        role.relay_interval = interval(keys, "relay_interval_ms");
        role.relay_jitter = from_ms(keys.number("relay_jitter_ms", 20, 0, 10'000));
        role.processing = from_ms(keys.number("processing_ms", 0, 0, 10'000));
        m_out.roles.push_back(role);
        m_out.role_names.push_back(name);
        m_out.plan.profiles.push_back(profile(keys));
        return keys.done();
    }

    bool is_stack() const { return m_out.device == Scenario::Device::stack; }

    /// [RADIO-7] The stack keeps these as the standard does, in steps of 10 ms.
    Time interval(Keys& keys, std::string_view key) const {
        const auto out = from_ms(keys.number(key, 20, 10, 320));
        if (is_stack() && out % (10 * millisecond) != 0)
            keys.refuse(key, "the stack has steps of 10 ms");
        return out;
    }

    /// [RADIO-8]
    void check_addresses(Keys& keys) const {
        if (!is_stack()) return;
        std::vector<std::uint32_t> members;
        for (const auto& node : m_out.nodes) {
            members.resize(std::max<std::size_t>(members.size(), node.network + 1U));
            if (++members[node.network] == stack_addresses + 1)
                keys.refuse("nodes", "network " + std::to_string(node.network) +
                                         " has more nodes than addresses (" +
                                         std::to_string(stack_addresses) + ")");
        }
    }

    static Profile profile(Keys& keys) {
        Profile profile;
        profile.tx_power_dbm = keys.number("tx_power_dbm", 0, -40, 20);
        profile.scan_interval = from_ms(keys.number("scan_interval_ms", 30, 2.5, 10'240));
        profile.scan_window = from_ms(keys.number("scan_window_ms", 30, 0, 10'240));
        profile.blind = static_cast<Time>(keys.whole("blind_us", 300, 0, 10'000));
        profile.channel_gap = static_cast<Time>(keys.whole("channel_gap_us", 400, 150, 10'000));
        profile.adv_delay = from_ms(keys.number("adv_delay_ms", 10, 0, 10'000));
        profile.adv_sets = static_cast<std::uint8_t>(keys.whole("adv_sets", 1, 1, 16));
        profile.queue = static_cast<std::uint8_t>(keys.whole("queue", 32, 1, 200));
        if (profile.scan_window > profile.scan_interval)
            keys.refuse("scan_window_ms", "the scan window is longer than the interval");
        return profile;
    }

    static Point point(const std::vector<double>& numbers, std::size_t at = 0) {
        if (numbers.size() < at + 2) return {};
        return {numbers[at], numbers[at + 1]};
    }

    /// [RADIO-2]
    static std::vector<double> coordinates(Keys& keys, std::string_view key, std::size_t count) {
        auto out = keys.numbers(key, count);
        if (std::ranges::all_of(out, is_place)) return out;
        keys.refuse(key, "a place lies within 1,000 km of [0, 0]");
        return std::vector<double>(count);
    }

    static std::int16_t floor(Keys& keys) {
        return static_cast<std::int16_t>(keys.whole("floor", 0, -50, 200));
    }

    /// `floor` and as many above it as `floors` says.
    static std::vector<std::int16_t> floors(Keys& keys) {
        const auto first = floor(keys);
        const auto count = keys.whole("floors", 1, 1, 200);
        std::vector<std::int16_t> out;
        for (std::int64_t i = 0; i < count; ++i)
            out.push_back(static_cast<std::int16_t>(first + i));
        return out;
    }

    void add_wall(const Point& from, const Point& to, double loss_db, std::int16_t floor) {
        m_out.plan.walls.push_back({from, to, loss_db, floor});
    }

    /// Rooms of one size side by side, each wall between two of them once.
    void add_rooms(const Point& low, const Point& high, std::int64_t columns, std::int64_t rows,
                   double loss_db, std::int16_t level) {
        const auto width = high.x - low.x;
        const auto depth = high.y - low.y;
        const auto x = [&](std::int64_t column) {
            return low.x + width * static_cast<double>(column);
        };
        const auto y = [&](std::int64_t row) {
            return low.y + depth * static_cast<double>(row);
        };
        for (std::int64_t row = 0; row <= rows; ++row)
            for (std::int64_t column = 0; column < columns; ++column)
                add_wall({x(column), y(row)}, {x(column + 1), y(row)}, loss_db, level);
        for (std::int64_t column = 0; column <= columns; ++column)
            for (std::int64_t row = 0; row < rows; ++row)
                add_wall({x(column), y(row)}, {x(column), y(row + 1)}, loss_db, level);
    }

    Result<> wall(const Value& value) {
        Keys keys(value, "[[wall]]");
        const auto from = point(coordinates(keys, "from", 2));
        const auto to = point(coordinates(keys, "to", 2));
        if (!keys.has("from") || !keys.has("to"))
            keys.refuse("from", "a wall needs \"from\" and \"to\"");
        const auto loss = keys.number("loss_db", 5, 0, 100);
        for (const auto level : floors(keys))
            add_wall(from, to, loss, level);
        return keys.done();
    }

    Result<> room(const Value& value) {
        Keys keys(value, "[[room]]");
        const auto area = coordinates(keys, "area", 4);
        if (area.empty()) keys.refuse("area", "a room needs an \"area\"");
        const auto low = point(area);
        const auto high = point(area, 2);
        const auto loss = keys.number("loss_db", 5, 0, 100);
        const auto columns = keys.whole("columns", 1, 1, 1000);
        const auto rows = keys.whole("rows", 1, 1, 1000);
        const auto levels = floors(keys);
        const auto walls = static_cast<std::size_t>(2 * columns * rows + columns + rows);
        if (m_out.plan.walls.size() + walls * levels.size() > scenario_walls_max) {
            keys.refuse("area", "too many walls");
            return keys.done();
        }
        for (const auto level : levels)
            add_rooms(low, high, columns, rows, loss, level);
        return keys.done();
    }

    Result<> nodes(const Value& value);
    Result<> traffic(const Value& value);
    Result<> event(const Value& value);
    void fail_event(Keys& keys, Time at, Time until);
    void partition_event(Keys& keys, Time at, Time until);
    void move_event(Keys& keys, Time at, Time until);

    /// Places for one [[nodes]], by its `place`.
    std::vector<Point> places(Keys& keys);

    std::uint8_t group(const std::string& name) {
        const auto found = std::ranges::find(m_out.groups, name);
        if (found == m_out.groups.end()) m_out.groups.push_back(name);
        const auto index = std::ranges::find(m_out.groups, name) - m_out.groups.begin();
        return static_cast<std::uint8_t>(index);
    }

    std::size_t role_index(Keys& keys, std::string_view key) {
        const auto name = keys.text(key, "");
        const auto found = std::ranges::find(m_out.role_names, name);
        if (found == m_out.role_names.end()) {
            keys.refuse(key, "there is no role \"" + name + "\"");
            return 0;
        }
        return static_cast<std::size_t>(found - m_out.role_names.begin());
    }

    /// The nodes that a table's `role`, `group` or `node` chooses; all without any of them.
    std::vector<NodeId> chosen(Keys& keys);

    Scenario m_out;
};

std::vector<Point> Builder::places(Keys& keys) {
    std::vector<Point> out;
    const auto kind = keys.word("place", {"grid", "random", "list"});
    // [RADIO-3]
    const auto room = static_cast<std::int64_t>(scenario_nodes_max - m_out.nodes.size());
    if (kind == 2) {
        for (const auto& item : keys.list("at")) {
            const auto* pair = std::get_if<List>(&item.is);
            double x = 0;
            double y = 0;
            if (pair == nullptr || pair->size() != 2)
                keys.refuse("at", "\"at\" is a list of [x, y]");
            else if (const auto* a = as_number((*pair)[0], x), *b = as_number((*pair)[1], y);
                     a && b && is_place(*a) && is_place(*b))
                out.push_back({*a, *b});
            else if (a && b)
                keys.refuse("at", "a place lies within 1,000 km of [0, 0]");
            else
                keys.refuse("at", "\"at\" is a list of [x, y]");
        }
    } else if (kind == 1) {
        const auto area = coordinates(keys, "area", 4);
        const auto count = keys.whole("count", 0, 0, room);
        if (area.empty()) keys.refuse("area", "random nodes need an \"area\"");
        for (std::int64_t i = 0; i < count && !area.empty(); ++i) {
            const auto bits = mix(m_out.plan.seed, m_out.nodes.size() + out.size());
            out.push_back({std::lerp(area[0], area[2], unit(mix(bits, 1))),
                           std::lerp(area[1], area[3], unit(mix(bits, 2)))});
        }
    } else {
        const auto corner = point(coordinates(keys, "corner", 2));
        const auto columns = keys.whole("columns", 1, 1, std::max<std::int64_t>(room, 1));
        const auto rows = keys.whole("rows", 1, 1, std::max<std::int64_t>(room / columns, 1));
        const auto step = keys.number("step_m", 1, 0.01, scenario_size_max);
        const Point far{corner.x + step * static_cast<double>(columns - 1),
                        corner.y + step * static_cast<double>(rows - 1)};
        if (!is_place(far.x) || !is_place(far.y))
            keys.refuse("step_m", "a place lies within 1,000 km of [0, 0]");
        for (std::int64_t i = 0; i < columns * rows; ++i)
            out.push_back({corner.x + step * static_cast<double>(i % columns),
                           corner.y + step * static_cast<double>(i / columns)});
    }
    if (static_cast<std::int64_t>(out.size()) > room) {
        keys.refuse("place", "too many nodes");
        out.clear();
    }
    return out;
}

Result<> Builder::nodes(const Value& value) {
    Keys keys(value, "[[nodes]]");
    const auto role = static_cast<std::uint8_t>(role_index(keys, "role"));
    const auto network = static_cast<std::uint16_t>(keys.whole("network", 0, 0, 9999));
    const auto in = group(keys.text("group", ""));
    if (m_out.groups.size() > scenario_list_max) keys.refuse("group", "too many groups");
    const auto levels = floors(keys);
    // Each floor has chances of its own.
    for (const auto level : levels) {
        for (const auto& at : places(keys)) {
            const auto number = static_cast<std::uint32_t>(m_out.nodes.size());
            m_out.plan.places.push_back({at, level, role, in, number});
            m_out.nodes.push_back({role, network});
        }
    }
    return keys.done();
}

std::vector<NodeId> Builder::chosen(Keys& keys) {
    std::vector<NodeId> out;
    const auto count = static_cast<std::int64_t>(m_out.nodes.size());
    const auto node = keys.whole("node", -1, 0, count - 1);
    const auto role = keys.has("role") ? static_cast<int>(role_index(keys, "role")) : -1;
    const auto wanted = keys.text("group", "");
    if (keys.has("group") && !std::ranges::contains(m_out.groups, wanted))
        keys.refuse("group", "there is no group \"" + wanted + "\"");
    for (NodeId number = 0; number < m_out.nodes.size(); ++number) {
        const auto& place = m_out.plan.places[number];
        if ((node < 0 || number == node) && (role < 0 || m_out.nodes[number].role == role) &&
            (!keys.has("group") || m_out.groups[place.group] == wanted))
            out.push_back(number);
    }
    const auto share = keys.number("share", 1, 0, 1);
    std::erase_if(out, [&](NodeId number) {
        return share < 1 && unit(mix(m_out.plan.seed, number, 0x7368'6172'65)) >= share;
    });
    return out;
}

Result<> Builder::traffic(const Value& value) {
    Keys keys(value, "[[traffic]]");
    Flow flow;
    flow.sources = chosen(keys);
    flow.period = from_s(keys.number("period_s", 60, 0.001, year_s));
    flow.poisson = keys.flag("poisson", false);
    flow.at_once = keys.flag("at_once", false);
    flow.from = from_s(keys.number("from_s", 0, 0, year_s));
    if (keys.has("until_s")) flow.until = from_s(keys.number("until_s", 0, 0, year_s));
    const auto size_max = is_stack() ? stack_payload_max : FloodDevices::payload_max;
    flow.size =
        static_cast<std::uint8_t>(keys.whole("size", 8, 1, static_cast<std::int64_t>(size_max)));
    const Flow::To kinds[] = {Flow::To::edge, Flow::To::everyone, Flow::To::node};
    flow.to = kinds[keys.word("to", {"edge", "everyone", "node"})];
    if (flow.to == Flow::To::node) {
        const auto last = static_cast<std::int64_t>(m_out.nodes.size()) - 1;
        if (!keys.has("target")) keys.refuse("to", "to = \"node\" needs a \"target\"");
        flow.target = static_cast<NodeId>(keys.whole("target", 0, 0, last));
        // [RADIO-9]
        const auto there =
            static_cast<std::int64_t>(flow.target) <= last ? m_out.nodes[flow.target].network : 0;
        const bool far = std::ranges::any_of(
            flow.sources, [&](NodeId source) { return m_out.nodes[source].network != there; });
        if (is_stack() && far && flow.size < stack_far_payload_min)
            keys.refuse("size", "a message for another network names its source: 7 bytes or more");
    }
    if (m_out.run.flows.size() >= scenario_list_max) keys.refuse("period_s", "too much traffic");
    m_out.run.flows.push_back(std::move(flow));
    return keys.done();
}

Result<> Builder::event(const Value& value) {
    Keys keys(value, "[[event]]");
    const auto at = from_s(keys.number("at_s", 0, 0, year_s));
    const auto until = keys.has("until_s") ? from_s(keys.number("until_s", 0, 0, year_s)) : never;
    if (until <= at) keys.refuse("until_s", "an event ends after it begins");
    switch (keys.word("kind", {"fail", "flare", "partition", "move"})) {
    case 0:
        fail_event(keys, at, until);
        break;
    case 1: {
        const auto rise = keys.number("rise_db", 10, 0, 100);
        m_out.run.happenings.push_back({at, Happening::Noise{rise}});
        if (until != never) m_out.run.happenings.push_back({until, Happening::Noise{rise, true}});
        break;
    }
    case 2:
        partition_event(keys, at, until);
        break;
    default:
        move_event(keys, at, until);
    }
    return keys.done();
}

void Builder::fail_event(Keys& keys, Time at, Time until) {
    const auto nodes = chosen(keys);
    m_out.run.happenings.push_back({at, Happening::Fail{nodes}});
    if (until != never) m_out.run.happenings.push_back({until, Happening::Recover{nodes}});
}

void Builder::partition_event(Keys& keys, Time at, Time until) {
    std::vector<bool> side(m_out.groups.size());
    for (const auto& name : keys.texts("groups")) {
        const auto found = std::ranges::find(m_out.groups, name);
        if (found == m_out.groups.end())
            return keys.refuse("groups", "there is no group \"" + name + "\"");
        side[static_cast<std::size_t>(found - m_out.groups.begin())] = true;
    }
    m_out.run.happenings.push_back({at, Happening::Cut{side}});
    if (until != never) m_out.run.happenings.push_back({until, Happening::Cut{side, true}});
}

void Builder::move_event(Keys& keys, Time at, Time until) {
    if (!keys.has("to") || until == never)
        return keys.refuse("to", "a move needs \"to\" and \"until_s\"");
    const auto to = point(coordinates(keys, "to", 2));
    m_out.plan.moving.resize(m_out.nodes.size());
    for (const auto number : chosen(keys)) {
        m_out.plan.moving[number] = true;
        auto& journeys = m_out.run.journeys;
        auto mine = std::ranges::find(journeys, number, &Journey::node);
        if (mine == journeys.end())
            mine = journeys.insert(journeys.end(), {number, {{0, m_out.plan.places[number].at}}});
        if (at < mine->stops.back().at)
            return keys.refuse("at_s", "moves of a node come in the order of time");
        mine->stops.push_back({at, mine->stops.back().where});
        mine->stops.push_back({until, to});
    }
}

} // namespace

Result<Scenario> read_scenario(const Value& document) {
    return Builder().read(document);
}

} // namespace torgo::radio
