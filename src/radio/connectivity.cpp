#include "radio/connectivity.hpp"

#include <algorithm>
#include <deque>

namespace torgo::radio {

namespace {

/// The graph of good links between nodes of one network.
class Graph {
public:
    Graph(const Field& field, const std::vector<bool>& on,
          const std::vector<std::uint16_t>& networks, double error_max)
        : m_field(field),
          m_on(on),
          m_networks(networks),
          m_snr_min(std::max(lock_snr_db, snr_for(error_max, advertising_data_max))) {}

    template <class Visit>
    void each_neighbour(NodeId node, const Visit& visit) const {
        for (const auto links : {m_field.fixed_links(node), m_field.moving_links(node)})
            for (const auto link : links)
                if (m_on[link.to()] && m_networks[link.to()] == m_networks[node] &&
                    good(node, link))
                    visit(link.to());
    }

private:
    bool good(NodeId node, const Link& link) const {
        const auto weaker =
            std::min(m_field.profile(node).tx_power_dbm, m_field.profile(link.to()).tx_power_dbm);
        return weaker - link.loss_db() - m_field.phy().noise_floor_dbm >= m_snr_min;
    }

    const Field& m_field;
    const std::vector<bool>& m_on;
    const std::vector<std::uint16_t>& m_networks;
    double m_snr_min;
};

void count_components(const Graph& graph, const std::vector<bool>& relays,
                      const std::vector<bool>& on, Connectivity& out) {
    std::vector<bool> seen(relays.size());
    std::vector<NodeId> open;
    for (NodeId first = 0; first < relays.size(); ++first) {
        if (!relays[first] || !on[first] || seen[first]) continue;
        std::size_t size = 0;
        seen[first] = true;
        open.push_back(first);
        while (!open.empty()) {
            const auto node = open.back();
            open.pop_back();
            ++size;
            graph.each_neighbour(node, [&](NodeId other) {
                if (!relays[other] || seen[other]) return;
                seen[other] = true;
                open.push_back(other);
            });
        }
        ++out.components;
        out.relays += size;
        out.largest = std::max(out.largest, size);
    }
}

/// Backwards from the edge nodes: only relays carry on.
void count_hops(const Graph& graph, const std::vector<bool>& relays, const std::vector<bool>& edges,
                const std::vector<bool>& on, Connectivity& out) {
    std::deque<NodeId> open;
    for (NodeId node = 0; node < edges.size(); ++node) {
        out.nodes += on[node] ? 1U : 0U;
        if (!edges[node] || !on[node]) continue;
        out.hops[node] = 0;
        open.push_back(node);
    }
    while (!open.empty()) {
        const auto node = open.front();
        open.pop_front();
        ++out.reach_edge;
        if (!relays[node] && !edges[node]) continue;
        graph.each_neighbour(node, [&](NodeId other) {
            if (out.hops[other] != Connectivity::no_way) return;
            out.hops[other] = static_cast<std::uint16_t>(out.hops[node] + 1);
            open.push_back(other);
        });
    }
}

} // namespace

Connectivity connectivity(const Field& field, const std::vector<bool>& relays,
                          const std::vector<bool>& edges, const std::vector<bool>& on,
                          const std::vector<std::uint16_t>& networks, double error_max) {
    Connectivity out;
    out.hops.assign(field.size(), Connectivity::no_way);
    const Graph graph(field, on, networks, error_max);
    count_components(graph, relays, on, out);
    count_hops(graph, relays, edges, on, out);
    return out;
}

} // namespace torgo::radio
