// A rendezvous in orbit around Mars by two burns; when to do the first is searched for.
#include "quantum/gates.hpp"
#include "quantum/jobs.hpp"
#include "quantum/noise.hpp"
#include "quantum/plan.hpp"
#include "quantum/sampler.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace torgo::quantum {

namespace {

constexpr std::uint32_t qubits = 6;
constexpr std::size_t slots = std::size_t{1} << qubits;
constexpr double gravity = 42'828.37; ///< of Mars, km³/s²
constexpr double orbit = 3'790;       ///< radius of the target's orbit, km
constexpr double slot_s = 90;
constexpr double arrival_s = 6'600;
constexpr double radial_km = -3;
constexpr double along_km = -14;

/// Position and velocity relative to the target: radial and along its orbit, km and km/s.
struct Relative {
    double x, y, vx, vy;
};

/// The motion of Clohessy and Wiltshire (1960) for a time.
Relative drifted(const Relative& r, double n, double t) {
    const auto s = std::sin(n * t);
    const auto c = std::cos(n * t);
    return {(4 - 3 * c) * r.x + s / n * r.vx + 2 / n * (1 - c) * r.vy,
            6 * (s - n * t) * r.x + r.y - 2 / n * (1 - c) * r.vx + (4 * s / n - 3 * t) * r.vy,
            3 * n * s * r.x + c * r.vx + 2 * s * r.vy,
            -6 * n * (1 - c) * r.x - 2 * s * r.vx + (4 * c - 3) * r.vy};
}

/// Metres a second for both burns when the first is done in this slot.
double burn_cost(std::size_t slot) {
    const auto n = std::sqrt(gravity / (orbit * orbit * orbit));
    const auto time = slot_s * static_cast<double>(slot);
    const auto left = arrival_s - time;
    // Below the target and drifting past it on a circular orbit of its own.
    const auto before = drifted({radial_km, along_km, 0, -1.5 * n * radial_km}, n, time);
    // Where it would be without a velocity, and what each unit of velocity adds to that.
    const auto still = drifted({before.x, before.y, 0, 0}, n, left);
    const auto by_x = drifted({0, 0, 1, 0}, n, left);
    const auto by_y = drifted({0, 0, 0, 1}, n, left);
    const auto determinant = by_x.x * by_y.y - by_y.x * by_x.y;
    const auto vx = (-still.x * by_y.y + still.y * by_y.x) / determinant;
    const auto vy = (-still.y * by_x.x + still.x * by_x.y) / determinant;
    const auto end = drifted({before.x, before.y, vx, vy}, n, left);
    return 1000 * (std::hypot(vx - before.vx, vy - before.vy) + std::hypot(end.vx, end.vy));
}

std::array<double, slots> all_costs() {
    std::array<double, slots> out{};
    for (std::size_t slot = 0; slot < slots; ++slot)
        out[slot] = burn_cost(slot);
    return out;
}

/// −1 for one basis state.
void add_mark(Circuit& circuit, std::size_t index) {
    Operation mark;
    mark.name = "phase";
    mark.parameters = {std::numbers::pi};
    mark.matrix = {-1};
    for (Qubit q = 0; q < qubits; ++q)
        mark.controls.push_back({q, (index >> q & 1U) != 0});
    circuit.operations.push_back(std::move(mark));
}

/// Grover's search: so many times mark what is better than the bound, then mirror at the mean.
Circuit grover(const std::array<double, slots>& costs, double bound, std::uint32_t times) {
    Circuit out = make_circuit(qubits);
    const auto all = [&] {
        for (Qubit q = 0; q < qubits; ++q)
            add(out, "h", {q});
    };
    all();
    for (std::uint32_t i = 0; i < times; ++i) {
        for (std::size_t slot = 0; slot < slots; ++slot)
            if (costs[slot] < bound) add_mark(out, slot);
        all();
        add_mark(out, 0);
        all();
    }
    return out;
}

std::size_t measured(const Circuit& circuit, double draw) {
    auto state = *State::make(qubits, state_bytes(qubits));
    execute(*make_plan(qubits, circuit.operations), state, 1);
    return Sampler(state).at(draw);
}

struct Search {
    std::size_t best = 0;
    std::uint32_t queries = 0;       ///< of the marking, and of looking at what was measured
    std::uint32_t queries_until = 0; ///< when the best was first seen
    std::uint32_t circuits = 0;
    Circuit circuit;
};

/// Dürr and Høyer (1996): the bound falls to each better slot that is measured.
Search search(const std::array<double, slots>& costs, std::uint64_t seed,
              const std::stop_token& stop) {
    const double root = std::sqrt(static_cast<double>(slots));
    const auto queries_max = static_cast<std::uint32_t>(22.5 * root + 1.4 * qubits * qubits);
    Search out;
    Draws draws(seed, 0);
    out.best = static_cast<std::size_t>(draws.next() * slots);
    out.circuit = grover(costs, costs[out.best], 1);
    double most = 1;
    while (out.queries < queries_max && !stop.stop_requested()) {
        const auto times = static_cast<std::uint32_t>(draws.next() * most);
        auto circuit = grover(costs, costs[out.best], times);
        const auto slot = measured(circuit, draws.next());
        out.queries += times + 1;
        ++out.circuits;
        most = std::min(most * 8 / 7, root);
        if (costs[slot] >= costs[out.best]) continue;
        out.best = slot;
        out.queries_until = out.queries;
        out.circuit = std::move(circuit);
        most = 1;
    }
    return out;
}

std::string slot_text(std::size_t slot) {
    return "slot " + std::to_string(slot) + ", " + digits(slot_s * static_cast<double>(slot), 0) +
           " s";
}

} // namespace

JobReport burn_job(const JobSettings& settings) {
    const auto costs = all_costs();
    auto found = search(costs, settings.seed, settings.stop);
    const auto exact = static_cast<std::size_t>(std::ranges::min_element(costs) - costs.begin());
    JobReport out;
    out.title = "Burn slots: the cheapest of 64 for a rendezvous, by Grover's search for a minimum";
    out.problem = {"target: circular orbit around Mars, radius " + digits(orbit, 0) + " km",
                   "chaser: " + digits(-radial_km, 0) + " km below and " + digits(-along_km, 0) +
                       " km behind, drifting past",
                   "first burn: in one of 64 slots of " + digits(slot_s, 0) +
                       " s; second at arrival, " + digits(arrival_s, 0) + " s from now",
                   "cost: both burns together, by the equations of Clohessy and Wiltshire"};
    out.answer = slot_text(found.best);
    out.exact = slot_text(exact);
    out.value = costs[found.best];
    out.exact_value = costs[exact];
    out.unit = "m/s";
    out.same = found.best == exact;
    out.figures = {{"qubits", std::to_string(qubits)},
                   {"circuits", std::to_string(found.circuits)},
                   {"queries until the answer was seen", std::to_string(found.queries_until)},
                   {"queries until the search may stop", std::to_string(found.queries)},
                   {"queries of an ordinary search", std::to_string(slots)}};
    out.note =
        "Grover's search asks the order of the square root of the slots, but to stop with "
        "confidence it asks more than 64 here. And the circuit that marks slots is made from "
        "a table of all costs, so they had to be known; on a simulator each query takes longer "
        "than the whole table.";
    out.circuit = std::move(found.circuit);
    return out;
}

} // namespace torgo::quantum
