#include "meshsim/plan.hpp"
#include "meshsim/stack_devices.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace torgo::meshsim {
namespace {

/// A corridor of 60 m with sensors everywhere and sockets every 4 m, each second with a network.
Survey corridor() {
    Survey out;
    out.name = "corridor";
    out.target.period_s = 10;
    out.equipment.cell_sensors = 60;
    for (std::uint32_t i = 0; i < 120; ++i)
        out.sensors.push_back({{i / 2.0, i % 5 * 1.0}, 0, 0, 0, i});
    for (std::uint32_t i = 0; i < 16; ++i)
        out.sockets.push_back({{{i * 4.0, 2.5}, 0, 0, 0, 120 + i}, i % 2 == 0});
    return out;
}

bool hears(const Survey& survey, std::uint32_t socket, std::size_t sensor, double margin_db) {
    const auto loss = radio::mean_loss_db(survey.phy, survey.floor_height_m,
                                          survey.sockets[socket].at, survey.sensors[sensor]);
    return -loss - survey.phy.noise_floor_dbm - margin_db >=
           radio::snr_for(0.1, radio::advertising_data_max) - 1e-3;
}

TEST(Layout, of_one_hop_has_only_edge_nodes_and_each_sensor_is_heard_twice) {
    const auto survey = corridor();
    const Reach reach(survey);
    const auto layout = lay_out(survey, reach, {.hops = 1, .redundancy = 2, .margin_db = 20});
    EXPECT_TRUE(layout.relays.empty());
    EXPECT_EQ(layout.unheard, 0U);
    for (std::size_t sensor = 0; sensor < survey.sensors.size(); ++sensor)
        EXPECT_GE(std::ranges::count_if(
                      layout.edges, [&](auto socket) { return hears(survey, socket, sensor, 20); }),
                  2)
            << sensor;
    for (const auto socket : layout.edges)
        EXPECT_TRUE(survey.sockets[socket].network);
}

TEST(Layout, of_more_hops_needs_fewer_edge_nodes) {
    const auto survey = corridor();
    const Reach reach(survey);
    const auto one = lay_out(survey, reach, {.hops = 1, .redundancy = 2, .margin_db = 22});
    const auto three = lay_out(survey, reach, {.hops = 3, .redundancy = 2, .margin_db = 22});
    EXPECT_LT(three.edges.size(), one.edges.size());
    EXPECT_FALSE(three.relays.empty());
    for (const auto relay : three.relays)
        EXPECT_NE(three.socket_cell[relay], no_cell);
}

TEST(Layout, makes_cells_of_about_the_size_that_is_asked) {
    auto survey = corridor();
    const Reach reach(survey);
    const auto layout = lay_out(survey, reach, {.hops = 1, .redundancy = 2, .margin_db = 26});
    EXPECT_EQ(layout.cells, 2U);
    const auto first = std::ranges::count(layout.sensor_cell, 0);
    EXPECT_GT(first, 30);
    EXPECT_LT(first, 90);
}

TEST(Layout, repeats_more_when_more_is_lost_and_refuses_a_full_channel) {
    auto survey = corridor();
    const Reach reach(survey);
    auto layout = lay_out(survey, reach, {.hops = 1, .redundancy = 2, .margin_db = 20});
    const auto calm = repeats_for(survey, reach, layout);
    ASSERT_TRUE(calm);
    survey.target.period_s = 1.5;
    const auto busy = repeats_for(survey, reach, layout);
    ASSERT_TRUE(busy);
    EXPECT_GT(*busy, *calm);
    survey.target.period_s = 0.1;
    EXPECT_FALSE(repeats_for(survey, reach, layout));
}

// [CLI-39]
TEST(Plan, is_what_the_simulator_confirmed) {
    const auto survey = corridor();
    int rounds = 0;
    const auto simulate = [](radio::Scenario scenario) {
        return radio::run_scenario(std::move(scenario), 1, {}, make_devices);
    };
    const auto plan = find_plan(survey, simulate, [&](const Round&) { ++rounds; });
    ASSERT_TRUE(plan) << plan.error().detail();
    EXPECT_TRUE(plan->met);
    EXPECT_GE(rounds, 1);
    ASSERT_EQ(plan->confirmed.size(), 3U);
    for (const auto& figures : plan->confirmed) {
        EXPECT_GE(figures.in_time, survey.target.share);
        EXPECT_GE(figures.delivered, survey.target.delivered);
    }
    auto scenario = radio::read_scenario(plan->scenario);
    ASSERT_TRUE(scenario) << scenario.error().detail();
    // [RADIO-12]
    const auto twice = find_plan(survey, simulate, [](const Round&) {});
    ASSERT_TRUE(twice);
    EXPECT_EQ(twice->layout.edges, plan->layout.edges);
    EXPECT_EQ(twice->layout.sensor_cell, plan->layout.sensor_cell);
    const auto again = simulate(std::move(*scenario));
    ASSERT_TRUE(again);
    EXPECT_DOUBLE_EQ(again->delivered(), plan->confirmed[0].delivered);
}

TEST(Plan, is_judged_by_readings_also_where_they_come_once_a_day) {
    auto survey = corridor();
    survey.target.period_s = 86'400;
    std::uint64_t least = ~std::uint64_t{0};
    const auto simulate = [&](radio::Scenario scenario) {
        auto report = radio::run_scenario(std::move(scenario), 1, {}, make_devices);
        least = std::min(least, report->messages);
        return report;
    };
    const auto plan = find_plan(survey, simulate, [](const Round&) {});
    ASSERT_TRUE(plan) << plan.error().detail();
    EXPECT_GE(least, survey.sensors.size());
}

TEST(Plan, says_when_the_target_is_out_of_reach) {
    auto survey = corridor();
    survey.target.latency_ms = 2;
    const auto simulate = [](radio::Scenario scenario) {
        return radio::run_scenario(std::move(scenario), 1, {}, make_devices);
    };
    std::string last;
    const auto plan =
        find_plan(survey, simulate, [&](const Round& round) { last = round.verdict; });
    ASSERT_TRUE(plan);
    EXPECT_FALSE(plan->met);
    EXPECT_FALSE(last.empty());
}

} // namespace
} // namespace torgo::meshsim
