#include "place/rank.hpp"

#include <gtest/gtest.h>
#include <jsoncons/json.hpp>

#include <fstream>

namespace torgo::place {
namespace {

using jsoncons::json;
using Indices = std::vector<std::size_t>;

/// Made by tests/vectors/make_place_vectors.py, which shares no code with this program.
const json& vectors() {
    static const json all = [] {
        std::ifstream file(std::string(TORGO_VECTORS) + "/place.json");
        return json::parse(file);
    }();
    return all;
}

// PLACE-1 PLACE-2 PLACE-4 PLACE-5
TEST(PlaceVectors, members_are_ranked_and_chosen_as_the_text_says) {
    for (const auto& one : vectors()["cases"].array_range()) {
        std::vector<Member> members;
        for (const auto& member : one["members"].array_range())
            members.push_back({.name = member["name"].as<std::string>(),
                               .domain = member["domain"].as<std::string>(),
                               .weight = member["weight"].as<std::uint32_t>()});
        std::vector<SegmentId> slots;
        for (const auto& slot : one["slots"].array_range())
            slots.push_back(*SegmentId::parse(slot.as<std::string>()));
        for (std::size_t i = 0; i < slots.size(); ++i) {
            EXPECT_EQ(rank(members, slots[i]), one["rankings"][i].as<Indices>());
            for (std::size_t m = 0; m < members.size(); ++m)
                EXPECT_EQ(std::to_string(cost(members[m].name, slots[i])),
                          one["costs"][i][m].as<std::string>());
        }
        EXPECT_EQ(assign(members, slots), one["assigned"].as<Indices>());
    }
    EXPECT_GE(vectors()["cases"].size(), 7U);
}

TEST(PlaceVectors, the_largest_matching_is_the_one_found_by_trying_all) {
    for (const auto& one : vectors()["happiness"].array_range())
        EXPECT_EQ(happiness(one["places_of"].as<std::vector<Indices>>(), 4),
                  one["most"].as<std::size_t>());
}

} // namespace
} // namespace torgo::place
