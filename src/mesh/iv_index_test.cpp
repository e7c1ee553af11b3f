#include "mesh/iv_index.hpp"

#include <gtest/gtest.h>

namespace torgo::mesh {
namespace {

using namespace std::chrono_literals;
using Change = IvIndex::Change;

TEST(MeshIvIndex, an_update_takes_at_least_96_hours_in_each_state) {
    IvIndex iv({.index = 7}, Time{0});
    EXPECT_EQ(iv.begin_update(Time{0}), Change::none);
    (void)iv.pass(95h, true);
    EXPECT_EQ(iv.begin_update(95h), Change::none);
    (void)iv.pass(96h, true);
    EXPECT_EQ(iv.begin_update(96h), Change::advanced);
    EXPECT_EQ(iv.state().index, 8);
    EXPECT_EQ(iv.transmit(), 7);
    const NetworkState over{.iv_index = 8};
    (void)iv.pass(191h, true);
    EXPECT_EQ(iv.heard(over, 191h, true), Change::none);
    (void)iv.pass(192h, true);
    EXPECT_EQ(iv.heard(over, 192h, false), Change::none) << "segments are on their way";
    EXPECT_EQ(iv.heard(over, 192h, true), Change::completed);
    EXPECT_EQ(iv.transmit(), 8);
}

TEST(MeshIvIndex, follows_a_beacon_of_an_update_and_ends_it_alone_after_144_hours) {
    IvIndex iv({.index = 7, .hours = 96}, Time{0});
    EXPECT_EQ(iv.heard({.iv_update = true, .iv_index = 8}, Time{0}, true), Change::advanced);
    EXPECT_EQ(iv.pass(143h, true), Change::hours);
    EXPECT_EQ(iv.pass(144h, true), Change::completed);
    EXPECT_EQ(iv.pass(144h, true), Change::none);
}

TEST(MeshIvIndex, is_recovered_up_to_42_ahead_and_once_in_192_hours) {
    IvIndex iv({.index = 100}, Time{0});
    EXPECT_EQ(iv.heard({.iv_index = 143}, Time{0}, true), Change::none);
    EXPECT_EQ(iv.heard({.iv_index = 99}, Time{0}, true), Change::none);
    EXPECT_EQ(iv.heard({.iv_update = true, .iv_index = 142}, Time{0}, true), Change::recovered);
    EXPECT_EQ(iv.state().index, 142);
    EXPECT_TRUE(iv.state().updating);
    (void)iv.pass(191h, false);
    EXPECT_EQ(iv.heard({.iv_index = 150}, 191h, true), Change::none);
    (void)iv.pass(192h, false);
    EXPECT_EQ(iv.heard({.iv_index = 150}, 192h, true), Change::recovered);
}

TEST(MeshIvIndex, takes_the_present_and_the_last_index) {
    const IvIndex first({.index = 0}, Time{0});
    EXPECT_EQ(first.receive(false), 0);
    EXPECT_EQ(first.receive(true), std::nullopt);
    const IvIndex later({.index = 8, .updating = true}, Time{0});
    EXPECT_EQ(later.receive(false), 8);
    EXPECT_EQ(later.receive(true), 7);
}

} // namespace
} // namespace torgo::mesh
