#include "envelope/window.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

namespace torgo::envelope {
namespace {

// [ENVELOPE-7]
TEST(Window, finds_every_number_of_its_range_by_eight_bits) {
    for (const std::uint64_t highest : {0U, 1U, 126U, 127U, 128U, 255U, 256U, 70'000U}) {
        Window window;
        window.advance(highest);
        const auto lowest = highest > Window::behind ? highest - Window::behind : 0;
        for (auto number = lowest; number <= highest + Window::ahead; ++number)
            ASSERT_EQ(window.expand(static_cast<std::uint8_t>(number)), number) << highest;
    }
}

TEST(Window, knows_what_was_taken_as_a_set_does) {
    rc::check([](const std::vector<std::uint8_t>& steps) {
        Window window;
        std::set<std::uint64_t> taken;
        std::uint64_t number = 1;
        for (const auto step : steps) {
            number = step < 100 && number > step ? number - step / 2 : number + step;
            const bool old = number + Window::behind < window.highest();
            RC_ASSERT(window.is_used(number) == (old || taken.contains(number)));
            window.take(number);
            taken.insert(number);
        }
    });
}

TEST(Window, that_moved_on_still_takes_what_it_passed) {
    Window window;
    window.advance(100);
    EXPECT_FALSE(window.is_used(99));
    EXPECT_FALSE(window.is_used(100));
    window.close();
    EXPECT_TRUE(window.is_used(99));
    EXPECT_TRUE(window.is_used(100));
    EXPECT_FALSE(window.is_used(101));
}

} // namespace
} // namespace torgo::envelope
