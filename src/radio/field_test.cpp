#include "radio/chance.hpp"
#include "radio/field.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace torgo::radio {

namespace {

Field::Plan some_plan(std::uint32_t nodes, std::uint64_t seed) {
    Field::Plan plan;
    plan.profiles.resize(1);
    plan.seed = seed;
    for (std::uint32_t i = 0; i < nodes; ++i)
        plan.places.push_back({{600 * unit(mix(seed, i, 1)), 600 * unit(mix(seed, i, 2))},
                               static_cast<std::int16_t>(i % 3),
                               0,
                               0,
                               i});
    for (std::uint32_t i = 0; i < 40; ++i) {
        const Point at{600 * unit(mix(seed, i, 3)), 600 * unit(mix(seed, i, 4))};
        plan.walls.push_back({at, {at.x + 60, at.y + 20}, 6, static_cast<std::int16_t>(i % 3)});
    }
    return plan;
}

} // namespace

RC_GTEST_PROP(Field, links_are_those_of_all_pairs_that_hear_each_other, ()) {
    const auto seed = *rc::gen::inRange(1, 1000);
    auto plan = some_plan(120, static_cast<std::uint64_t>(seed));
    plan.moving.assign(120, false);
    plan.moving[7] = plan.moving[8] = true;
    const auto field = Field::make(plan);
    RC_ASSERT(field.has_value());
    for (NodeId a = 0; a < field->size(); ++a) {
        std::vector<bool> linked(field->size());
        for (const auto links : {field->fixed_links(a), field->moving_links(a)})
            for (const auto link : links) {
                RC_ASSERT(!linked[link.to()]);
                linked[link.to()] = true;
                RC_ASSERT(std::abs(link.loss_db() - field->loss_db(a, link.to())) <= 0.2501);
            }
        for (NodeId b = 0; b < field->size(); ++b)
            RC_ASSERT(linked[b] == (a != b && field->loss_db(a, b) <= Link::loss_max_db));
    }
}

RC_GTEST_PROP(WallIndex, finds_the_walls_that_all_walls_give, ()) {
    const auto seed = static_cast<std::uint64_t>(*rc::gen::inRange(1, 100'000));
    const auto walls = some_plan(0, seed).walls;
    const WallIndex index(walls);
    const auto point = [&](std::uint64_t salt) {
        return Point{1000 * unit(mix(seed, salt, 8)) - 200, 1000 * unit(mix(seed, salt, 9)) - 200};
    };
    const auto a = point(1);
    const auto b = point(2);
    double loss = 0;
    for (const auto& wall : walls)
        if (wall.floor == 1 && cross(a, b, wall.from, wall.to)) loss += wall.loss_db;
    RC_ASSERT(index.loss_db(a, b, 1) == loss);
}

TEST(Phy, sensitivity_is_one_wrong_bit_in_a_thousand) {
    EXPECT_NEAR(bit_error(10.94), 1e-3, 3e-5);
    EXPECT_EQ(air_time(31), 376U);
    EXPECT_NEAR(packet_error(snr_for(0.1, 31), 31), 0.1, 1e-6);
    EXPECT_GT(packet_error(9, 31), packet_error(9, 10));
}

TEST(Chance, normal_draws_have_mean_0_and_deviation_1) {
    double sum = 0;
    double squares = 0;
    constexpr int count = 100'000;
    for (int i = 0; i < count; ++i) {
        const auto x = normal(mix(3, static_cast<std::uint64_t>(i)), 10);
        sum += x;
        squares += x * x;
    }
    EXPECT_NEAR(sum / count, 0, 0.02);
    EXPECT_NEAR(squares / count, 1, 0.02);
}

} // namespace torgo::radio
