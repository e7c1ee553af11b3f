#include "meshsim/stack_devices.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

namespace torgo::meshsim {
namespace {

using radio::Flow;
using radio::NodeId;
using radio::Scenario;
using radio::second;

/// Sensors on a plane, some of them relays, with edge nodes at two corners.
Scenario ward(std::uint32_t sensors, double side_m, Flow::To to, std::uint8_t size) {
    Scenario out;
    out.roles.resize(3);
    out.roles[0].relay = false;
    out.roles[2].edge = true;
    out.role_names = {"sensor", "relay", "edge"};
    out.groups = {""};
    out.plan.profiles.resize(3);
    out.run.duration = 20 * second;
    Flow flow;
    flow.to = to;
    flow.size = size;
    flow.period = 10 * second;
    const auto add = [&](radio::Point at, std::uint8_t role) {
        const auto number = static_cast<std::uint32_t>(out.nodes.size());
        out.plan.places.push_back({at, 0, role, 0, number});
        out.nodes.push_back({role, 0});
        if (role != 2) flow.sources.push_back(number);
    };
    for (std::uint32_t i = 0; i < sensors; ++i)
        add({side_m * radio::unit(radio::mix(7, i, 1)), side_m * radio::unit(radio::mix(7, i, 2))},
            i % 4 == 0 ? 1 : 0);
    add({0, 0}, 2);
    add({side_m, side_m}, 2);
    flow.target = sensors;
    out.run.flows.push_back(std::move(flow));
    return out;
}

radio::Report run(Scenario scenario, Scenario::Device device, unsigned threads = 1) {
    scenario.device = device;
    auto report = radio::run_scenario(std::move(scenario), threads, {}, make_devices);
    EXPECT_TRUE(report) << report.error().detail();
    return report.value_or(radio::Report{});
}

/// [RADIO-6] The same radio under both: what they deliver differs by at most one in a hundred.
void agree(const Scenario& scenario) {
    const auto stack = run(scenario, Scenario::Device::stack);
    const auto flood = run(scenario, Scenario::Device::flooding);
    std::printf(
        "stack %llu of %llu, p99 %.1f ms; flooding %llu of %llu, p99 %.1f ms\n",
        static_cast<unsigned long long>(stack.arrived),
        static_cast<unsigned long long>(stack.expected), stack.latency.quantile_us(0.99) / 1000,
        static_cast<unsigned long long>(flood.arrived),
        static_cast<unsigned long long>(flood.expected), flood.latency.quantile_us(0.99) / 1000);
    EXPECT_EQ(stack.messages, flood.messages);
    EXPECT_EQ(stack.expected, flood.expected);
    EXPECT_GT(stack.delivered(), 0.5);
    EXPECT_NEAR(stack.delivered(), flood.delivered(), 0.01);
    EXPECT_NEAR(stack.latency.mean_us(), flood.latency.mean_us(), 0.03 * flood.latency.mean_us());
}

TEST(StackDevices, agree_with_flooding_on_readings_for_edge_nodes) {
    agree(ward(90, 40, Flow::To::edge, 8));
}

TEST(StackDevices, agree_with_flooding_on_messages_to_everyone_and_to_one) {
    auto everyone = ward(60, 40, Flow::To::everyone, 11);
    everyone.run.flows[0].sources.resize(10);
    agree(everyone);
    agree(ward(100, 50, Flow::To::node, 3));
}

TEST(StackDevices, run_the_same_whatever_the_number_of_threads) {
    const auto scenario = ward(90, 40, Flow::To::edge, 8);
    const auto one = run(scenario, Scenario::Device::stack, 1);
    const auto two = run(scenario, Scenario::Device::stack, 2);
    EXPECT_EQ(one.trace, two.trace);
    EXPECT_EQ(one.latency, two.latency);
    EXPECT_GT(one.arrived, 150U);
}

TEST(StackDevices, carry_segmented_messages_to_one_node_with_acknowledgments) {
    auto scenario = ward(40, 25, Flow::To::node, 40);
    scenario.run.flows[0].sources.resize(5);
    const auto report = run(scenario, Scenario::Device::stack);
    EXPECT_GE(report.messages, 8U);
    EXPECT_GE(report.delivered(), 0.9);
    EXPECT_GT(report.latency.quantile_us(0.5), 100'000) << "four segments, 60 ms apart";
}

TEST(StackDevices, carry_segmented_messages_that_wait_behind_each_other) {
    auto scenario = ward(8, 6, Flow::To::node, 60);
    auto& flow = scenario.run.flows[0];
    flow.sources.resize(1);
    flow.at_once = true;
    flow.until = 2 * second;
    const auto same = flow;
    for (int i = 0; i < 2; ++i)
        scenario.run.flows.push_back(same);
    const auto report = run(scenario, Scenario::Device::stack);
    EXPECT_EQ(report.messages, 3U);
    EXPECT_EQ(report.arrived, 3U) << "each counts for itself";
}

TEST(StackDevices, pass_readings_on_to_another_network_once) {
    auto scenario = ward(40, 25, Flow::To::node, 8);
    // The far node is in a network of its own with its own edge nodes.
    for (const std::uint8_t role : {std::uint8_t{2}, std::uint8_t{2}, std::uint8_t{0}}) {
        const auto number = static_cast<std::uint32_t>(scenario.nodes.size());
        scenario.plan.places.push_back({{40 + 3.0 * role, 3.0 * number}, 0, role, 0, number});
        scenario.nodes.push_back({role, 1});
        scenario.run.flows[0].target = number;
    }
    scenario.plan.phy.shadowing_db = 0;
    const auto stack = run(scenario, Scenario::Device::stack);
    EXPECT_GE(stack.delivered(), 0.9);
    EXPECT_EQ(stack.arrived, stack.latency.count());
}

TEST(StackDevices, are_heard_again_after_a_failure) {
    auto scenario = ward(30, 20, Flow::To::edge, 8);
    scenario.run.flows[0].period = 4 * second;
    std::vector<NodeId> all;
    for (NodeId i = 0; i < 30; ++i)
        all.push_back(i);
    scenario.run.happenings.push_back({10 * second, radio::Happening::Fail{all}});
    scenario.run.happenings.push_back({12 * second, radio::Happening::Recover{all}});
    const auto report = run(scenario, Scenario::Device::stack);
    EXPECT_GT(report.messages, 120U) << "18 s of 30 sensors";
    EXPECT_GE(report.delivered(), 0.97) << "numbers that begin anew would be taken for replays";
}

/// Row M1's bound, of a field like its own: 20 in range, 90 in earshot, a command each second.
TEST(StackDevices, keep_within_a_kibibyte_a_node) {
    auto scenario = ward(4000, 1500, Flow::To::everyone, 8);
    auto& flow = scenario.run.flows[0];
    flow.sources = {1, 2, 3, 4};
    flow.period = 4 * second;
    scenario.run.duration = 5 * second;
    for (const unsigned threads : {1U, 2U}) {
        const auto report = run(scenario, Scenario::Device::stack, threads);
        std::printf("%.0f bytes a node, %.1f links each; a mesh node itself %zu\n",
                    report.bytes_per_node, report.links_per_node, sizeof(mesh::Node));
        EXPECT_GT(report.links_per_node, 85);
        EXPECT_LE(report.bytes_per_node, 1024);
    }
}

} // namespace
} // namespace torgo::meshsim
