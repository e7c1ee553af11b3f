#include "gospel/contract.hpp"

#include <gtest/gtest.h>
namespace torgo::gospel {
namespace {
TEST(Contract, first) {
    const auto i = parse("val f : int -> int -> int * int\n(*@ q, r = f x y requires y > 0 ensures "
                         "x = q * y + r\n ensures 0 <= r < y *)");
    EXPECT_TRUE(i.understood()) << print(i.diagnostics, "f.mli");
    const auto v = check_before(i, i.vals[0], *value_of_json(R"({"x":1,"y":0})"));
    ASSERT_EQ(v.size(), 1U);
    EXPECT_EQ(print(v[0], "f.mli"), "");
}
} // namespace
} // namespace torgo::gospel
