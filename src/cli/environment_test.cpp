#include "cli/environment.hpp"

#include <gtest/gtest.h>

namespace torgo::cli {

namespace {

Environment at_home(std::map<std::string, std::string, std::less<>> more = {}) {
    more.emplace("HOME", "/home/a");
    Environment::Facts facts;
    facts.variables = std::move(more);
    facts.working_folder = "/here/now";
    return Environment(std::move(facts));
}

} // namespace

// CLI-5
TEST(Environment, follows_the_xdg_folders) {
    EXPECT_EQ(*at_home().config_folder(), "/home/a/.config/torgo");
    EXPECT_EQ(*at_home().data_folder(), "/home/a/.local/share/torgo");
    EXPECT_EQ(*at_home().cache_folder(), "/home/a/.cache/torgo");
    EXPECT_EQ(*at_home().state_folder(), "/home/a/.local/state/torgo");
    EXPECT_EQ(*at_home({{"XDG_CONFIG_HOME", "/c/"}}).config_folder(), "/c/torgo");
    EXPECT_EQ(*at_home({{"XDG_CONFIG_HOME", "relative"}}).config_folder(), "/home/a/.config/torgo");
    EXPECT_EQ(*at_home({{"XDG_CONFIG_HOME", ""}}).config_folder(), "/home/a/.config/torgo");
}

TEST(Environment, takes_the_account_where_home_is_not_set) {
    Environment::Facts facts;
    facts.account_home = "/of/account";
    EXPECT_EQ(*Environment(facts).cache_folder(), "/of/account/.cache/torgo");
    EXPECT_EQ(Environment({}).cache_folder().error().code(), Errc::not_found);
}

TEST(Environment, makes_paths_absolute_without_looking_at_the_disk) {
    const auto environment = at_home();
    EXPECT_EQ(*environment.absolute("x/../y/./z//"), "/here/now/y/z");
    EXPECT_EQ(*environment.absolute(".."), "/here");
    EXPECT_EQ(*environment.absolute("../../../.."), "/");
    EXPECT_EQ(*environment.absolute("/a/b/.."), "/a");
    EXPECT_EQ(*environment.absolute("~/x"), "/here/now/~/x"); // the shell's business
    EXPECT_FALSE(environment.absolute(""));
    EXPECT_FALSE(Environment({}).absolute("x"));
}

TEST(Environment, expands_home_where_it_is_asked_to) {
    EXPECT_EQ(*at_home().expand_home("~"), "/home/a");
    EXPECT_EQ(*at_home().expand_home("~/x"), "/home/a/x");
    EXPECT_EQ(*at_home().expand_home("~other/x"), "~other/x");
}

} // namespace torgo::cli
