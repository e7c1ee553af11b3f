#include "cli/onion_way.hpp"

#include <gtest/gtest.h>

namespace torgo::cli {
namespace {

// RUN-51
TEST(OnionWay, a_suggested_tor_is_on_this_machine) {
    EXPECT_EQ(parse_loopback("localhost:9050").value(), (env::Endpoint{"127.0.0.1", 9050}));
    EXPECT_EQ(parse_loopback("127.1.2.3:1").value(), (env::Endpoint{"127.1.2.3", 1}));
    EXPECT_EQ(parse_loopback("[::1]:9050").value(), (env::Endpoint{"::1", 9050}));
    for (const auto* text :
         {"192.0.2.1:9050", "127.attacker.example:9050", "127.0.0.1.example:9050", "127.1:9050",
          "localhost.example:9050", "[::2]:9050", "127.0.0.1:0", "/run/tor", "", "127.0.0.1"})
        EXPECT_FALSE(parse_loopback(text)) << text;
}

} // namespace
} // namespace torgo::cli
