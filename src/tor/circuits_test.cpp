#include "tor/circuits.hpp"

#include <gtest/gtest.h>

namespace torgo::tor {

TEST(Circuits, are_counted_as_they_come_and_go) {
    Circuits circuits;
    circuits.note_all("1 BUILT $AA~a,$BB~b PURPOSE=GENERAL\r\n2 EXTENDED $AA~a\n3 LAUNCHED");
    EXPECT_EQ(circuits.count(), (Circuits::Count{.built = 1, .building = 2}));
    circuits.note("2", "GUARD_WAIT");
    circuits.note("3", "FAILED");
    EXPECT_EQ(circuits.count(), (Circuits::Count{.built = 1, .building = 1}));
    circuits.note("2", "BUILT");
    circuits.note("1", "CLOSED");
    circuits.note("9", "CLOSED"); // of which nobody has heard
    circuits.note("2", "SOMETHING_NEW");
    EXPECT_EQ(circuits.count(), (Circuits::Count{.built = 1, .building = 0}));
    circuits.note_all("no-line-of-tor\n\n");
    EXPECT_EQ(circuits.count(), (Circuits::Count{.built = 1, .building = 0}));
    circuits.clear();
    EXPECT_EQ(circuits.count(), Circuits::Count{});
}

TEST(Circuits, are_bounded) {
    Circuits circuits;
    for (std::size_t i = 0; i < Circuits::circuits_max + 10; ++i)
        circuits.note(std::to_string(i), i % 2 == 0 ? "BUILT" : "LAUNCHED");
    const auto count = circuits.count();
    EXPECT_EQ(count.built + count.building, Circuits::circuits_max);
}

} // namespace torgo::tor
