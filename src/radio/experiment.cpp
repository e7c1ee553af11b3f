#include "radio/experiment.hpp"

#include <algorithm>
#include <set>

namespace torgo::radio {

namespace {

/// Numbers of the scenario become the field's node ids.
void translate(const Field& field, Run& run) {
    const auto all = [&](std::vector<NodeId>& nodes) {
        for (auto& node : nodes)
            node = field.node(node);
    };
    for (auto& flow : run.flows) {
        all(flow.sources);
        if (flow.target != no_node) flow.target = field.node(flow.target);
    }
    for (auto& happening : run.happenings) {
        if (auto* fail = std::get_if<Happening::Fail>(&happening.what)) all(fail->nodes);
        if (auto* recover = std::get_if<Happening::Recover>(&happening.what)) all(recover->nodes);
    }
    for (auto& journey : run.journeys)
        journey.node = field.node(journey.node);
}

/// What connectivity() wants to know, by node id.
struct Kinds {
    Kinds(const Field& field, const Scenario& scenario)
        : relays(field.size()), edges(field.size()), networks(field.size()) {
        for (std::uint32_t number = 0; number < scenario.nodes.size(); ++number) {
            const auto node = field.node(number);
            const auto& role = scenario.roles[scenario.nodes[number].role];
            relays[node] = role.relay;
            edges[node] = role.edge;
            networks[node] = scenario.nodes[number].network;
        }
    }

    Connectivity look(const Field& field, const std::vector<bool>& on, double error_max) const {
        return connectivity(field, relays, edges, on, networks, error_max);
    }

    std::vector<bool> relays;
    std::vector<bool> edges;
    std::vector<std::uint16_t> networks;
};

void add_neighbours(const Field& field, NodeId node, double error_max, NodeReport& out) {
    for (const auto links : {field.fixed_links(node), field.moving_links(node)})
        for (const auto link : links)
            if (link.to() > node && field.link_error(node, link, advertising_data_max) <= error_max)
                out.neighbours.push_back(field.place(link.to()).number);
}

void add_nodes(const Field& field, const Simulation& simulation, const Scenario& scenario,
               Report& report) {
    report.nodes.resize(field.size());
    const auto& sent = simulation.ledger().by_source();
    for (NodeId node = 0; node < field.size(); ++node) {
        const auto& place = field.place(node);
        const auto& kind = scenario.nodes[place.number];
        auto& out = report.nodes[place.number];
        out = {place.number,
               kind.role,
               kind.network,
               place.floor,
               place.at,
               scenario.roles[kind.role].relay,
               scenario.roles[kind.role].edge,
               simulation.alive(node),
               report.after.hops[node],
               0,
               0,
               simulation.counters(node),
               {}};
        if (const auto found = sent.find(node); found != sent.end()) {
            out.expected = found->second.expected;
            out.arrived = found->second.arrived;
        }
        if (field.size() <= drawn_links_max)
            add_neighbours(field, node, scenario.link_error_max, out);
    }
}

void add_figures(const Field& field, const Simulation& simulation, Report& report) {
    const auto& ledger = simulation.ledger();
    report.links_per_node = field.links_per_node();
    report.bytes_per_node = simulation.bytes_per_node();
    report.trace = simulation.trace();
    report.messages = ledger.originated();
    report.expected = ledger.expected();
    report.arrived = ledger.arrived();
    report.surplus = ledger.surplus();
    report.latency = ledger.latency();
    report.totals = simulation.totals();
}

} // namespace

Result<Report> run_scenario(Scenario scenario, unsigned threads,
                            const std::function<bool(const Progress&)>& keep_going,
                            const DevicesMaker& maker) {
    Report report;
    report.name = scenario.name;
    report.seed = scenario.plan.seed;
    report.virtual_s = static_cast<double>(scenario.run.duration) / static_cast<double>(second);
    report.link_error_max = scenario.link_error_max;
    report.role_names = scenario.role_names;
    report.walls = scenario.plan.walls;
    std::set<std::uint16_t> networks;
    for (const auto& node : scenario.nodes)
        networks.insert(node.network);
    report.networks = networks.size();

    TRY(auto field, Field::make(scenario.plan));
    auto run = scenario.run;
    run.threads = threads;
    translate(field, run);
    std::vector<FloodNode> nodes(field.size());
    for (std::uint32_t number = 0; number < scenario.nodes.size(); ++number)
        nodes[field.node(number)] = scenario.nodes[number];
    const auto devices =
        maker ? maker(field, scenario, run.flows)
              : std::make_unique<FloodDevices>(scenario.roles, std::move(nodes), run.flows);
    const Kinds kinds(field, scenario);
    std::vector<bool> on(field.size(), true);
    report.before = kinds.look(field, on, scenario.link_error_max);
    Simulation simulation(field, *devices, std::move(run));
    CHECK_OK(simulation.run(keep_going));
    for (NodeId node = 0; node < field.size(); ++node)
        on[node] = simulation.alive(node);
    report.after = kinds.look(field, on, scenario.link_error_max);
    add_figures(field, simulation, report);
    add_nodes(field, simulation, scenario, report);
    return report;
}

} // namespace torgo::radio
