#include "radio/validate.hpp"

#include "radio/laboratory.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

// Closed forms: two nodes, ALOHA, capture, half duplex.
namespace torgo::radio {

bool Check::holds() const {
    switch (kind) {
    case Kind::relative:
        return std::abs(measured - expected) <= tolerance * std::abs(expected);
    case Kind::absolute:
        return std::abs(measured - expected) <= tolerance;
    case Kind::at_most:
        return measured <= expected;
    case Kind::at_least:
        return measured >= expected;
    case Kind::shown:
        return true;
    }
    return false;
}

namespace {

/// Chance that one advertising event reaches a scanner at an unknown place of its cycle, and how
/// long after its start the first packet that hits begins; by counting all microseconds.
struct OneEvent {
    double hit = 0;
    double offset_us = 0;
};

OneEvent one_event(const Profile& profile, Time air) {
    const auto step = air + profile.channel_gap;
    const auto cycle = 3 * profile.scan_interval;
    std::uint64_t hits = 0;
    std::uint64_t offsets = 0;
    for (Time start = 0; start < cycle; ++start)
        for (Time channel = 0; channel < channel_count; ++channel) {
            const auto at = (start + channel * step) % cycle;
            const auto in = at % profile.scan_interval;
            if (at / profile.scan_interval != channel || in < profile.blind ||
                in >= profile.scan_window)
                continue;
            ++hits;
            offsets += channel * step;
            break;
        }
    return {static_cast<double>(hits) / static_cast<double>(cycle),
            hits == 0 ? 0 : static_cast<double>(offsets) / static_cast<double>(hits)};
}

struct TwoNodes {
    double window_share = 1;
    std::uint8_t repeats = 0;
};

Result<> two_nodes(const TwoNodes& what, std::vector<Check>& out) {
    Laboratory lab;
    auto& profile = lab.plan.profiles[0];
    profile.scan_window =
        static_cast<Time>(what.window_share * static_cast<double>(profile.scan_interval));
    // With a chance delay of a whole scan cycle each event finds the scanner anywhere: the tries
    // are independent, and the closed form holds exactly.
    profile.adv_delay = 3 * profile.scan_interval - 1;
    auto& role = lab.roles[0];
    role.network_repeats = what.repeats;
    role.relay = false;
    Flow flow;
    flow.sources = {lab.add({0, 0})};
    flow.target = lab.add({1, 0});
    flow.to = Flow::To::node;
    flow.period = 2'000'003; // no multiple of the scan cycle
    lab.run.flows = {flow};
    lab.run.duration = 20'000 * second;
    CHECK_OK(lab.finish());

    const auto air = air_time(FloodDevices::frame_size(flow.size));
    const auto event = one_event(profile, air);
    const auto miss = 1 - event.hit;
    const auto pause =
        static_cast<double>(role.network_interval) + static_cast<double>(profile.adv_delay) / 2;
    double hit = 0;
    double waits = 0;
    for (int k = 0; k <= what.repeats; ++k) {
        hit += event.hit * std::pow(miss, k);
        waits += event.hit * std::pow(miss, k) * k * pause;
    }
    const auto delay = static_cast<double>(lab.plan.phy.turnaround) + waits / hit +
                       event.offset_us + static_cast<double>(air);
    const auto& ledger = lab.simulation->ledger();
    const auto name = "scan duty " + std::to_string(std::lround(what.window_share * 100)) + " %, " +
                      std::to_string(what.repeats) + " repeats: ";
    const auto measured = static_cast<double>(ledger.arrived()) /
                          static_cast<double>(std::max<std::uint64_t>(1, ledger.expected()));
    out.push_back({"two nodes", name + "P(hit)", "closed form", hit, measured, "", 0.012,
                   Check::Kind::absolute});
    out.push_back({"two nodes", name + "mean delay", "closed form", delay / 1000,
                   ledger.latency().mean_us() / 1000, "ms", 0.03, Check::Kind::relative});
    return {};
}

/// Sends in slots: in each, every node with the same chance. Counts nothing itself.
class SlottedDevices final : public Devices {
public:
    SlottedDevices(NodeId silent, double chance, Time slot)
        : m_silent(silent), m_chance(chance), m_slot(slot) {}

    void on_start(NodeId node, Air& air) override {
        if (node != m_silent) air.wake_at(m_slot);
    }

    void on_frame(NodeId, const Reception&, Air&) override {}

    void on_timer(NodeId, Air& air) override {
        static constexpr std::array<std::uint8_t, advertising_data_max> frame{};
        if (air.chance().unit() < m_chance) air.send(frame, {});
        air.wake_at(air.now() + m_slot);
    }

    void on_demand(NodeId, const Demand&, Air&) override {}
    void on_wire(NodeId, std::uint64_t, Air&) override {}

    std::size_t bytes_per_node() const override { return 0; }

private:
    NodeId m_silent;
    double m_chance;
    Time m_slot;
};

/// A receiver in the middle of a circle of senders.
std::uint32_t put_circle(Laboratory& lab, std::uint32_t senders, std::vector<NodeId>& out) {
    const auto middle = lab.add({0, 0}, 1);
    for (std::uint32_t i = 0; i < senders; ++i) {
        const auto angle = 2 * std::numbers::pi * i / senders;
        out.push_back(lab.add({10 * std::cos(angle), 10 * std::sin(angle)}, 0));
    }
    lab.roles.resize(2);
    for (auto& role : lab.roles) {
        role.relay = false;
        role.network_repeats = 0;
    }
    lab.plan.phy.capture = false;
    lab.plan.profiles[0].blind = 0;
    return middle;
}

double share_received(const Counters& counters) {
    return counters.received / static_cast<double>(counters.received + counters.collided);
}

Result<> aloha(double load, std::vector<Check>& out) {
    Laboratory lab;
    Flow flow;
    constexpr std::uint32_t senders = 200;
    const auto middle = put_circle(lab, senders, flow.sources);
    flow.to = Flow::To::node;
    flow.target = middle;
    flow.poisson = true;
    const auto air = static_cast<double>(air_time(FloodDevices::frame_size(flow.size)));
    flow.period = static_cast<Time>(senders * air / load);
    lab.run.flows = {flow};
    lab.run.duration = static_cast<Time>(40'000 * air / load);
    CHECK_OK(lab.finish());
    out.push_back({"ALOHA", "load G = " + std::to_string(load).substr(0, 4) + ": share received",
                   "exp(-2G)", std::exp(-2 * load), share_received(lab.counters(middle)), "", 0.02,
                   Check::Kind::absolute});
    return {};
}

Result<> slotted(double load, std::vector<Check>& out) {
    Laboratory lab;
    std::vector<NodeId> senders;
    constexpr std::uint32_t count = 50;
    const auto middle = put_circle(lab, count, senders);
    TRY(const auto field, Field::make(lab.plan));
    lab.devices = std::make_unique<SlottedDevices>(field.node(middle), load / count, 5003);
    lab.run.duration = 100 * second;
    CHECK_OK(lab.finish());
    out.push_back(
        {"ALOHA",
         "slotted, G = " + std::to_string(load).substr(0, 4) + ", 50 senders: share received",
         "(1-G/50)^49", std::pow(1 - load / count, count - 1), share_received(lab.counters(middle)),
         "", 0.02, Check::Kind::absolute});
    return {};
}

struct Pair {
    bool capture = true;
    bool late = false;
    Time strong_later = 0;
};

/// Two senders, one 15 dB weaker than the other, send to a third node at about the same time.
Result<Counters> two_at_once(const Pair& how) {
    Laboratory lab;
    lab.plan.phy.capture = how.capture;
    lab.plan.phy.capture_late = how.late;
    lab.roles[0].relay = false;
    lab.roles[0].network_repeats = 0;
    lab.plan.profiles[0].blind = 0;
    const auto middle = lab.add({0, 0});
    for (const double x : {3.2, -10.0}) {
        Flow flow;
        flow.sources = {lab.add({x, 0})};
        flow.to = Flow::To::node;
        flow.target = middle;
        flow.period = 100'003;
        flow.at_once = true;
        flow.from = x > 0 ? 1000 + how.strong_later : 1000;
        lab.run.flows.push_back(flow);
    }
    lab.run.duration = 300 * second;
    CHECK_OK(lab.finish());
    return lab.counters(middle);
}

} // namespace

Result<std::vector<Check>> check_two_nodes() {
    std::vector<Check> out;
    for (const auto& what :
         {TwoNodes{1, 0}, TwoNodes{0.5, 0}, TwoNodes{0.5, 2}, TwoNodes{0.2, 2}, TwoNodes{0.1, 7}})
        CHECK_OK(two_nodes(what, out));
    return out;
}

Result<std::vector<Check>> check_aloha() {
    std::vector<Check> out;
    for (const double load : {0.05, 0.1, 0.25, 0.5, 1.0})
        CHECK_OK(aloha(load, out));
    for (const double load : {0.25, 1.0})
        CHECK_OK(slotted(load, out));
    return out;
}

Result<std::vector<Check>> check_capture() {
    std::vector<Check> out;
    struct Case {
        Pair how;
        double received;
        const char* name;
    };
    const Case cases[] = {
        {{true, false, 0}, 1, "together, capture: packets received of each pair"},
        {{false, false, 0}, 0, "together, no capture"},
        {{true, false, 100}, 0, "the stronger 100 us later, first wins"},
        {{true, true, 100}, 1, "the stronger 100 us later, stronger wins"},
        {{true, false, 390}, 2, "the stronger after the weaker has ended"},
    };
    for (const auto& [how, received, name] : cases) {
        TRY(const auto counters, two_at_once(how));
        const auto packets = counters.received + counters.collided;
        out.push_back({"capture", name, "by construction", received,
                       2.0 * counters.received / std::max(1U, packets), "", 0.02,
                       Check::Kind::absolute});
    }
    return out;
}

} // namespace torgo::radio
