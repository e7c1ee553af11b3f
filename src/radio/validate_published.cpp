#include "radio/chance.hpp"
#include "radio/laboratory.hpp"
#include "radio/validate.hpp"

#include <algorithm>
#include <array>
#include <cmath>

// What others measured or simulated.
namespace torgo::radio {

namespace {

/// Neighbours hear each other well, and nobody hears his neighbour's neighbour.
constexpr double line_snr_db = 14.5;

void put_line(Laboratory& lab, std::uint32_t nodes) {
    const auto& phy = lab.plan.phy;
    const auto loss = -phy.noise_floor_dbm - line_snr_db - phy.loss_at_1m_db;
    const auto step = std::pow(10, loss / (10 * phy.exponent));
    for (std::uint32_t i = 0; i < nodes; ++i)
        lab.add({step * i, 0}, i == 0 || i + 1 == nodes ? 1 : 0);
}

struct Line {
    FloodRole relay;
    FloodRole end;
    Profile profile;
    std::uint8_t size = 4;
    std::uint32_t messages = 1500;
};

/// Mean one-way delay in ms from one end of a line to the other.
Result<double> line_delay(const Line& line, std::uint32_t hops) {
    Laboratory lab;
    lab.plan.profiles[0] = line.profile;
    lab.roles = {line.relay, line.end};
    put_line(lab, hops + 1);
    Flow flow;
    flow.sources = {0};
    flow.target = hops;
    flow.to = Flow::To::node;
    flow.size = line.size;
    flow.period = 1'500'007;
    lab.run.flows = {flow};
    lab.run.duration = line.messages * flow.period;
    CHECK_OK(lab.finish());
    return lab.simulation->ledger().latency().mean_us() / 1000;
}

/// Texas Instruments SWRA732, table 6-1: what is given; the rest is as the simulator has it.
Line ti_setup() {
    Line line;
    line.profile.scan_interval = 20 * millisecond;
    line.profile.scan_window = 20 * millisecond;
    line.relay.relay_repeats = 3;
    line.relay.relay_interval = 10 * millisecond;
    line.end = line.relay;
    line.end.relay = false;
    line.end.network_repeats = 1;
    line.end.network_interval = 10 * millisecond;
    line.size = 4; // three bytes of opcode, one of data
    return line;
}

/// Table 6-2, one byte of data, hops 1 to 6, ms.
constexpr std::array ti_measured = {33.48, 104.51, 122.88, 131.57, 157.44, 191.67};

/// Adds hop by hop what is predicted when the delay that is missing at hop 2 is put somewhere.
template <class Predict>
Result<> ti_reading(const std::string& name, double tolerance, const Predict& predict,
                    std::vector<Check>& out) {
    for (std::uint32_t hop = 1; hop <= ti_measured.size(); ++hop) {
        TRY(const auto delay, predict(hop));
        const bool judged = hop > 2 && tolerance > 0;
        out.push_back({"TI line",
                       name + ", hop " + std::to_string(hop) + (hop == 2 ? " (fitted)" : ""),
                       "TI SWRA732 table 6-2", ti_measured[hop - 1], delay, "ms", tolerance,
                       judged ? Check::Kind::relative : Check::Kind::shown});
    }
    return {};
}

/// A field of relays with so many neighbours each, and a message a second to everyone.
struct Density {
    double delivered;
    double mean_ms;
    double collided; ///< share of the packets that were strong enough and met a free receiver
};

Result<Density> density(std::uint32_t nodes, double neighbours, double rate) {
    Laboratory lab;
    const auto& phy = lab.plan.phy;
    lab.plan.phy.shadowing_db = 3;
    const auto range =
        std::pow(10, (-phy.noise_floor_dbm - 10.9 - phy.loss_at_1m_db) / (10 * phy.exponent));
    const auto side = std::sqrt(nodes * 3.1416 * range * range / neighbours);
    lab.roles[0].ttl = 60;
    Flow flow;
    for (std::uint32_t i = 0; i < nodes; ++i) {
        const auto place = [&](std::uint64_t axis) {
            return side * unit(mix(nodes, i, axis));
        };
        flow.sources.push_back(lab.add({place(1), place(2)}));
    }
    flow.to = Flow::To::everyone;
    flow.poisson = true;
    flow.period = static_cast<Time>(nodes / rate * second);
    lab.run.flows = {flow};
    lab.run.duration = 15 * second;
    CHECK_OK(lab.finish());
    const auto& ledger = lab.simulation->ledger();
    const auto totals = lab.simulation->totals();
    const auto heard = static_cast<double>(totals.received + totals.collided);
    return Density{static_cast<double>(ledger.arrived()) / static_cast<double>(ledger.expected()),
                   ledger.latency().mean_us() / 1000, static_cast<double>(totals.collided) / heard};
}

} // namespace

Result<std::vector<Check>> check_ti_line() {
    std::vector<Check> out;
    const auto line = ti_setup();
    TRY(const auto at_two, line_delay(line, 2));
    const auto missing = ti_measured[1] - at_two;
    CHECK_OK(ti_reading(
        "delay at the ends", 0.25,
        [&](std::uint32_t hops) -> Result<double> {
            TRY(const auto delay, line_delay(line, hops));
            return delay + missing;
        },
        out));
    // The table does not say how long a relay waits by chance. The simulator's default of 0 to 20
    // ms is taken above; without it the far hops come out too quick.
    auto eager = line;
    eager.relay.relay_jitter = 0;
    TRY(const auto eager_at_two, line_delay(eager, 2));
    CHECK_OK(ti_reading(
        "the same, relays without jitter", 0,
        [&](std::uint32_t hops) -> Result<double> {
            TRY(const auto delay, line_delay(eager, hops));
            return delay + ti_measured[1] - eager_at_two;
        },
        out));
    auto slow = line;
    slow.relay.processing = static_cast<Time>(missing * 1000);
    CHECK_OK(ti_reading(
        "delay in the relay", 0, [&](std::uint32_t hops) { return line_delay(slow, hops); }, out));
    return out;
}

/// Silicon Labs, "Bluetooth Mesh 1.1 network performance": a daisy chain, three repeats, round trip
/// below 200 ms out to 6 hops for payloads below 16 bytes. The answer is taken to be as quick as
/// the question.
Result<std::vector<Check>> check_silabs_line() {
    std::vector<Check> out;
    Line line;
    line.relay.relay_repeats = 3;
    line.end.relay = false;
    line.end.network_repeats = 3;
    line.size = 8;
    for (const std::uint32_t hops : {1U, 2U, 4U, 6U}) {
        TRY(const auto delay, line_delay(line, hops));
        out.push_back({"Silicon Labs line",
                       "round trip of 8 bytes over " + std::to_string(hops) + " hops",
                       "docs.silabs.com, AN1424", 200, 2 * delay, "ms", 0, Check::Kind::at_most});
    }
    return out;
}

/// Rondón, Gidlund, Landernäs: mean delays of about 250 ms in the worst case with more than ten
/// hops; more nodes in range make more collisions.
Result<std::vector<Check>> check_density() {
    std::vector<Check> out;
    double before = 0;
    for (const double neighbours : {8.0, 16.0, 32.0, 64.0}) {
        TRY(const auto found, density(600, neighbours, 1));
        const auto name = std::to_string(std::lround(neighbours)) + " neighbours: ";
        out.push_back({"density", name + "mean delay", "arXiv 1910.03345", 250, found.mean_ms, "ms",
                       0, Check::Kind::at_most});
        out.push_back({"density", name + "share collided, against that before",
                       "arXiv 1910.03345, trend", before, found.collided, "", 0,
                       Check::Kind::at_least});
        out.push_back(
            {"density", name + "delivered", "", 1, found.delivered, "", 0, Check::Kind::shown});
        before = found.collided;
    }
    return out;
}

Result<std::vector<Check>> check_all() {
    std::vector<Check> out;
    for (const auto group : {check_two_nodes, check_aloha, check_capture, check_ti_line,
                             check_silabs_line, check_density}) {
        TRY(auto checks, group());
        for (auto& check : checks)
            out.push_back(std::move(check));
    }
    return out;
}

std::vector<std::string> not_validated() {
    return {
        "Real radio: no hardware was used; path loss, shadowing and walls are a model.",
        "Interference of Wi-Fi and microwave ovens: a model without a measurement beside it.",
        "Networks above some hundreds of nodes: nobody has published measurements of them.",
        "Segmented messages: the built-in flooding sends unsegmented ones only.",
        "TI's relays: their chance delay is not published; the simulator's default was taken.",
        "The TI table's first hop: 33 ms were measured, far less than the delay of the ends that "
        "its second hop asks for.",
        "Silicon Labs' curves are pictures: only the bound in their text was compared.",
    };
}

} // namespace torgo::radio
