#include "radio/laboratory.hpp"
#include "radio/simulation.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace torgo::radio {

namespace {

/// A square of nodes with shadowing and a flow to one corner.
Laboratory square(std::uint32_t nodes, unsigned threads) {
    Laboratory lab;
    lab.plan.phy.shadowing_db = 4;
    lab.plan.seed = 7;
    lab.roles[0].ttl = 30;
    Flow flow;
    for (std::uint32_t i = 0; i < nodes; ++i) {
        const auto place = [&](std::uint64_t axis) {
            return 300 * unit(mix(11, i, axis));
        };
        flow.sources.push_back(lab.add({place(1), place(2)}));
    }
    flow.to = Flow::To::node;
    flow.target = 0;
    flow.period = 40 * second;
    flow.poisson = true;
    lab.run.flows = {flow};
    lab.run.duration = 4500 * millisecond;
    lab.run.threads = threads;
    lab.run.work_worth_sharing = 300; // so that both ways of running a window are tried
    return lab;
}

struct Outcome {
    std::uint64_t trace;
    std::uint64_t received, collided, captured, dropped, checks;
    Histogram latency;

    bool operator==(const Outcome&) const = default;
};

Outcome outcome(Laboratory lab) {
    EXPECT_TRUE(lab.finish().has_value());
    const auto totals = lab.simulation->totals();
    return {lab.simulation->trace(),
            totals.received,
            totals.collided,
            totals.captured,
            totals.dropped,
            totals.checks,
            lab.simulation->ledger().latency()};
}

/// [RADIO-4]
void expect_the_same_with_any_number_of_threads(
    const std::function<Laboratory(unsigned threads)>& lab) {
    const auto one = outcome(lab(1));
    EXPECT_GT(one.received, 1'000U);
    for (const unsigned threads : {2U, 3U})
        EXPECT_EQ(one, outcome(lab(threads))) << threads;
}

/// Everything that can befall a field at once.
Laboratory eventful(unsigned threads) {
    auto lab = square(160, threads);
    Field::Plan plan = lab.plan;
    plan.moving.assign(160, false);
    for (std::uint32_t number = 10; number < 20; ++number)
        plan.moving[number] = true;
    lab.plan = plan;
    for (std::uint32_t number = 0; number < 160; ++number)
        lab.plan.places[number].group = number % 2 == 0 ? 1 : 0;
    const auto field = Field::make(lab.plan);
    std::vector<NodeId> some;
    for (std::uint32_t number = 100; number < 130; ++number)
        some.push_back(field->node(number));
    lab.run.happenings = {{second, Happening::Fail{some}},
                          {2 * second, Happening::Noise{10}},
                          {3 * second, Happening::Noise{10, true}},
                          {3 * second, Happening::Recover{some}},
                          {3500 * millisecond, Happening::Cut{{false, true}}},
                          {4 * second, Happening::Cut{{false, true}, true}}};
    for (std::uint32_t number = 10; number < 20; ++number)
        lab.run.journeys.push_back(
            {field->node(number), {{0, {0, 0}}, {5 * second, {300, 10.0 * number}}}});
    return lab;
}

} // namespace

// [RADIO-4]
TEST(Simulation, the_same_seed_gives_the_same_trace_with_any_number_of_threads) {
    const auto one = outcome(square(250, 1));
    EXPECT_GT(one.received, 10'000U);
    EXPECT_GT(one.collided, 100U);
    EXPECT_EQ(one, outcome(square(250, 1)));
    EXPECT_EQ(one, outcome(square(250, 2)));
    EXPECT_EQ(one, outcome(square(250, 3)));
}

// [RADIO-4] In a window as long as this a node begins more than one event.
TEST(Simulation, is_the_same_with_any_number_of_threads_when_turning_around_takes_long) {
    expect_the_same_with_any_number_of_threads([](unsigned threads) {
        auto lab = square(250, threads);
        lab.plan.phy.turnaround = 20 * millisecond;
        return lab;
    });
}

TEST(Simulation, another_seed_gives_another_trace) {
    auto other = square(250, 1);
    other.plan.seed = 8;
    EXPECT_NE(outcome(square(250, 1)).trace, outcome(std::move(other)).trace);
}

TEST(Simulation, failures_flares_cuts_and_movement_leave_it_deterministic) {
    const auto one = outcome(eventful(1));
    EXPECT_NE(one.trace, outcome(square(160, 1)).trace);
    EXPECT_EQ(one, outcome(eventful(2)));
}

namespace {

/// One sender, one receiver at 20 m, a message each 100 ms; what arrives in `duration`.
Laboratory pair_of_nodes() {
    Laboratory lab;
    Flow flow;
    flow.sources = {lab.add({0, 0})};
    flow.target = lab.add({20, 0});
    flow.to = Flow::To::node;
    flow.period = 100 * millisecond;
    lab.run.flows = {flow};
    lab.run.duration = 20 * second;
    lab.roles[0].relay = false;
    return lab;
}

double delivered(Laboratory& lab) {
    EXPECT_TRUE(lab.finish().has_value());
    const auto& ledger = lab.simulation->ledger();
    return static_cast<double>(ledger.arrived()) / static_cast<double>(ledger.expected());
}

} // namespace

TEST(Simulation, a_node_that_failed_hears_nothing_until_it_recovers) {
    auto lab = pair_of_nodes();
    const auto field = Field::make(lab.plan);
    lab.run.happenings = {{5 * second, Happening::Fail{{field->node(1)}}},
                          {15 * second, Happening::Recover{{field->node(1)}}}};
    EXPECT_NEAR(delivered(lab), 0.5, 0.02);
}

TEST(Simulation, a_flare_silences_links_while_it_lasts) {
    auto lab = pair_of_nodes();
    lab.run.happenings = {{10 * second, Happening::Noise{60}}};
    EXPECT_NEAR(delivered(lab), 0.5, 0.02);
    EXPECT_GT(lab.counters(1).noise, 100U);
}

TEST(Simulation, a_partition_cuts_the_groups_apart) {
    auto lab = pair_of_nodes();
    lab.plan.places[1].group = 1;
    lab.run.happenings = {{5 * second, Happening::Cut{{false, true}}},
                          {10 * second, Happening::Cut{{false, true}, true}}};
    EXPECT_NEAR(delivered(lab), 0.75, 0.02);
}

TEST(Simulation, events_that_overlap_last_until_the_last_of_them_ends) {
    auto failures = pair_of_nodes();
    const auto field = Field::make(failures.plan);
    const auto other = field->node(1);
    failures.run.happenings = {{4 * second, Happening::Fail{{other}}},
                               {6 * second, Happening::Fail{{other}}},
                               {8 * second, Happening::Recover{{other}}},
                               {14 * second, Happening::Recover{{other}}}};
    EXPECT_NEAR(delivered(failures), 0.5, 0.02);

    auto flares = pair_of_nodes();
    flares.run.happenings = {{4 * second, Happening::Noise{60}},
                             {6 * second, Happening::Noise{3}},
                             {8 * second, Happening::Noise{3, true}},
                             {14 * second, Happening::Noise{60, true}}};
    EXPECT_NEAR(delivered(flares), 0.5, 0.02);

    auto cuts = pair_of_nodes();
    cuts.plan.places[1].group = 1;
    cuts.run.happenings = {{4 * second, Happening::Cut{{false, true}}},
                           {6 * second, Happening::Cut{{true, true}}},
                           {8 * second, Happening::Cut{{true, true}, true}},
                           {14 * second, Happening::Cut{{false, true}, true}}};
    EXPECT_NEAR(delivered(cuts), 0.5, 0.02);
}

// [RADIO-4] What was announced before a partition ended is heard by those who hear it then.
TEST(Simulation, is_the_same_with_any_number_of_threads_when_partitions_come_and_go) {
    expect_the_same_with_any_number_of_threads([](unsigned threads) {
        auto lab = square(160, threads);
        for (auto& place : lab.plan.places)
            place.group = static_cast<std::uint8_t>(place.number % 2);
        lab.plan.phy.turnaround = 5 * millisecond;
        for (Time at = 500 * millisecond; at < 4 * second; at += 50 * millisecond) {
            lab.run.happenings.push_back({at, Happening::Cut{{false, true}}});
            lab.run.happenings.push_back(
                {at + 25 * millisecond, Happening::Cut{{false, true}, true}});
        }
        return lab;
    });
}

// [RADIO-4]
TEST(Simulation, is_the_same_with_any_number_of_threads_when_a_node_has_much_to_say_at_once) {
    expect_the_same_with_any_number_of_threads([](unsigned threads) {
        auto lab = square(250, threads);
        for (std::uint8_t i = 0; i < 6; ++i) {
            auto flow = lab.run.flows.front();
            flow.at_once = true;
            flow.size = static_cast<std::uint8_t>(11 - i);
            flow.period = second;
            lab.run.flows.push_back(flow);
        }
        return lab;
    });
}

TEST(Simulation, a_node_that_walks_away_is_lost) {
    auto lab = pair_of_nodes();
    lab.plan.moving = {false, true};
    const auto field = Field::make(lab.plan);
    lab.run.journeys = {
        {field->node(1), {{0, {20, 0}}, {10 * second, {20, 0}}, {10 * second + 1, {9000, 0}}}}};
    EXPECT_NEAR(delivered(lab), 0.5, 0.06);
}

TEST(Simulation, wifi_takes_the_share_that_it_says) {
    auto lab = pair_of_nodes();
    for (auto& bursts : lab.plan.phy.bursts)
        bursts = {0.3, 2000};
    EXPECT_GT(delivered(lab), 0.8);
    const auto& counters = lab.counters(1);
    const auto lost = counters.bursts / static_cast<double>(counters.bursts + counters.received);
    EXPECT_NEAR(lost, 1 - clear_of({0.3, 2000}, air_time(28)), 0.05);
}

TEST(Simulation, who_sends_is_deaf) {
    auto lab = pair_of_nodes();
    lab.roles[0].network_repeats = 0;
    lab.run.flows[0].at_once = true;
    auto back = lab.run.flows[0];
    back.sources = {1};
    back.target = 0;
    lab.run.flows.push_back(back);
    EXPECT_EQ(delivered(lab), 0);
    EXPECT_GT(lab.counters(0).deaf_tx, 50U);
}

TEST(Simulation, a_full_queue_drops_and_counts) {
    auto lab = pair_of_nodes();
    lab.plan.profiles[0].queue = 4;
    lab.run.flows[0].period = 5 * millisecond;
    EXPECT_LT(delivered(lab), 0.5);
    EXPECT_GT(lab.counters(0).dropped, 1000U);
}

TEST(Simulation, stops_when_told) {
    auto lab = pair_of_nodes();
    ASSERT_TRUE(lab.start().has_value());
    const auto result = lab.simulation->run([](const Progress& p) { return p.now < 3 * second; });
    EXPECT_EQ(result.error().code(), Errc::cancelled);
    EXPECT_LT(lab.simulation->now(), 4 * second);
}

TEST(Simulation, networks_are_joined_at_their_edges) {
    Laboratory lab;
    // Two pairs, each a sensor and an edge node, too far from each other for any radio.
    for (const double x : {0.0, 5.0, 100'000.0, 100'005.0})
        lab.add({x, 0});
    Flow flow;
    flow.sources = {0};
    flow.target = 3;
    flow.to = Flow::To::node;
    flow.period = 200 * millisecond;
    auto field = Field::make(lab.plan);
    ASSERT_TRUE(field.has_value());
    flow.sources = {field->node(0)};
    flow.target = field->node(3);
    FloodRole edge;
    edge.edge = true;
    std::vector<FloodNode> nodes(4);
    nodes[field->node(0)] = {0, 0};
    nodes[field->node(1)] = {1, 0};
    nodes[field->node(2)] = {1, 1};
    nodes[field->node(3)] = {0, 1};
    FloodDevices devices({FloodRole{}, edge}, nodes, {flow});
    for (const unsigned threads : {1U, 2U}) {
        torgo::radio::Run run;
        run.flows = {flow};
        run.duration = 20 * second;
        run.threads = threads;
        Simulation simulation(*field, devices, run);
        ASSERT_TRUE(simulation.run().has_value());
        EXPECT_GT(simulation.ledger().arrived(), 95U);
        EXPECT_GT(simulation.ledger().latency().quantile_us(0), FloodDevices::edge_delay);
    }
}

} // namespace torgo::radio
