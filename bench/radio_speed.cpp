// How fast the mesh simulator is: events, receiver checks, virtual against real time, memory.
//
// radio_speed NODES NETWORKS RELAY_PERCENT MESSAGES_A_SECOND SECONDS THREADS [stack|flooding]
//   NODES on a plane, each with about 20 others in range, in NETWORKS square networks side by side;
//   prints one line of JSON.

#include "meshsim/stack_devices.hpp"
#include "radio/flood.hpp"
#include "radio/simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string_view>

namespace {

using namespace torgo::radio;

struct Options {
    std::uint32_t nodes = 32'767;
    std::uint32_t networks = 1;
    double relays = 0.3;
    double rate = 1;
    double seconds = 20;
    unsigned threads = 1;
    double neighbours = 20;
    bool stack = true;
};

/// Loss at which half a dB more makes one packet in ten fail: the rim of a node's range.
double range_m(const Phy& phy) {
    const auto loss = -phy.noise_floor_dbm - snr_for(0.1, advertising_data_max);
    return std::pow(10, (loss - phy.loss_at_1m_db) / (10 * phy.exponent));
}

Field::Plan plan_of(const Options& options) {
    Field::Plan plan;
    plan.profiles.resize(1);
    plan.phy.shadowing_db = 3;
    const auto range = range_m(plan.phy);
    const auto columns = static_cast<std::uint32_t>(std::ceil(std::sqrt(options.networks)));
    const auto each = options.nodes / options.networks;
    const auto side = std::sqrt(each * 3.14159 * range * range / options.neighbours);
    for (std::uint32_t i = 0; i < each * options.networks; ++i) {
        const auto network = i / each;
        plan.places.push_back({{side * (network % columns + unit(mix(1, i, 1))),
                                side * (network / columns + unit(mix(1, i, 2)))},
                               0,
                               0,
                               0,
                               i});
    }
    return plan;
}

/// Of one network. Each node keeps nine bytes of each sender, against replay.
constexpr std::uint32_t senders_most = 4;

std::unique_ptr<Devices> devices_of(const Options& options, std::vector<FloodRole> roles,
                                    std::vector<FloodNode> nodes, const Flow& flow) {
    const std::vector<Flow> flows{flow};
    if (!options.stack)
        return std::make_unique<FloodDevices>(std::move(roles), std::move(nodes), flows);
    return std::make_unique<torgo::meshsim::StackDevices>(std::move(roles), std::move(nodes),
                                                          flows);
}

int run(const Options& options) {
    const auto before = std::chrono::steady_clock::now();
    auto field = Field::make(plan_of(options));
    if (!field) return 1;
    const auto each = options.nodes / options.networks;
    Flow flow;
    flow.to = Flow::To::everyone;
    flow.poisson = true;
    const auto senders = std::min(each, senders_most);
    flow.period = static_cast<Time>(senders / options.rate * second);
    std::vector<FloodNode> nodes(field->size());
    for (std::uint32_t number = 0; number < field->size(); ++number) {
        const auto relay = unit(mix(2, number)) < options.relays;
        nodes[field->node(number)] = {static_cast<std::uint8_t>(relay ? 0 : 1),
                                      static_cast<std::uint16_t>(number / each)};
        // A command to everyone, from one of a few nodes of each network.
        if (number % each < senders) flow.sources.push_back(field->node(number));
    }
    FloodRole relay;
    relay.ttl = 127;
    auto leaf = relay;
    leaf.relay = false;
    const auto devices = devices_of(options, {relay, leaf}, std::move(nodes), flow);
    Run what;
    what.flows = {flow};
    what.duration = static_cast<Time>(options.seconds * second);
    what.threads = options.threads;
    Simulation simulation(*field, *devices, std::move(what));
    const auto built = std::chrono::steady_clock::now();
    const auto cpu_before = std::clock();
    if (!simulation.run()) return 1;
    const auto cpu = static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
    const auto done = std::chrono::steady_clock::now();
    const auto wall = std::chrono::duration<double>(done - built).count();
    const auto totals = simulation.totals();
    const auto& ledger = simulation.ledger();
    std::printf(
        "{\"device\": \"%s\", \"nodes\": %zu, \"networks\": %u, \"threads\": %u, \"virtual_s\": "
        "%.1f, \"wall_s\": "
        "%.3f, "
        "\"cpu_s\": %.3f, \"times_real\": %.2f, \"build_s\": %.2f, \"packets\": %llu, \"checks\": "
        "%llu, "
        "\"events\": %llu, \"checks_per_cpu_s\": %.3g, \"events_per_cpu_s\": %.3g, \"received\": "
        "%llu, "
        "\"links_per_node\": %.1f, \"bytes_per_node\": %.0f, \"delivered\": %.4f, "
        "\"median_ms\": %.1f, \"p99_ms\": %.1f, \"windows\": %zu, \"trace\": \"%016llx\"}\n",
        options.stack ? "stack" : "flooding", field->size(), options.networks, options.threads,
        options.seconds, wall, cpu, options.seconds / wall,
        std::chrono::duration<double>(built - before).count(),
        static_cast<unsigned long long>(totals.packets),
        static_cast<unsigned long long>(totals.checks),
        static_cast<unsigned long long>(totals.queue_events),
        static_cast<double>(totals.checks) / cpu, static_cast<double>(totals.queue_events) / cpu,
        static_cast<unsigned long long>(totals.received), field->links_per_node(),
        simulation.bytes_per_node(),
        static_cast<double>(ledger.arrived()) / static_cast<double>(ledger.expected()),
        ledger.latency().quantile_us(0.5) / 1000, ledger.latency().quantile_us(0.99) / 1000,
        simulation.windows(), static_cast<unsigned long long>(simulation.trace()));
    return 0;
}

} // namespace

int main(int count, char** words) {
    Options options;
    const auto word = [&](int i, double otherwise) {
        return count > i ? std::strtod(words[i], nullptr) : otherwise;
    };
    options.nodes = static_cast<std::uint32_t>(word(1, options.nodes));
    options.networks = std::max(1U, static_cast<std::uint32_t>(word(2, options.networks)));
    options.relays = word(3, options.relays * 100) / 100;
    options.rate = word(4, options.rate);
    options.seconds = word(5, options.seconds);
    options.threads = static_cast<unsigned>(word(6, options.threads));
    options.stack = count <= 7 || std::string_view(words[7]) == "stack";
    return run(options);
}
