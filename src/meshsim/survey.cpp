#include "meshsim/survey.hpp"

#include <algorithm>
#include <array>

namespace torgo::meshsim {

namespace {

using radio::Keys;
using radio::List;
using radio::Table;
using radio::Value;

Value text(const Value& at, std::string what) {
    return {std::move(what), at.line, at.column};
}

/// The building as a scenario of nodes that do nothing, so that one reader knows places and walls.
class Surveyor {
public:
    Result<Survey> read(const Value& document) {
        Keys keys(document, "the plan");
        m_out.name = keys.text("name", "plan");
        for (const auto* key : {"name", "seed", "radio", "wall", "room"})
            keep(document, keys, key);
        if (const auto* value = keys.table("target")) CHECK_OK(target(*value));
        if (const auto* value = keys.table("equipment")) CHECK_OK(equipment(*value));
        CHECK_OK(nodes(keys, "sensors"));
        CHECK_OK(nodes(keys, "sockets"));
        CHECK_OK(keys.done());
        TRY(auto scenario, radio::read_scenario(scenario_of(document)));
        fill(scenario);
        if (m_out.sensors.empty()) keys.refuse("sensors", "a plan needs [[sensors]]");
        if (std::ranges::none_of(m_out.sockets, &Socket::network))
            keys.refuse("sockets", "a plan needs [[sockets]] with network = true: without an edge "
                                   "node no reading leaves the mesh");
        CHECK_OK(keys.done());
        return std::move(m_out);
    }

private:
    void keep(const Value& document, Keys& keys, std::string_view key) {
        if (!keys.has(key)) return;
        (void)keys.table(key); // asked for, whatever it is: the scenario's reader judges it
        const auto& table = std::get<Table>(document.is);
        m_out.building.push_back(*std::ranges::find(table, key, &radio::Item::key));
    }

    Result<> target(const Value& value) {
        Keys keys(value, "[target]");
        auto& out = m_out.target;
        out.latency_ms = keys.number("latency_ms", out.latency_ms, 1, 60'000);
        out.share = keys.number("share", out.share, 0.5, 0.9999);
        out.delivered = keys.number("delivered", out.delivered, 0.5, 0.99999);
        out.period_s = keys.number("period_s", out.period_s, 0.1, 86'400);
        out.size = static_cast<std::uint8_t>(keys.whole("size", out.size, 1, 11));
        return keys.done();
    }

    Result<> equipment(const Value& value) {
        Keys keys(value, "[equipment]");
        auto& out = m_out.equipment;
        out.hops_max = static_cast<std::uint8_t>(keys.whole("hops_max", out.hops_max, 1, 10));
        out.redundancy = static_cast<std::uint8_t>(keys.whole("redundancy", out.redundancy, 1, 8));
        out.margin_db = keys.number("margin_db", out.margin_db, 0, 40);
        out.cell_sensors =
            static_cast<std::uint32_t>(keys.whole("cell_sensors", out.cell_sensors, 10, 20'000));
        out.sensor_power_dbm = keys.number("sensor_power_dbm", 0, -40, 20);
        out.relay_power_dbm = keys.number("relay_power_dbm", 0, -40, 20);
        return keys.done();
    }

    /// [[sensors]] and [[sockets]] say what [[nodes]] of a scenario say, but for role and network.
    Result<> nodes(Keys& keys, const std::string& key) {
        for (const auto& value : keys.list(key)) {
            auto copy = value;
            auto* table = std::get_if<Table>(&copy.is);
            std::string role = "sensor";
            if (table != nullptr && key == "sockets") {
                Keys own(value, "[[sockets]]");
                role = own.flag("network", false) ? "edge" : "relay";
                std::erase_if(*table, [](const auto& item) { return item.key == "network"; });
            }
            for (const auto* ours : {"role", "network", "group"})
                if (Keys(copy, "[[" + key + "]]").has(ours))
                    return fail(Errc::invalid_argument,
                                std::to_string(value.line) + ":" + std::to_string(value.column) +
                                    ": \"" + ours + "\" is no key of [[" + key + "]]");
            if (table != nullptr) table->push_back({"role", text(value, role)});
            m_nodes.push_back(std::move(copy));
        }
        return {};
    }

    Value scenario_of(const Value& document) const {
        Table out = m_out.building;
        List roles;
        for (const auto* name : {"sensor", "relay", "edge"})
            roles.push_back(
                {Table{{"name", text(document, name)}}, document.line, document.column});
        // No addresses are given out yet, so none can be too many.
        out.push_back({"device", text(document, "flooding")});
        out.push_back({"role", {std::move(roles), document.line, document.column}});
        out.push_back({"nodes", {m_nodes, document.line, document.column}});
        return {std::move(out), document.line, document.column};
    }

    void fill(radio::Scenario& scenario) {
        m_out.seed = scenario.plan.seed;
        m_out.phy = scenario.plan.phy;
        m_out.floor_height_m = scenario.plan.floor_height_m;
        m_out.walls = std::move(scenario.plan.walls);
        for (const auto& place : scenario.plan.places) {
            const auto role = scenario.nodes[place.number].role;
            if (role == 0)
                m_out.sensors.push_back(place);
            else
                m_out.sockets.push_back({place, role == 2});
        }
    }

    Survey m_out;
    List m_nodes;
};

} // namespace

Result<Survey> read_survey(const Value& document) {
    return Surveyor().read(document);
}

} // namespace torgo::meshsim
