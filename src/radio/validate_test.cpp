#include "radio/validate.hpp"

#include <gtest/gtest.h>

namespace torgo::radio {

namespace {

void expect_all(const Result<std::vector<Check>>& checks) {
    ASSERT_TRUE(checks.has_value()) << checks.error().detail();
    EXPECT_FALSE(checks->empty());
    for (const auto& check : *checks)
        EXPECT_TRUE(check.holds()) << check.group << ": " << check.what << ": expected "
                                   << check.expected << ", measured " << check.measured;
}

} // namespace

TEST(Validation, two_nodes_agree_with_the_closed_form) {
    expect_all(check_two_nodes());
}

TEST(Validation, collisions_agree_with_aloha) {
    expect_all(check_aloha());
}

TEST(Validation, capture_lets_the_stronger_of_two_survive) {
    expect_all(check_capture());
}

TEST(Validation, ti_s_line_is_predicted_from_its_second_hop) {
    expect_all(check_ti_line());
}

TEST(Validation, silicon_labs_bound_holds) {
    expect_all(check_silabs_line());
}

TEST(Validation, density_makes_collisions) {
    expect_all(check_density());
}

TEST(Validation, a_wrong_figure_does_not_hold) {
    EXPECT_FALSE((Check{"", "", "", 1, 1.2, "", 0.1, Check::Kind::relative}).holds());
    EXPECT_FALSE((Check{"", "", "", 1, 1.2, "", 0.1, Check::Kind::absolute}).holds());
    EXPECT_FALSE((Check{"", "", "", 1, 1.2, "", 0, Check::Kind::at_most}).holds());
    EXPECT_FALSE((Check{"", "", "", 1, 0.8, "", 0, Check::Kind::at_least}).holds());
    EXPECT_TRUE((Check{"", "", "", 1, 1.2, "", 0, Check::Kind::at_least}).holds());
}

} // namespace torgo::radio
