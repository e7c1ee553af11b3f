#include "place/group_uri.hpp"

#include <gtest/gtest.h>

namespace torgo::place {
namespace {

const std::string id_a(64, 'a');
const std::string id_b(64, 'b');

GroupUri two() {
    return {.name = "north",
            .members = {{.uri = "dir:///mnt/a%20b", .domain = "ward-7", .weight = 3},
                        {.uri = "tls://10.0.0.7:7443/" + id_a, .domain = "Site.1", .weight = 1}}};
}

// HEAD-32
TEST(GroupUri, has_one_spelling) {
    const auto text = format_group_uri(two());
    ASSERT_TRUE(text.has_value());
    EXPECT_EQ(*text, "group://north?m=tls%3A%2F%2F10.0.0.7%3A7443%2F" + id_a +
                         "&d=Site.1&m=dir%3A%2F%2F%2Fmnt%2Fa%2520b&d=ward-7&w=3")
        << "in the order of the members' names";
    const auto read = parse_group_uri(*text);
    ASSERT_TRUE(read.has_value()) << read.error().detail();
    EXPECT_EQ(read->members.size(), 2U);
    EXPECT_EQ(read->members[1], two().members[0]);
    EXPECT_EQ(format_group_uri(*read), *text);
}

// HEAD-32
TEST(GroupUri, every_other_spelling_is_refused) {
    const auto good = *format_group_uri(two());
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {"group://", "GROUP://"},
             {"north", "North"},
             {"north", ""},
             {"?m=", "?x="},
             {"%2F", "%2f"},
             {"%2F", "/"},
             {"&d=Site.1", ""},
             {"&d=Site.1", "&d=Site.1&d=Site.1"},
             {"&d=Site.1", "&d=Site 1"},
             {"&d=Site.1", "&d=Site.1&w=1"},
             {"&w=3", "&w=03"},
             {"&w=3", "&w=0"},
             {"&w=3", "&w=1001"},
             {"&w=3", "&w=3&"},
             {"&w=3", "&w=99999999999"},
             {"&w=3", "&w=3x"},
         }) {
        auto text = good;
        text.replace(text.find(from), from.size(), to);
        const auto read = parse_group_uri(text);
        ASSERT_FALSE(read.has_value()) << text;
        EXPECT_EQ(read.error().code(), Errc::invalid_argument) << text;
    }
    EXPECT_FALSE(parse_group_uri("group://north").has_value());
    EXPECT_EQ(parse_group_uri("group://n?" + std::string(max_group_uri, 'm')).error().code(),
              Errc::limit_exceeded);
}

TEST(GroupUri, members_are_few_and_different_and_no_groups) {
    auto group = two();
    group.members[1].uri = group.members[0].uri;
    EXPECT_FALSE(format_group_uri(group).has_value());
    group = two();
    group.members[0].uri = *format_group_uri(two());
    EXPECT_FALSE(format_group_uri(group).has_value());
    group = {.name = "many", .members = {}};
    for (std::size_t i = 0; i < max_members; ++i)
        group.members.push_back({.uri = "dir:///" + std::to_string(i), .domain = "d", .weight = 1});
    EXPECT_TRUE(format_group_uri(group).has_value());
    group.members.push_back({.uri = "dir:///more", .domain = "d", .weight = 1});
    EXPECT_EQ(format_group_uri(group).error().code(), Errc::invalid_argument);
    group.members.resize(max_members);
    for (auto& member : group.members)
        member.uri += std::string(600, 'x');
    EXPECT_EQ(format_group_uri(group).error().code(), Errc::limit_exceeded);
}

TEST(GroupUri, thirty_two_onion_services_fit) {
    GroupUri group{.name = std::string(max_group_name, 'n'), .members = {}};
    for (std::size_t i = 0; i < max_members; ++i)
        group.members.push_back({.uri = "tor://" + std::string(56, 'a') + ".onion/" +
                                        std::string(62, 'c') + std::to_string(10 + i),
                                 .domain = std::string(max_domain, 'd'),
                                 .weight = max_weight});
    const auto text = format_group_uri(group);
    ASSERT_TRUE(text.has_value()) << text.error().detail();
    EXPECT_EQ(parse_group_uri(*text), group);
}

// PLACE-3
TEST(GroupUri, a_node_is_known_by_its_identity_and_a_folder_by_its_path) {
    EXPECT_EQ(member_name("tls://10.0.0.7:7443/" + id_a), id_a);
    EXPECT_EQ(member_name("tor://" + std::string(56, 'q') + ".onion/" + id_b), id_b);
    EXPECT_EQ(member_name("dir:///mnt/" + id_a), "dir:///mnt/" + id_a);
}

} // namespace
} // namespace torgo::place
