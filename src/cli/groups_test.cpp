#include "cli/groups.hpp"

#include <gtest/gtest.h>

namespace torgo::cli {
namespace {

constexpr std::string_view good = "# two groups\n"
                                  "[group.north.site-a]\n"
                                  "members = [\"/mnt/a\", \"torgo-invite:x\"]\n"
                                  "weight = 3\n"
                                  "[group.north.\"site.b\"]\n"
                                  "members = [\"tls://b\"]\n"
                                  "[group.south.x]\n"
                                  "members = [\"/mnt/s\"]\n";

// CLI-24
TEST(Groups, members_are_read_with_their_domain_and_weight) {
    const auto north = read_group(good, "groups.toml", "north");
    ASSERT_TRUE(north.has_value()) << north.error().detail();
    const std::vector<place::GroupMember> wanted{
        {.uri = "/mnt/a", .domain = "site-a", .weight = 3},
        {.uri = "torgo-invite:x", .domain = "site-a", .weight = 3},
        {.uri = "tls://b", .domain = "site.b", .weight = 1}};
    EXPECT_EQ(north->name, "north");
    EXPECT_EQ(north->members, wanted);
    EXPECT_EQ(read_group(good, "groups.toml", "south")->members.size(), 1U);
    EXPECT_EQ(read_group(good, "groups.toml", "east").error().code(), Errc::not_found);
}

// CLI-24
TEST(Groups, whatever_else_is_in_the_file_is_refused_with_its_line) {
    for (const std::string_view wrong :
         {"[other]\n", "x = 1\n", "[group.North.a]\n", "[group.n.\"a b\"]\n", "[group.n]\nx = 1\n",
          "[group.n.a]\nmembers = \"/a\"\n", "[group.n.a]\nmembers = []\n",
          "[group.n.a]\nmembers = [\"\"]\n", "[group.n.a]\nweight = 0\n",
          "[group.n.a]\nweight = 1001\n", "[group.n.a]\nweight = \"2\"\n",
          "[group.n.a]\nother = 1\n", "[group.n.a.b]\n"}) {
        const auto read = read_group(std::string(good) + std::string(wrong), "f.toml", "north");
        ASSERT_FALSE(read.has_value()) << wrong;
        EXPECT_EQ(read.error().code(), Errc::invalid_argument) << wrong;
        EXPECT_TRUE(read.error().detail().starts_with("f.toml:")) << read.error().detail();
    }
}

} // namespace
} // namespace torgo::cli
